"""Pictures of an instrument: looked at, drawn anew and kept under the hash of what was drawn.

Nothing of the uploaded file is kept but its pixels: no metadata, no second format hidden in it, no name. The folder
lies outside what the web server serves; a route gives the files out.
"""

from __future__ import annotations

import hashlib
import io
import uuid
from datetime import datetime
from pathlib import Path
from typing import Final

from PIL import Image, ImageOps
from sqlalchemy import func, select

from sharing.audit import service as audit
from sharing.kernel import files
from sharing.kernel.db import db, save, transactional
from sharing.kernel.language import _
from sharing.kernel.refusals import Refused
from sharing.people.rules import Actor
from sharing.registry.models import Picture
from sharing.registry.queries.instruments import PICTURE
from sharing.registry.service.instruments import ABOUT, must, touch

FORMATS: Final = ("JPEG", "PNG", "WEBP")
MOST_BYTES: Final = 8 * 1024 * 1024
MOST_PIXELS: Final = 24_000_000
LEAST_SIDE: Final = 64
LARGE: Final = (1600, 1200)
SMALL: Final = (320, 240)
MOST_KEPT_BYTES: Final = 1_000_000  # the national record takes jpg up to 1 MB (DOMAIN 2.A1)
MOST_PICTURES: Final = 12


@transactional
def add_picture(
    instrument_id: uuid.UUID, data: bytes, *, caption: str, storage: Path, by: Actor, now: datetime
) -> uuid.UUID:
    """Keep a picture. Raises Refused: not-found, forbidden, too-large, invalid-input (no picture, or too many)."""
    row = must("registry.edit", instrument_id, by)
    if len(data) > MOST_BYTES:
        raise Refused("too-large", limit=MOST_BYTES, actual=len(data))
    shown = PICTURE.c.instrument_id == instrument_id, PICTURE.c.retired_at.is_(None)
    count, last = db.session.execute(select(func.count(), func.max(PICTURE.c.position)).where(*shown)).one()
    if count >= MOST_PICTURES:
        raise _bad(_("最多 %(limit)s 张图片，请先去掉一张", limit=MOST_PICTURES))
    image = drawn(data)
    body = _encoded(image)
    digest = hashlib.sha256(body).hexdigest()
    files.keep(file_of(storage, digest), body)
    image.thumbnail(SMALL)
    files.keep(file_of(storage, digest, small=True), _encoded(image))
    with Image.open(io.BytesIO(body)) as kept:
        width, height = kept.size
    picture = Picture(
        instrument_id=instrument_id,
        position=(last or 0) + 1,
        sha256=digest,
        media_type="image/jpeg",
        width=width,
        height=height,
        caption=caption,
        created_at=now,
    )
    save(picture)
    touch(instrument_id, now)
    audit.record(
        "registry.picture",
        about=(ABOUT, instrument_id),
        by=by,
        now=now,
        zone=row.zone_code,
        institution=row.institution_id,
        after={"picture": picture.id, "sha256": digest, "caption": caption},
    )
    return picture.id


@transactional
def retire_picture(picture_id: uuid.UUID, *, by: Actor, now: datetime) -> None:
    """Show it no more; the file stays. Raises Refused: not-found, forbidden."""
    picture = db.session.get(Picture, picture_id)
    if picture is None or picture.retired_at is not None:
        raise Refused("not-found")
    row = must("registry.edit", picture.instrument_id, by)
    picture.retired_at = now
    touch(picture.instrument_id, now)
    audit.record(
        "registry.picture-retired",
        about=(ABOUT, row.id),
        by=by,
        now=now,
        zone=row.zone_code,
        institution=row.institution_id,
        before={"picture": picture_id, "sha256": picture.sha256, "caption": picture.caption},
    )


def file_of(storage: Path, digest: str, *, small: bool = False) -> Path:
    """Where a picture lies below the storage folder."""
    return storage / "pictures" / digest[:2] / f"{digest}{'-small' if small else ''}.jpg"


def drawn(data: bytes) -> Image.Image:
    """The upright picture in RGB, at most `LARGE`. Raises Refused: invalid-input.

    Only the named formats are tried, whatever the file is called, and the size that the head claims is judged before a
    pixel is unpacked.
    """
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            width, height = image.size
            if width * height > MOST_PIXELS:
                limit = MOST_PIXELS // 1_000_000
                raise _bad(_("图片太大：最多 %(limit)s 百万像素，请缩小后再传", limit=limit))
            if min(width, height) < LEAST_SIDE:
                raise _bad(_("图片太小：每边至少 %(limit)s 像素", limit=LEAST_SIDE))
            image.draft("RGB", LARGE)
            image.thumbnail(LARGE)
            upright = ImageOps.exif_transpose(image)
            if upright.mode in ("RGBA", "LA", "PA", "P"):
                ground = Image.new("RGBA", upright.size, "white")
                ground.alpha_composite(upright.convert("RGBA"))
                upright = ground
            return upright.convert("RGB")
    except (OSError, ValueError, SyntaxError, EOFError, Image.DecompressionBombError) as error:
        raise _bad(_("这不是可以显示的图片，请用 JPEG、PNG 或 WebP")) from error


def _encoded(image: Image.Image) -> bytes:
    for quality in (85, 70, 50):
        out = io.BytesIO()
        image.save(out, "JPEG", quality=quality, optimize=True)
        if out.tell() <= MOST_KEPT_BYTES:
            break
    return out.getvalue()


def _bad(message: str) -> Refused:
    return Refused("invalid-input", fields=[{"field": "picture", "message": message}])
