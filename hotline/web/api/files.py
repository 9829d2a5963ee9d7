"""Attachments over the API: a multipart form in, the cleaned file out, by right only."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from hotline.domain.errors import InvalidInput
from hotline.services import attaching
from hotline.web import uploads
from hotline.web.api import schemas as s
from hotline.web.api.spec import PREFIX, Api, Operation, row_id
from hotline.web.base import validated


class FileForm(s.Incoming):
    """multipart/form-data：file 可以有多个；assignment_id 表示加在本单位的承办子单上。"""

    file: list[Any] = Field(
        min_length=1,
        max_length=uploads.MOST_FILES,
        json_schema_extra={"items": {"type": "string", "format": "binary"}},
    )
    assignment_id: int | None = Field(None, ge=1, le=s.LARGEST_ID)


class AttachmentRow(s.Outgoing):
    """一个附件。"""

    id: int
    name: str
    media_type: str
    size: int
    assignment_id: int | None
    added_by: str
    added_at: s.Moment


class AttachmentList(s.Outgoing):
    """刚加上的附件。"""

    items: list[AttachmentRow]


class AttachmentsApi(Api):
    path = f"{PREFIX}/tickets/{{no}}/attachments"
    operations = {
        "post": Operation(
            "addAttachments",
            "工单",
            "上传照片或 PDF",
            "ticket.read",
            AttachmentList,
            status=201,
            files=FileForm,
            errors=(404, 409),
            about="照片按内容检查并重新编码（去掉拍摄位置等信息）；PDF 不得含脚本。",
        )
    }

    async def post(self, no: str) -> None:
        form = validated(FileForm, self._fields())
        kept = [
            await self.runtime.call(
                uploads.keep, self.runtime.files, sent.filename, sent.body, self.options.upload_mb
            )
            for sent in form.file
        ]
        rows = await self.runtime.run(attaching.attach, self.who(), no, kept, form.assignment_id)
        self.answer({"items": rows}, 201)

    def _fields(self) -> dict[str, Any]:
        if not self.request.headers.get("Content-Type", "").startswith("multipart/form-data"):
            raise InvalidInput("body.multipart", "请用 multipart/form-data 上传文件")
        values: dict[str, Any] = {name: self.get_body_argument(name) for name in self.request.body_arguments}
        values.pop("_xsrf", None)
        if "file" in values:
            raise InvalidInput("body.file", "file 应为文件")
        return {**values, **self.request.files}


class AttachmentApi(Api):
    path = f"{PREFIX}/tickets/{{no}}/attachments/{{id}}"
    operations = {
        "get": Operation(
            "readAttachment",
            "工单",
            "下载附件",
            "ticket.read",
            "application/octet-stream",
            errors=(404,),
            about="照片的类型为 image/*，其余一律作为下载。",
        )
    }

    async def get(self, no: str, attachment_id: str) -> None:
        row = await self.runtime.read(attaching.opened, self.who(), no, row_id(attachment_id))
        content = await self.runtime.call(self.runtime.files.read, row["digest"])
        self.set_header("Content-Type", row["media_type"])
        self.set_header("Content-Disposition", uploads.disposition(row["name"], row["media_type"]))
        self.set_header("Content-Security-Policy", "default-src 'none'; sandbox")
        self.set_header("Cache-Control", "private, no-store")
        self.finish(content)


HANDLERS = (AttachmentsApi, AttachmentApi)
