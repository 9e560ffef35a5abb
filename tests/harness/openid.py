"""A real OpenID Connect provider on loopback, by Authlib's server: a sign-in form, RSA keys, faults when told."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from functools import cache
from html import escape
from types import SimpleNamespace
from typing import Any, Self

from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.oauth2.rfc6749 import ClientMixin, grants
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oidc.core.grants import OpenIDCode
from flask import Flask, jsonify, request
from joserfc.jwk import RSAKey
from werkzeug.serving import WSGIRequestHandler, make_server

CLIENT, SECRET = "sharing", "s3cret of the client: +/&%"
PASSWORD = "campus password"


@cache
def _key(name: str) -> RSAKey:
    """One of its keys, made when first asked for: "first", "second", or "strange", which is published as none."""
    return RSAKey.generate_key(2048, {"kid": name, "use": "sig"})


class Client(ClientMixin):
    """The platform, as it is registered at the provider."""

    client_id = CLIENT

    def __init__(self, back: str) -> None:
        self.back = back

    def get_client_id(self) -> str:
        return CLIENT

    def get_default_redirect_uri(self) -> str:
        return self.back

    def get_allowed_scope(self, scope: str) -> str:
        return scope

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return redirect_uri == self.back

    def check_client_secret(self, client_secret: str) -> bool:
        return client_secret == SECRET

    def check_endpoint_auth_method(self, method: str, _endpoint: str) -> bool:
        return method in {"client_secret_basic", "client_secret_post"}

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type == "authorization_code"


@dataclass
class Code:
    """A code that was given out, with what it stands for."""

    code: str
    redirect_uri: str
    scope: str
    nonce: str | None
    user: SimpleNamespace
    code_challenge: str | None
    code_challenge_method: str | None

    def get_redirect_uri(self) -> str:
        return self.redirect_uri

    def get_scope(self) -> str:
        return self.scope

    def get_nonce(self) -> str | None:
        return self.nonce

    def get_auth_time(self) -> int:
        return int(time.time())

    def get_acr(self) -> None:
        return None

    def get_amr(self) -> None:
        return None


@dataclass
class OpenID:
    """Use it with `with`. `people` may sign in: user name -> claims besides `sub`.

    says      laid over the discovery document; None takes a word away
    twist     laid over the claims of each token
    signs     which key signs; `shows`: which keys are published
    kept_back claims that are told by userinfo alone
    slow      seconds that it takes for each answer
    """

    back: str
    people: dict[str, dict[str, Any]] = field(default_factory=dict)
    says: dict[str, Any] = field(default_factory=dict)
    twist: dict[str, Any] = field(default_factory=dict)
    signs: str = "first"
    shows: tuple[str, ...] = ("first",)
    kept_back: tuple[str, ...] = ()
    slow: float = 0
    asked: list[str] = field(default_factory=list)
    codes: dict[str, Code] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)

    @property
    def issuer(self) -> str:
        return f"http://{self.host}"

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._server = make_server("127.0.0.1", 0, _app(self), threaded=True, request_handler=_Quiet)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        return self

    def stop(self) -> None:
        """It is down from now on."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def __exit__(self, *_error: object) -> None:
        if self._thread.is_alive():
            self.stop()

    def document(self) -> dict[str, Any]:
        said = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic"],
        } | self.says
        return {name: value for name, value in said.items() if value is not None}


class _Quiet(WSGIRequestHandler):
    def log(self, *_args: Any, **_more: Any) -> None:
        """Nothing is printed."""


def _app(provider: OpenID) -> Flask:
    app = Flask("provider")
    app.config["OAUTH2_TOKEN_EXPIRES_IN"] = {"authorization_code": 300}
    server = AuthorizationServer(
        app,
        query_client=lambda key: Client(provider.back) if key == CLIENT else None,
        save_token=lambda token, asked: provider.tokens.__setitem__(token["access_token"], asked.user.name),
    )

    class Grant(grants.AuthorizationCodeGrant):
        TOKEN_ENDPOINT_AUTH_METHODS = ["client_secret_basic", "client_secret_post"]  # noqa: RUF012 - as Authlib has it

        def save_authorization_code(self, code: str, asked: Any) -> Code:
            data = asked.payload.data
            kept = Code(
                code,
                asked.payload.redirect_uri,
                asked.payload.scope,
                data.get("nonce"),
                asked.user,
                data.get("code_challenge"),
                data.get("code_challenge_method"),
            )
            provider.codes[code] = kept
            return kept

        def query_authorization_code(self, code: str, _client: Client) -> Code | None:
            return provider.codes.get(code)

        def delete_authorization_code(self, authorization_code: Code) -> None:
            provider.codes.pop(authorization_code.code, None)

        def authenticate_user(self, authorization_code: Code) -> SimpleNamespace:
            return authorization_code.user

    class Connect(OpenIDCode):
        def exists_nonce(self, nonce: str, _asked: Any) -> bool:
            return any(one.nonce == nonce for one in provider.codes.values())

        def resolve_client_private_key(self, _client: Client) -> RSAKey:
            return _key(provider.signs)

        def get_client_algorithm(self, _client: Client) -> str:
            return "RS256"

        def get_encode_header(self, _client: Client) -> dict[str, str]:
            return {
                "alg": "RS256",
                "kid": provider.shows[0] if provider.signs == "strange" else provider.signs,
            }

        def get_client_claims(self, _client: Client) -> dict[str, Any]:
            return {"iss": provider.issuer}

        def generate_user_info(self, user: SimpleNamespace, _scope: str) -> dict[str, Any]:
            told = provider.people[user.name]
            open_said = {name: value for name, value in told.items() if name not in provider.kept_back}
            return {"sub": user.name} | open_said | provider.twist

    server.register_grant(Grant, [CodeChallenge(required=True), Connect(require_nonce=True)])
    _routes(app, server, provider)
    return app


def _routes(app: Flask, server: AuthorizationServer, provider: OpenID) -> None:
    @app.before_request
    def count() -> None:
        provider.asked.append(request.path)
        if provider.slow:
            threading.Event().wait(provider.slow)

    @app.get("/.well-known/openid-configuration")
    def discovery() -> Any:
        return jsonify(provider.document())

    @app.get("/keys")
    def keys() -> Any:
        return jsonify(keys=[_key(name).as_dict(private=False) for name in provider.shows])

    @app.get("/authorize")
    def form() -> Any:
        server.get_consent_grant(end_user=None)
        hidden = "".join(
            f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
            for name, value in request.args.items()
        )
        return f'<form method="post">{hidden}<input name="who"><input name="password" type="password"></form>'

    @app.post("/authorize")
    def authorize() -> Any:
        who = request.form["who"]
        known = who in provider.people and request.form["password"] == PASSWORD
        grant = server.get_consent_grant(end_user=None)
        return server.create_authorization_response(
            grant_user=SimpleNamespace(name=who) if known else None, grant=grant
        )

    @app.post("/token")
    def token() -> Any:
        return server.create_token_response()

    @app.get("/userinfo")
    def userinfo() -> Any:
        who = provider.tokens[request.headers["Authorization"].removeprefix("Bearer ")]
        return jsonify({"sub": who} | provider.people[who])
