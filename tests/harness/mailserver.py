"""A real SMTP server on loopback that keeps what it is given, and can be told to refuse."""

# ruff: noqa: ARG002, N802 - names and arguments are aiosmtpd's

from __future__ import annotations

from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any, Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session


class MailServer:
    """Use it with `with`. `url` is for SHARING_MAIL_URL; `mails` what came in, `connections` how often one connected.

    refuse   answers by recipient, e.g. {"full@x.cn": "452 mailbox full"}
    users    names and passwords; sign-in is asked for when there are any
    """

    def __init__(self, users: dict[str, str] | None = None) -> None:
        self.mails: list[EmailMessage] = []
        self.refuse: dict[str, str] = {}
        self.connections = 0
        self.users = users or {}
        self.signed_in: list[str] = []

    async def handle_EHLO(
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        self.connections += 1
        session.host_name = hostname
        return responses

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if answer := self.refuse.get(address):
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        mail = message_from_bytes(envelope.content or b"", policy=default)
        assert isinstance(mail, EmailMessage)
        self.mails.append(mail)
        return "250 OK"

    def authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, kind: str, data: Any
    ) -> AuthResult:
        assert isinstance(data, LoginPassword)
        name, password = data.login.decode(), data.password.decode()
        self.signed_in.append(name)
        return AuthResult(success=self.users.get(name) == password, handled=False)

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    @property
    def port(self) -> int:
        assert self._controller.server is not None
        return int(self._controller.server.sockets[0].getsockname()[1])

    def __enter__(self) -> Self:
        signing = {"authenticator": self.authenticate, "auth_require_tls": False} if self.users else {}
        self._controller = Loopback(self, hostname="127.0.0.1", port=0, **signing)
        self._controller.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._controller.stop()


class Loopback(Controller):
    """Any free port: aiosmtpd's own way to see whether it listens asks for the port before it is known."""

    def _trigger_server(self) -> None:
        assert self.server is not None
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()
