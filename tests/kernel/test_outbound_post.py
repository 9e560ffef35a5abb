"""What is posted goes outside only: no form of an inner address reaches a server that listens."""

from __future__ import annotations

import contextlib
import itertools
import socket
import threading
from collections.abc import Iterator
from typing import Self

import pytest

from sharing.kernel.outbound import UnfetchedError, post
from tests.harness.robotserver import RobotServer


class Trap:
    """Listens on every address of this machine and counts who connects."""

    def __init__(self) -> None:
        self.connections = 0

    def __enter__(self) -> Self:
        self._socket = socket.create_server(("", 0))
        self.port = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._count, daemon=True)
        self._thread.start()
        return self

    def _count(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _peer = self._socket.accept()
                self.connections += 1
                connection.close()

    def __exit__(self, *_error: object) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join()


def reason(url: str, allowed: frozenset[str] = frozenset(), seconds: float = 5.0) -> str:
    with pytest.raises(UnfetchedError) as no:
        post(url, b"{}", most_bytes=10_000, seconds=seconds, allowed=allowed)
    return no.value.reason


@pytest.fixture
def trap() -> Iterator[Trap]:
    with Trap() as running:
        yield running


HOSTS = [
    "127.0.0.1", "127.1", "127.0.1", "0", "0.0.0.0", "2130706433", "0x7f000001", "0x7f.0.0.1", "0177.0.0.1",
    "017700000001", "127.0.0.2", "127.255.255.254", "localhost", "LOCALHOST", "localhost.", "127.0.0.1.",
    "[::1]", "[::]", "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]",
    "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "[fe80::1]", "[fc00::1]", "[fd12:3456::1]", "[ff02::1]",
    "10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.255", "192.168.0.1", "192.168.1.254", "169.254.169.254",
    "169.254.0.1", "100.64.0.1", "192.0.2.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "240.0.0.1",
    "255.255.255.255", "１２７.0.0.1", "①②⑦.0.0.1", "127。0。0。1", "127.0.0.1%00.example.com", "user@127.0.0.1",
    "example.com@127.0.0.1",
]  # fmt: skip
FORMS = ["https://{host}:{port}/", "http://{host}:{port}/x?y=1", "https://{host}:{port}/#x"]


def test_a_hundred_and_fifty_forms_of_inner_addresses_reach_nobody(trap: Trap) -> None:
    forms = [form.format(host=host, port=trap.port) for host, form in itertools.product(HOSTS, FORMS)]
    assert len(forms) == 150
    for url in forms:
        assert reason(url, seconds=0.2) in {"address", "private", "unresolved"}
    assert trap.connections == 0


def test_the_trap_catches_who_is_let_in(trap: Trap) -> None:
    """The check above can fail: with the address allowed, the same call arrives."""
    allowed = frozenset({f"127.0.0.1:{trap.port}"})
    assert reason(f"http://127.0.0.1:{trap.port}/", allowed) == "unreachable"
    assert trap.connections == 1


def test_a_name_that_means_an_inner_address_is_not_asked(trap: Trap, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rebinding: the name is looked up once, and what it then means is what is judged."""
    real, asked = socket.getaddrinfo, []

    def rebound(host: str, port: int, *rest: object, **more: object) -> object:
        asked.append(host)
        inner = "127.0.0.1" if host == "outside.example" else host
        return real(inner, port, *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", rebound)
    assert reason(f"https://outside.example:{trap.port}/", seconds=0.5) == "private"
    assert asked == ["outside.example"]
    assert trap.connections == 0


def test_a_redirect_is_not_followed(trap: Trap) -> None:
    with RobotServer() as server:
        server.redirect_to = f"http://127.0.0.1:{trap.port}/"
        assert reason(server.wecom, server.allow) == "redirect"
    assert trap.connections == 0


def test_an_endless_answer_is_cut_off() -> None:
    with RobotServer() as server:
        server.answers.append((200, 0, "x" * 100_000))
        assert reason(server.wecom, server.allow) == "too-large"


@pytest.mark.parametrize(
    "url",
    ["", "x", "ftp://a.example/", "file:///etc/passwd", "https://", "https://a b/", "https://a.example:99999/",
     "http://a.example/", "https://u:p@a.example/", "https://a.example/\r\nX: y", "https://á.example/"],
)  # fmt: skip
def test_what_is_no_address_to_post_to_is_refused_by_its_looks(url: str) -> None:
    assert reason(url) == "address"
