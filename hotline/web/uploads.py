"""Files that people hand in: checked by their content, cleaned, and kept in the file store.

Pictures are decoded and written anew, which drops everything that is not the picture (EXIF, GPS, comments, appended
archives). A picture that would unpack to more than 64 million pixels is refused before it is unpacked. PDF files are
kept as they are when they carry neither scripts nor launch actions; they are only ever served as downloads.
"""

from __future__ import annotations

import io
import re
from urllib.parse import quote

from PIL import Image, ImageOps

from hotline.domain.drafts import Upload, clean
from hotline.domain.errors import InvalidInput
from hotline.ports import FileStore

MOST_PIXELS = 64_000_000
LONGEST_SIDE = 4_096
MOST_FILES = 9
NAME_LENGTH = 100
_FORMATS = {"JPEG": ("image/jpeg", "jpg"), "PNG": ("image/png", "png"), "WEBP": ("image/webp", "webp")}
_HEIC = re.compile(rb"^.{4}ftyp(heic|heix|hevc|mif1|msf1|avif)", re.DOTALL)
_ACTIVE_PDF = re.compile(rb"/(JavaScript|JS|Launch|EmbeddedFile|OpenAction|RichMedia)\b")


def keep(store: FileStore, name: str, content: bytes, limit_mb: int) -> Upload:
    """Checks, cleans and stores one file. InvalidInput says what is wrong with it."""
    if not content:
        raise _refused("file.empty", "文件是空的")
    if len(content) > limit_mb << 20:
        raise _refused("file.large", f"单个文件不能超过 {limit_mb} MB")
    content, media_type, ending = _document(content) if content[:5] == b"%PDF-" else _picture(content)
    return Upload(_safe_name(name, ending), media_type, len(content), store.put(content))


def _refused(code: str, message: str) -> InvalidInput:
    return InvalidInput(code, message, {"fields": {"file": message}})


def _document(content: bytes) -> tuple[bytes, str, str]:
    if b"%%EOF" not in content[-2048:]:
        raise _refused("file.broken", "PDF 文件不完整")
    if _ACTIVE_PDF.search(content):
        raise _refused("file.active", "PDF 文件含有脚本或内嵌文件，请另存为普通 PDF 后再上传")
    return content, "application/pdf", "pdf"


def _picture(content: bytes) -> tuple[bytes, str, str]:
    if _HEIC.match(content):
        raise _refused("file.heic", "暂不支持 HEIC 照片，请在手机相机设置中选择“兼容性最佳”，或另存为 JPEG")
    try:
        with Image.open(io.BytesIO(content), formats=tuple(_FORMATS)) as picture:
            if picture.width * picture.height > MOST_PIXELS:
                raise _refused("file.bomb", "照片的像素太多，请缩小后再上传")
            return _written_anew(picture)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _refused("file.bomb", "照片的像素太多，请缩小后再上传") from None
    except (OSError, SyntaxError, ValueError, EOFError, KeyError, IndexError, TypeError, MemoryError):
        raise _refused("file.kind", "只接受完好的 JPEG、PNG、WebP 照片和 PDF 文件") from None


def _written_anew(picture: Image.Image) -> tuple[bytes, str, str]:
    form = str(picture.format)
    media_type, ending = _FORMATS[form]
    picture.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
    upright = ImageOps.exif_transpose(picture)
    upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    see_through = form != "JPEG" and (upright.mode in ("RGBA", "LA", "PA") or "transparency" in upright.info)
    pixels = upright.convert("RGBA" if see_through else "RGB")
    fresh = Image.new(pixels.mode, pixels.size)
    fresh.paste(pixels)
    written = io.BytesIO()
    fresh.save(written, form, quality=88) if form != "PNG" else fresh.save(written, form)
    return written.getvalue(), media_type, ending


def _safe_name(name: str, ending: str) -> str:
    """The last part of a name without control characters, with the ending that its content has."""
    stem = clean(re.split(r"[/\\]", name)[-1]).rpartition(".")
    base = re.sub(r'[<>:"|?*\s]+', "_", stem[0] or stem[2]).strip("._") or "附件"
    return f"{base[: NAME_LENGTH - len(ending) - 1]}.{ending}"


def disposition(name: str, media_type: str) -> str:
    """A Content-Disposition that no name can break out of: pictures may be shown, all else is saved."""
    kind = "inline" if media_type.startswith("image/") else "attachment"
    plain = re.sub(r"[^A-Za-z0-9._-]", "_", name)
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
