"""Settings: `config/default.toml`, then the file SHARING_CONFIG names, then the environment; unknown keys refused."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from sharing.web import places

PREFIX = "SHARING_"
ELSEWHERE = {"SHARING_CONFIG"}


class SettingsError(ValueError):
    """The configuration cannot be used; the text says which key and what to do."""


class Settings(BaseModel):
    """Everything that differs between installations. Secrets come from the environment."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    database_url: str = "sqlite:///var/sharing.db"
    database_owner_url: str | None = None
    secret_key: str = ""
    base_url: str = "http://127.0.0.1:8000"
    mail_url: str = ""  # smtp://user:password@host:port, smtps://…; empty: mail waits in the outbox
    mail_from: str = "no-reply@sharing.invalid"
    storage_dir: Path = Path("var/storage")
    demo: bool = False
    synchronous: Literal["FULL", "NORMAL"] = "FULL"
    pool_size: int = Field(default=8, ge=1, le=200)
    trusted_proxies: int = Field(default=0, ge=0, le=9)
    upload_bytes: int = Field(default=8 * 1024 * 1024, ge=1024)
    import_days: int = Field(default=90, ge=1)  # how long a file brought to the register is kept
    session_idle_hours: int = Field(default=12, ge=1)
    session_hours: int = Field(default=24 * 14, ge=1)
    inside_allowed: str = ""  # host:port,… that connectors may ask though they lie inside
    log_format: Literal["json", "text"] = "json"
    platform_name: str = "云南大仪共享网"
    platform_name_en: str = "Yunnan Instrument Sharing"

    @model_validator(mode="after")
    def needs_secret(self) -> Settings:
        """Start-up refuses a guessable key outside the demo (CONTRACT section 2)."""
        if not self.demo and len(self.secret_key) < 16:
            raise ValueError("SHARING_SECRET_KEY is required: at least 16 characters, the same on every host")
        return self

    @property
    def secure_cookies(self) -> bool:
        return self.base_url.startswith("https://")

    @property
    def inside_hosts(self) -> frozenset[str]:
        """The inside hosts that connectors may ask."""
        return frozenset(one.strip().lower() for one in self.inside_allowed.split(",") if one.strip())

    @property
    def key(self) -> str:
        return self.secret_key or "demo-only-not-a-secret"


def _file(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise SettingsError(f"{path}: no such settings file") from None
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path}: {error}") from None


def read(environ: Mapping[str, str] | None = None, **overrides: Any) -> Settings:
    """The settings in force. Raises SettingsError naming every bad or unknown key."""
    environ = os.environ if environ is None else environ
    values = _file(places.CONFIG / "default.toml")
    if extra := environ.get("SHARING_CONFIG"):
        values |= _file(Path(extra))
    for name, text in environ.items():
        if name.startswith(PREFIX) and name not in ELSEWHERE:
            values[name.removeprefix(PREFIX).lower()] = text
    values |= overrides
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        lines = [f"{'.'.join(map(str, e['loc'])) or 'settings'}: {e['msg']}" for e in error.errors()]
        raise SettingsError("; ".join(lines)) from None
