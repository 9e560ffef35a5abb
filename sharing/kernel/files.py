"""Uploaded files: known by their content, bounded, kept whole under their hash outside what the web server serves."""

from __future__ import annotations

import hashlib
import io
import os
import tempfile
from pathlib import Path
from typing import Final

from PIL import Image

from sharing.kernel.language import _
from sharing.kernel.refusals import Refused

MOST_PIXELS: Final = 50_000_000
_ENDINGS: Final = {"application/pdf": "pdf", "image/jpeg": "jpg", "image/png": "png"}


def ending(media_type: str) -> str:
    """The file name's ending for a kind that `sniffed` knows."""
    return _ENDINGS[media_type]


def sniffed(data: bytes, *, most_bytes: int) -> str:
    """What a document is by its content, whatever it is called: PDF, JPEG or PNG.

    A picture's head must hold together, and the size that it claims is judged before a pixel is unpacked.
    Raises Refused: too-large, file-refused.
    """
    if len(data) > most_bytes:
        raise Refused("too-large", limit=most_bytes, actual=len(data))
    if data.startswith(b"%PDF-") and b"%%EOF" in data[-2048:]:
        return "application/pdf"
    try:
        with Image.open(io.BytesIO(data), formats=("JPEG", "PNG")) as image:
            if image.width * image.height > MOST_PIXELS:
                raise Refused("too-large", limit=MOST_PIXELS, actual=image.width * image.height)
            kind = Image.MIME[str(image.format)]
            image.verify()
    except (OSError, ValueError, SyntaxError, EOFError, Image.DecompressionBombError) as error:
        message = _("请给这些格式的文件：%(wanted)s。", wanted="PDF, JPEG, PNG")
        raise Refused("file-refused", reason="kind", message=message) from error
    return kind


def digest_of(data: bytes) -> str:
    """The name that a file is kept under."""
    return hashlib.sha256(data).hexdigest()


def place(storage: Path, folder: str, digest: str) -> Path:
    """Where a file lies below the storage folder."""
    return storage / folder / digest[:2] / digest


def keep(path: Path, data: bytes) -> None:
    """Write a file whole or not at all; the same file twice is one."""
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, suffix=".part")
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    Path(name).replace(path)
