"""Pictures of pages, cut to 256 colours, so that the repository stays small."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

from PIL import Image


def save(picture: bytes, path: Path) -> None:
    """A screenshot as a PNG file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with Image.open(BytesIO(picture)) as image:
        image.convert("RGB").quantize(256, dither=Image.Dither.NONE).save(path, optimize=True)
