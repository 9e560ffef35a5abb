"""Pictures: what is kept of a file that somebody sends, and what is not."""

from __future__ import annotations

import io
import struct
import tracemalloc
import zlib
from pathlib import Path

import pytest
from flask import Flask
from PIL import Image

from sharing.kernel.refusals import Refused
from sharing.registry import queries, service
from sharing.registry.rules import PictureRow
from sharing.registry.service.pictures import MOST_BYTES, MOST_KEPT_BYTES, MOST_PICTURES
from tests import cast
from tests.harness.browser import Browser


@pytest.fixture
def house(app: Flask) -> cast.House:
    return cast.house()


@pytest.fixture
def storage(app: Flask) -> Path:
    return Path(app.extensions["sharing.settings"].storage_dir)


def encoded(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def plain(width: int = 400, height: int = 300, kind: str = "PNG") -> bytes:
    return encoded(Image.new("RGB", (width, height), "teal"), kind)


def add(house: cast.House, data: bytes, storage: Path, *, who: str = "manager") -> PictureRow:
    by = cast.actor(getattr(house, who))
    key = service.add_picture(house.instrument.id, data, caption="正面", storage=storage, by=by, now=cast.NOW)
    row = queries.picture(key)
    assert row
    return row


def refusal(house: cast.House, data: bytes, storage: Path, **named: str) -> Refused:
    with pytest.raises(Refused) as no:
        add(house, data, storage, **named)
    return no.value


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_picture_is_drawn_anew_as_jpeg(house: cast.House, storage: Path, kind: str) -> None:
    row = add(house, plain(kind=kind), storage)
    kept = service.file_of(storage, row.sha256)
    with Image.open(kept) as image:
        assert (image.format, image.size) == ("JPEG", (400, 300))
    with Image.open(service.file_of(storage, row.sha256, small=True)) as image:
        assert image.size == (320, 240)
    found = queries.instrument(house.instrument.id)
    assert found
    assert (found.cover, found.revision) == (row.id, 2)


def test_a_large_one_is_scaled_and_stays_under_a_megabyte(house: cast.House, storage: Path) -> None:
    noise = Image.effect_noise((3000, 2000), 200).convert("RGB")
    row = add(house, encoded(noise, "JPEG", quality=80), storage)
    assert (row.width, row.height) == (1600, 1067)
    assert service.file_of(storage, row.sha256).stat().st_size <= MOST_KEPT_BYTES


def test_where_it_was_taken_is_not_kept_and_it_stands_upright(house: cast.House, storage: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    exif[0x010F] = "SECRET-CAMERA"
    data = encoded(Image.new("RGB", (400, 300), "teal"), "JPEG", exif=exif)
    assert b"SECRET-CAMERA" in data
    row = add(house, data, storage)
    assert (row.width, row.height) == (300, 400)
    assert b"SECRET-CAMERA" not in service.file_of(storage, row.sha256).read_bytes()


def test_glass_becomes_white(house: cast.House, storage: Path) -> None:
    row = add(house, encoded(Image.new("RGBA", (100, 100), (0, 0, 0, 0))), storage)
    with Image.open(service.file_of(storage, row.sha256)) as image:
        assert image.getpixel((50, 50)) == (255, 255, 255)


def bomb(width: int, height: int) -> bytes:
    """A PNG that claims a size and holds almost nothing."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = zlib.compress(b"\0" * 1000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


HOSTILE = {
    "nothing": b"",
    "text": b"<html><script>alert(1)</script></html>",
    "svg": b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
    "gif": encoded(Image.new("P", (100, 100)), "GIF"),
    "tiff": encoded(Image.new("RGB", (100, 100)), "TIFF"),
    "postscript": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 100 100\n",
    "only a head": b"\x89PNG\r\n\x1a\n",
    "cut short": plain(kind="JPEG")[:-200],
    "jpeg of zeros": b"\xff\xd8\xff" + bytes(1000),
    "a billion pixels": bomb(40_000, 40_000),
    "more than four billion": bomb(2**31 - 1, 2**31 - 1),
    "a line": bomb(1, 20_000_000),
    "no height": bomb(100, 0),
    "just too many pixels": bomb(6000, 5000),
    "empty pixels": bomb(3000, 3000),
    "a dot": plain(8, 8),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_no_picture_is_refused_and_leaves_nothing(
    house: cast.House, storage: Path, name: str
) -> None:
    tracemalloc.start()
    no = refusal(house, HOSTILE[name], storage)
    _now, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (no.kind, no.facts["fields"][0]["field"]) == ("invalid-input", "picture")
    assert most < 128 * 1024 * 1024
    assert not storage.exists() or list(storage.rglob("*")) == []
    assert queries.pictures(house.instrument.id) == []


def test_too_many_bytes_are_not_even_looked_at(house: cast.House, storage: Path) -> None:
    assert refusal(house, bytes(MOST_BYTES + 1), storage).kind == "too-large"


def test_a_page_hidden_behind_a_picture_is_gone(house: cast.House, storage: Path) -> None:
    row = add(house, plain(kind="JPEG") + b"<script>alert(1)</script>", storage)
    assert b"<script>" not in service.file_of(storage, row.sha256).read_bytes()


def test_a_dozen_and_no_more(house: cast.House, storage: Path) -> None:
    for number in range(MOST_PICTURES):
        add(house, plain(100 + number, 100), storage)
    assert refusal(house, plain(), storage).kind == "invalid-input"


def test_others_add_and_retire_none(house: cast.House, storage: Path) -> None:
    assert refusal(house, plain(), storage, who="researcher").kind == "forbidden"
    row = add(house, plain(), storage)
    with pytest.raises(Refused, match="forbidden"):
        service.retire_picture(row.id, by=cast.actor(house.researcher), now=cast.NOW)
    service.retire_picture(row.id, by=cast.actor(house.manager), now=cast.NOW)
    assert queries.pictures(house.instrument.id) == []
    assert queries.picture(row.id) is None


def test_it_is_given_out_as_a_picture_and_nothing_else(app: Flask, house: cast.House, storage: Path) -> None:
    row = add(house, plain(), storage)
    visitor = Browser(app)
    for size in ("", "?size=small", "?size=../../etc/passwd"):
        answer = visitor.get(f"/pictures/{row.id}.jpg{size}")
        assert (answer.status_code, answer.mimetype) == (200, "image/jpeg")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "immutable" in answer.headers["Cache-Control"]
        assert "sandbox" in answer.headers["Content-Security-Policy"]
    service.retire_picture(row.id, by=cast.actor(house.manager), now=cast.NOW)
    assert visitor.get(f"/pictures/{row.id}.jpg").status_code == 404


def test_a_file_that_was_lost_is_not_found(app: Flask, house: cast.House, storage: Path) -> None:
    row = add(house, plain(), storage)
    service.file_of(storage, row.sha256).unlink()
    assert Browser(app).get(f"/pictures/{row.id}.jpg").status_code == 404
