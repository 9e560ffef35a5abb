"""Scripts and styles leave compressed, pages never."""

from __future__ import annotations

import gzip

import pytest
from flask import Flask

from sharing.web import places

GZIP = {"Accept-Encoding": "gzip, br"}


@pytest.fixture
def static(app: Flask) -> str:
    return f"/static/{places.static_version()}"


@pytest.mark.parametrize("name", ["js/main.js", "css/base.css", "img/mark.svg"])
def test_a_static_file_leaves_compressed_and_whole(app: Flask, static: str, name: str) -> None:
    client = app.test_client()
    plain, packed = client.get(f"{static}/{name}"), client.get(f"{static}/{name}", headers=GZIP)
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data == (places.STATIC / name).read_bytes()
    assert packed.mimetype == plain.mimetype
    assert int(packed.headers["Content-Length"]) == len(packed.data)
    assert {"Accept-Encoding"} <= set(plain.vary) | set(packed.vary)
    plain.close()


def test_who_takes_no_gzip_gets_none(app: Flask, static: str) -> None:
    answer = app.test_client().get(f"{static}/js/main.js", headers={"Accept-Encoding": "gzip;q=0"})
    assert "Content-Encoding" not in answer.headers
    answer.close()


def test_a_page_is_never_compressed_and_short_json_neither(app: Flask) -> None:
    client = app.test_client()
    assert "Content-Encoding" not in client.get("/sign-in", headers=GZIP).headers
    assert "Content-Encoding" not in client.get("/healthz", headers=GZIP).headers


def test_long_json_leaves_compressed(app: Flask) -> None:
    client = app.test_client()
    plain, packed = client.get("/openapi.json"), client.get("/openapi.json", headers=GZIP)
    assert gzip.decompress(packed.data) == plain.data
    assert len(packed.data) < len(plain.data) / 3
