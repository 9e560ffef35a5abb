"""Asking an address outside: nothing inside is reached, no redirect followed, bytes and time are bounded."""

from __future__ import annotations

import contextlib
import socket
import time
from typing import Any

import pytest

from sharing.kernel.outbound import UnfetchedError, fetch, outside
from tests.harness.webserver import Reply, webserver

INSIDE = (
    "127.0.0.1", "127.1", "127.0.1", "0", "0.0.0.0", "2130706433", "0x7f000001", "0x7f.0.0.1", "0177.0.0.1",
    "017700000001", "10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.255", "192.168.0.1", "169.254.169.254",
    "100.64.0.1", "192.0.0.1", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "localhost",
    "[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::ffff:10.0.0.1]", "[fe80::1]", "[fc00::1]",
    "[fd12:3456::1]", "[ff02::1]", "[2002:7f00:1::]", "[64:ff9b::7f00:1]", "[64:ff9b::a00:1]", "[2001:db8::1]",
)  # fmt: skip
NO_ADDRESS = (
    "", "ftp://example.test/", "file:///etc/passwd", "gopher://example.test/", "http://", "http:///x",
    "http://user@example.test/", "http://user:secret@example.test/", "http://example.test:0/",
    "http://example.test:99999/", "http://exa mple.test/", "http://example.test/\r\nHost: x", "http://例子.test/",
    "http://[::1/", "//example.test/", "http://example.test/" + "x" * 1000,
)  # fmt: skip


def reason(url: str, **more: Any) -> str:
    with pytest.raises(UnfetchedError) as no:
        fetch(url, **{"most_bytes": 10_000, "seconds": 5.0} | more)
    return no.value.reason


@pytest.mark.parametrize("url", NO_ADDRESS)
def test_what_is_no_address_is_not_tried(url: str) -> None:
    assert reason(url) == "address"


@pytest.mark.parametrize("host", INSIDE)
def test_no_form_of_an_inside_address_is_connected_to(host: str) -> None:
    """A listening trap on loopback counts who comes."""
    with socket.create_server(("127.0.0.1", 0)) as trap:
        trap.settimeout(0)
        port = trap.getsockname()[1]
        assert reason(f"http://{host}:{port}/") in {"private", "unresolved"}
        with pytest.raises(BlockingIOError):
            trap.accept()


@pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "2606:4700:4700::1111", "::ffff:8.8.8.8"])
def test_the_open_internet_is_outside(address: str) -> None:
    assert outside(address)


def test_a_listed_host_is_read_with_what_marks_its_state() -> None:
    with webserver() as server:
        server.reply = Reply(body=b"text", headers={"ETag": '"one"', "Last-Modified": "yesterday"})
        allowed = frozenset({f"{server.host}:{server.port}"})
        found = fetch(server.address, most_bytes=10, seconds=5.0, allowed=allowed)
        assert (found.status, found.body, found.etag, found.modified) == (200, b"text", '"one"', "yesterday")
        again = fetch(
            server.address, most_bytes=10, seconds=5.0, allowed=allowed, headers={"If-None-Match": found.etag}
        )
        assert (again.status, again.body) == (304, b"")
        assert reason(f"http://{server.host}:{server.port + 1}/", allowed=allowed) == "private"


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (Reply(302, headers={"Location": "http://127.0.0.1/"}), "redirect"),
        (Reply(404), "http-404"),
        (Reply(500), "http-500"),
        (Reply(body=b"x" * 20_000), "too-large"),
        (Reply(body=b"x", headers={"Content-Encoding": "gzip"}), "encoded"),
    ],
)
def test_what_is_not_taken(reply: Reply, said: str) -> None:
    with webserver() as server:
        server.reply = reply
        assert reason(server.address, allowed=frozenset({f"{server.host}:{server.port}"})) == said


def test_a_host_that_drips_is_left_after_its_time() -> None:
    def drip(out: Any) -> None:
        with contextlib.suppress(OSError):
            out.write(b"HTTP/1.0 200 OK\r\n\r\n")
            while True:
                out.write(b"x")
                out.flush()
                time.sleep(0.05)

    with webserver() as server:
        server.reply = Reply(drip=drip)
        began = time.monotonic()
        allowed = frozenset({f"{server.host}:{server.port}"})
        assert reason(server.address, seconds=0.5, allowed=allowed, most_bytes=1_000_000) == "timeout"
        assert time.monotonic() - began < 5
