"""A person at a browser, without one: reads pages, keeps cookies, sends forms with the token that the page gave."""

from __future__ import annotations

import html
import re
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from sharing.people import passwords
from sharing.people.models import User

PASSWORD = "correct horse battery"
KEPT = passwords.hashed(PASSWORD)
TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


class Browser:
    """One browser with its cookies.

    lin = Browser(app).sign_in(user)      # user: a cast.user(…, password_hash=KEPT), or any: her password is set
    lin.get("/profile"); lin.post("/profile", email=…)
    """

    def __init__(self, app: Flask, address: str = "127.0.0.1") -> None:
        self.client = app.test_client()
        self.environment = {"REMOTE_ADDR": address}

    def get(self, path: str, **more: Any) -> TestResponse:
        return self.client.get(path, environ_base=self.environment, **more)

    def token(self, path: str = "/reset") -> str:
        """A form token of this browser's session, as a page at `path` gives it."""
        found = TOKEN.search(self.get(path).text)
        assert found, f"no form on {path}"
        return html.unescape(found[1])

    def post(self, path: str, form: dict[str, Any] | None = None, **fields: Any) -> TestResponse:
        """Send a form with a good token."""
        data = {"csrf_token": self.token(), **(form or {}), **fields}
        return self.client.post(path, data=data, environ_base=self.environment)

    def sign_in(self, user: User, password: str = PASSWORD) -> Browser:
        answer = self.post("/sign-in", username=user.username, password=password)
        assert answer.status_code == 303, answer.text
        return self

    def signed_in(self) -> bool:
        """True while the account page opens."""
        return self.get("/profile").status_code == 200
