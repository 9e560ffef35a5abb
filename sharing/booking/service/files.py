"""Files given as answers: kept under their hash outside what the web server serves, given out only as a download."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from flask import current_app

from sharing.kernel.language import _
from sharing.kernel.refusals import Refused

MOST_BYTES: Final = 8 * 1024 * 1024
BEGINS: Final[Mapping[str, tuple[bytes, ...]]] = {
    ".pdf": (b"%PDF-",),
    ".png": (b"\x89PNG\r\n\x1a\n",),
    ".jpg": (b"\xff\xd8\xff",),
    ".jpeg": (b"\xff\xd8\xff",),
    ".docx": (b"PK\x03\x04",),
    ".xlsx": (b"PK\x03\x04",),
    ".zip": (b"PK\x03\x04",),
    ".txt": (),
    ".csv": (),
}
"""What may be given, by the end of its name, and how its bytes then begin (ASVS 5.2.2)."""
_TOKEN: Final = re.compile(r"([0-9a-f]{64}):(.{1,120})")


def keep(data: bytes, name: str, *, field: str, most: int = MOST_BYTES) -> dict[str, str]:
    """Keep a file and return the answer that names it: {name, sha256}; `field` is the one a refusal points at.

    Raises Refused: too-large, invalid-input when the kind is not taken or the bytes are of another kind.
    """
    if len(data) > most:
        raise Refused("too-large", limit=most, actual=len(data))
    plain_name = re.sub(r"[\x00-\x1f\x7f/\\:]+", "_", name.strip())[-120:]
    ending = Path(plain_name).suffix.lower()
    starts = BEGINS.get(ending)
    text_without_nul = starts == () and b"\0" not in data
    if starts is None or not (text_without_nul or any(data.startswith(one) for one in starts)):
        message = _("请给 PDF、图片、文本、Word 或 Excel 文件")
        raise Refused("invalid-input", fields=[{"field": field, "message": message}])
    digest = hashlib.sha256(data).hexdigest()
    _store(place(digest), data)
    return {"name": plain_name, "sha256": digest}


def place(digest: str) -> Path:
    """Where a file lies; whether it is there is for the caller to see."""
    folder: Path = current_app.extensions["sharing.settings"].storage_dir
    return folder / "answers" / digest[:2] / digest


def _store(path: Path, data: bytes) -> None:
    """Written whole or not at all."""
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
    Path(temporary).replace(path)


def token(answer: Mapping[str, Any]) -> str:
    """A kept file as a hidden field of a form carries it."""
    return f"{answer['sha256']}:{answer['name']}"


def known(text: str) -> dict[str, str] | None:
    """The answer that such a field names; None unless that file was kept."""
    found = _TOKEN.fullmatch(text)
    if found is None or not place(found[1]).exists():
        return None
    return {"name": found[2], "sha256": found[1]}
