"""The mail server: one connection a batch, encrypted where the address or the server says so, with time-outs."""

from __future__ import annotations

import smtplib
import ssl
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Final
from urllib.parse import unquote, urlsplit

TIMEOUT: Final = 20.0  # seconds for the connection and for each answer
LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})


class MailAddressError(ValueError):
    """SHARING_MAIL_URL cannot be used; the text says why."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a mail was not taken. `final`: the server will never take it (a 5xx answer to this mail)."""

    reason: str
    final: bool = False


@dataclass(frozen=True, slots=True)
class Post:
    """Where mail goes: `smtp://user:password@host:587` (STARTTLS where the server offers it, always before a
    password leaves this machine) or `smtps://…:465` (TLS from the first byte)."""

    host: str
    port: int
    tls: bool = False
    user: str = ""
    password: str = ""

    @classmethod
    def at(cls, url: str) -> Post:
        """From a setting. Raises MailAddressError."""
        parts = urlsplit(url)
        if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
            raise MailAddressError("SHARING_MAIL_URL must read smtp://host:port or smtps://host:port")
        tls = parts.scheme == "smtps"
        port = parts.port or (465 if tls else 25 if parts.hostname in LOOPBACK else 587)
        return cls(parts.hostname, port, tls, unquote(parts.username or ""), unquote(parts.password or ""))

    def send(self, mails: Iterable[tuple[uuid.UUID, EmailMessage]]) -> dict[uuid.UUID, Failure]:
        """Send each mail; the answer names those that were not taken."""
        failures: dict[uuid.UUID, Failure] = {}
        waiting = list(mails)
        try:
            with self._connected() as server:
                while waiting:
                    key, mail = waiting[0]
                    if failure := _one(server, mail):
                        failures[key] = failure
                    waiting.pop(0)
        except (OSError, smtplib.SMTPException) as error:  # the connection: whatever is left waits
            failures |= {key: Failure(_reason(error)) for key, _mail in waiting}
        return failures

    def check(self) -> None:
        """Connect, sign in and leave. Raises OSError or SMTPException; for `sharing doctor`."""
        with self._connected() as server:
            server.noop()

    def _connected(self) -> smtplib.SMTP:
        secure = self._context()
        if self.tls:
            server: smtplib.SMTP = smtplib.SMTP_SSL(self.host, self.port, timeout=TIMEOUT, context=secure)
        else:
            server = smtplib.SMTP(self.host, self.port, timeout=TIMEOUT)
        try:
            server.ehlo_or_helo_if_needed()
            if not self.tls and server.has_extn("starttls"):
                server.starttls(context=secure)
                server.ehlo()
            elif not self.tls and self.user and self.host not in LOOPBACK:
                raise smtplib.SMTPNotSupportedError("no STARTTLS: the password is not sent in clear")
            if self.user:
                server.login(self.user, self.password)
        except BaseException:
            server.close()
            raise
        return server

    def _context(self) -> ssl.SSLContext:
        """A certificate is checked but for a server on this very machine, whose own is nobody's."""
        context = ssl.create_default_context()
        if self.host in LOOPBACK:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context


def _one(server: smtplib.SMTP, mail: EmailMessage) -> Failure | None:
    """Raises smtplib.SMTPServerDisconnected and OSError, which end the batch."""
    try:
        server.send_message(mail)
    except smtplib.SMTPRecipientsRefused as error:
        code, said = next(iter(error.recipients.values()))
        return Failure(f"{code} {_text(said)}", final=code >= 500)
    except (smtplib.SMTPServerDisconnected, smtplib.SMTPSenderRefused):
        raise  # nothing about this mail: the line, or what this installation may send
    except smtplib.SMTPResponseException as error:
        return Failure(_reason(error), final=error.smtp_code >= 500)
    except smtplib.SMTPException as error:
        return Failure(_reason(error), final=True)  # an address that this server cannot carry
    except ValueError as error:
        return Failure(str(error), final=True)  # an address that is none
    return None


def _reason(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{error.smtp_code} {_text(error.smtp_error)}"
    return f"{type(error).__name__}: {error}"


def _text(said: bytes | str) -> str:
    return said.decode("utf-8", "replace") if isinstance(said, bytes) else said
