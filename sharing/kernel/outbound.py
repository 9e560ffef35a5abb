"""Asking an address that a person entered: never a host inside, no redirect followed, bounded in bytes and seconds.

The host's name is resolved once and the connection goes to the very address that was judged, so that an answer which
changes between look and use gains nothing (RELIABILITY, SSRF).
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult, urlsplit

PORTS: Final = {"http": 80, "https": 443}
LONGEST: Final = 1000
CONNECT_SECONDS: Final = 5.0
PIECE: Final = 64 * 1024
_NAT64: Final = ipaddress.ip_network("64:ff9b::/96")

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True, slots=True)
class Fetched:
    """An answer; a 304 has no body. `etag` and `modified` are what the next request sends back."""

    status: int
    body: bytes
    etag: str
    modified: str


class UnfetchedError(Exception):
    """Nothing could be read. `reason`: address, private, unresolved, unreachable, timeout, too-large, redirect,
    encoded, or the status as `http-404`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def fetch(
    url: str,
    *,
    most_bytes: int,
    seconds: float,
    headers: Mapping[str, str] | None = None,
    allowed: frozenset[str] = frozenset(),
) -> Fetched:
    """GET an address.

    seconds  for everything, from the connection to the last byte
    allowed  `host:port` of inside hosts that may be read nonetheless; from the installation's settings
    Raises UnfetchedError.
    """
    return _asked(
        checked(url), None, most_bytes=most_bytes, seconds=seconds, headers=headers, allowed=allowed
    )


def post(
    url: str,
    body: bytes,
    *,
    most_bytes: int,
    seconds: float,
    headers: Mapping[str, str] | None = None,
    allowed: frozenset[str] = frozenset(),
) -> Fetched:
    """POST a body to an address that carries a secret: without encryption only to hosts that are `allowed`; the rest
    as `fetch` takes it. Raises UnfetchedError."""
    parts = checked(url)
    if parts.scheme != "https" and "{}:{}".format(*where(parts)) not in allowed:
        raise UnfetchedError("address")
    return _asked(parts, body, most_bytes=most_bytes, seconds=seconds, headers=headers, allowed=allowed)


def where(parts: SplitResult) -> tuple[str, int]:
    """Host and port of a checked address."""
    return str(parts.hostname), parts.port or PORTS[parts.scheme]


def _asked(
    parts: SplitResult,
    body: bytes | None,
    *,
    most_bytes: int,
    seconds: float,
    headers: Mapping[str, str] | None,
    allowed: frozenset[str],
) -> Fetched:
    host, port = where(parts)
    target = _resolved(host, port, inside=f"{host}:{port}" in allowed)
    connection = _connection(parts.scheme, host, port, target)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    sent = {"Accept-Encoding": "identity", "User-Agent": "instrument-sharing"} | dict(headers or {})
    with _bounded(connection, seconds) as late:
        try:
            connection.request("GET" if body is None else "POST", path, body=body, headers=sent)
            with connection.getresponse() as response:
                return _answer(response, most_bytes, late)
        except (OSError, http.client.HTTPException) as error:
            timed_out = late.is_set() or isinstance(error, TimeoutError)
            raise UnfetchedError("timeout" if timed_out else "unreachable") from None


def checked(url: str) -> SplitResult:
    """The parts of an address that may be read at all. Raises UnfetchedError: address."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise UnfetchedError("address") from None
    strange = len(url) > LONGEST or any(ord(sign) <= 32 or ord(sign) == 127 for sign in url)
    if strange or parts.scheme not in PORTS or not parts.hostname or "@" in parts.netloc or port == 0:
        raise UnfetchedError("address")
    if not url.isascii():
        raise UnfetchedError("address")
    return parts


def _resolved(host: str, port: int, *, inside: bool) -> str:
    """The address to connect to. A name with any address inside is refused whole."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise UnfetchedError("unresolved") from None
    addresses = [str(one[4][0]) for one in found]
    if not inside and not all(map(outside, addresses)):
        raise UnfetchedError("private")
    return addresses[0]


def outside(text: str) -> bool:
    """True for an address on the open internet; what wraps another address is judged by the one inside it."""
    try:
        address: Address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
        if address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            address = inner
    return address.is_global and not address.is_multicast and not address.is_reserved


class _Pinned(http.client.HTTPConnection):
    """A connection to one address, whatever the host's name says by then."""

    target = ""
    line: socket.socket | None = None  # the answer takes `sock` over, so that it is kept once more to be shut

    def connect(self) -> None:
        self.sock = self.line = socket.create_connection((self.target, self.port), CONNECT_SECONDS)


class _PinnedTLS(http.client.HTTPSConnection):
    target = ""
    line: socket.socket | None = None

    def connect(self) -> None:
        plain = socket.create_connection((self.target, self.port), CONNECT_SECONDS)
        self.sock = self.line = ssl.create_default_context().wrap_socket(plain, server_hostname=self.host)


def _connection(scheme: str, host: str, port: int, target: str) -> _Pinned | _PinnedTLS:
    made: _Pinned | _PinnedTLS = _PinnedTLS(host, port) if scheme == "https" else _Pinned(host, port)
    made.target = target
    return made


@contextmanager
def _bounded(connection: _Pinned | _PinnedTLS, seconds: float) -> Iterator[threading.Event]:
    """Shut the connection after so many seconds, however slowly the other side drips."""
    late = threading.Event()

    def end() -> None:
        late.set()
        if connection.line is not None:
            with suppress(OSError):
                connection.line.shutdown(socket.SHUT_RDWR)

    watch = threading.Timer(seconds, end)
    watch.daemon = True
    watch.start()
    try:
        yield late
    finally:
        watch.cancel()
        connection.close()
        if connection.line is not None:
            connection.line.close()


def _answer(response: http.client.HTTPResponse, most_bytes: int, late: threading.Event) -> Fetched:
    if 300 <= response.status < 400 and response.status != http.client.NOT_MODIFIED:
        raise UnfetchedError("redirect")
    if response.status not in {http.client.OK, http.client.NOT_MODIFIED}:
        raise UnfetchedError(f"http-{response.status}")
    if response.getheader("Content-Encoding", "identity").lower() != "identity":
        raise UnfetchedError("encoded")
    body = b""
    while response.status == http.client.OK and (piece := response.read(PIECE)):
        body += piece
        if len(body) > most_bytes:
            raise UnfetchedError("too-large")
    if late.is_set():
        raise UnfetchedError("timeout")
    etag, modified = (response.getheader(name, "")[:200] for name in ("ETag", "Last-Modified"))
    return Fetched(response.status, body, etag, modified)
