"""Attachments: what is taken, what is cleaned away, what is refused, and who may open them."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import pytest
import requests
from PIL import Image

from tests.web.api.conftest import Api, Caller
from tests.web.api.test_api_tickets import registered

PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


def picture(form: str = "JPEG", size: tuple[int, int] = (64, 48)) -> bytes:
    """A picture with a place, a maker and a comment in it."""
    image, exif = Image.new("RGB", size, (120, 180, 90)), Image.Exif()
    exif[0x010F] = "HIDDEN-MAKER"
    exif.get_ifd(0x8825)[1] = "N"
    written = io.BytesIO()
    more: dict[str, Any] = {"comment": b"HIDDEN-COMMENT"} if form == "JPEG" else {}
    image.save(written, form, exif=exif, **more)
    return written.getvalue()


def png_of(width: int, height: int) -> bytes:
    """A PNG that claims a size and holds almost nothing."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(b"\0" * 9))
        + chunk(b"IEND", b"")
    )


def upload(
    caller: Caller, no: str, content: bytes, name: str = "现场.jpg", **fields: str
) -> requests.Response:
    return caller.send("POST", f"/tickets/{no}/attachments", files=[("file", (name, content))], data=fields)


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_a_picture_comes_back_without_place_or_maker(api: Api, form: str) -> None:
    no, agent = registered(api), api.as_("agent")
    answer = upload(agent, no, picture(form))
    assert answer.status_code == 201, answer.text
    row = answer.json()["items"][0]
    got = agent.send("GET", f"/tickets/{no}/attachments/{row['id']}")
    assert got.headers["Content-Type"] == f"image/{form.lower()}"
    assert b"HIDDEN" not in got.content
    assert not Image.open(io.BytesIO(got.content)).getexif()
    assert got.headers["X-Content-Type-Options"] == "nosniff"


def test_a_pdf_is_only_ever_a_download_and_its_name_cannot_break_out(api: Api) -> None:
    no, agent = registered(api), api.as_("agent")
    row = upload(agent, no, PDF, name='../../x"\r\nSet-Cookie: a=b.html').json()["items"][0]
    got = agent.send("GET", f"/tickets/{no}/attachments/{row['id']}")
    assert got.content == PDF
    assert got.headers["Content-Disposition"].startswith("attachment; ")
    assert "Set-Cookie" not in got.headers
    assert row["name"].endswith(".pdf")
    assert "/" not in row["name"]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "file.empty"),
        (b"<script>alert(1)</script>", "file.kind"),
        (b"GIF89a" + b"\0" * 40, "file.kind"),
        (picture()[:300], "file.kind"),
        (png_of(30_000, 30_000), "file.bomb"),
        (b"\0\0\0\x18ftypheic" + b"\0" * 40, "file.heic"),
        (b"%PDF-1.4 cut off", "file.broken"),
        (PDF.replace(b"/Type", b"/OpenAction 2 0 R /Type"), "file.active"),
        (b"\xff\xd8\xff" + b"\0" * (10 << 20), "file.large"),
    ],
    ids=["empty", "script", "gif", "cut", "bomb", "heic", "cut pdf", "active pdf", "large"],
)
def test_what_is_not_a_sound_picture_or_pdf_is_refused(api: Api, content: bytes, code: str) -> None:
    no = registered(api)
    answer = upload(api.as_("agent"), no, content)
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert api.as_("agent").get(f"/tickets/{no}")[1]["attachments"] == []


def test_a_form_without_a_file_is_refused(api: Api) -> None:
    no, agent = registered(api), api.as_("agent")
    assert agent.send("POST", f"/tickets/{no}/attachments", data={"file": "text"}).status_code == 400
    assert agent.post(f"/tickets/{no}/attachments", {"file": "text"})[0] == 400
    assert upload(agent, no, PDF, assignment_id="many").status_code == 400


def dispatched(api: Api, **more: Any) -> tuple[str, int]:
    no = registered(api, **more)
    api.as_("reviewer").move(no, "approve")
    return no, api.as_("dispatcher").move(no, "dispatch", lead="LZ01-CGJ")[1]["result"][0]


def test_a_unit_adds_to_its_own_assignment_only(api: Api) -> None:
    no, part = dispatched(api)
    unit = api.as_("unit-lz01-cgj")
    assert upload(unit, no, PDF, assignment_id=str(part)).status_code == 201
    assert upload(unit, no, PDF).status_code == 403
    assert upload(api.as_("unit-lz-rsj"), no, PDF, assignment_id=str(part)).status_code == 404


def test_a_secret_callers_file_loses_its_name_and_its_document_stays_inside(api: Api) -> None:
    no, _ = dispatched(api, request_type="report")
    agent, unit = api.as_("agent"), api.as_("unit-lz01-cgj")
    photo = upload(agent, no, picture(), name="沈一帆家门口.jpg").json()["items"][0]["id"]
    paper = upload(agent, no, PDF, name="沈一帆的信.pdf").json()["items"][0]["id"]
    got = unit.send("GET", f"/tickets/{no}/attachments/{photo}")
    assert got.status_code == 200
    assert "%E6%B2%88" not in got.headers["Content-Disposition"]
    assert unit.send("GET", f"/tickets/{no}/attachments/{paper}").status_code == 403
    assert agent.send("GET", f"/tickets/{no}/attachments/{paper}").status_code == 200


def test_files_of_a_closed_ticket_and_of_other_tickets_stay_apart(api: Api) -> None:
    no, other = registered(api), registered(api)
    row = upload(api.as_("agent"), no, PDF).json()["items"][0]["id"]
    assert api.as_("agent").send("GET", f"/tickets/{other}/attachments/{row}").status_code == 404
    api.as_("supervisor").move(no, "withdraw", reason="重复登记")
    assert upload(api.as_("agent"), no, PDF).status_code == 409
