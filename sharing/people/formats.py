"""People's values to outside shapes and back: the cookie of a known browser, addresses inside this site, JSON."""

from __future__ import annotations

import secrets
import uuid
from datetime import timedelta
from typing import Any, Final

from itsdangerous import BadData, URLSafeTimedSerializer

from sharing.people.rules import Actor, Device

DEVICE_LIFE: Final = timedelta(days=180)
MOST_PEOPLE: Final = 8  # a browser in a laboratory is used by several
SALT: Final = "people.device"


def device_cookie(device: Device | None, user_id: uuid.UUID, key: str) -> str:
    """The signed cookie of a browser in which this person, too, has signed in now."""
    known = [str(one) for one in device.people if one != user_id] if device else []
    held = {
        "id": device.id if device else secrets.token_urlsafe(12),
        "people": [str(user_id), *known][:MOST_PEOPLE],
    }
    return URLSafeTimedSerializer(key, salt=SALT).dumps(held)


def device_from(cookie: str, key: str) -> Device | None:
    """The browser that a cookie names; None when it is not ours, was changed, or is older than its life."""
    try:
        held = URLSafeTimedSerializer(key, salt=SALT).loads(cookie, max_age=int(DEVICE_LIFE.total_seconds()))
    except BadData:
        return None
    return Device(held["id"], frozenset(uuid.UUID(one) for one in held["people"]))


def local_path(address: str | None, otherwise: str = "/") -> str:
    """A path inside this site, for where to go next; `otherwise` for whatever might lead elsewhere."""
    if not address or not address.startswith("/") or address[1:2] in {"/", "\\"}:
        return otherwise
    if "\\" in address or any(ord(sign) < 33 or ord(sign) == 127 for sign in address):
        return otherwise
    return address


_BROWSERS: Final = (
    ("MicroMessenger/", "微信"), ("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)  # fmt: skip
_SYSTEMS: Final = (
    ("Windows", "Windows"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("HarmonyOS", "HarmonyOS"),
    ("Mac OS X", "macOS"), ("Linux", "Linux"),
)  # fmt: skip


def browser_name(agent: str) -> str:
    """What a browser calls itself, in two words that its owner knows: `Firefox · Windows`."""
    known = [next((name for mark, name in marks if mark in agent), "") for marks in (_BROWSERS, _SYSTEMS)]
    return " · ".join(name for name in known if name) or agent[:40] or "—"


def me_json(actor: Actor) -> dict[str, Any]:
    """Who asks, as `GET /api/v1/me` tells."""
    return {
        "id": actor.user_id,
        "username": actor.username,
        "name": actor.name,
        "name_en": actor.name_en,
        "email": actor.email,
        "language": actor.language,
        "kind": actor.kind,
        "staff_no": actor.staff_no,
        "read_only": actor.read_only,
        "roles": [
            {"role": g.role.value, "scope_kind": g.scope_kind.value, "scope_id": g.scope_id}
            for g in actor.grants
        ],
    }
