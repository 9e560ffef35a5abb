"""People's values to outside shapes and back: the cookie of a known browser, addresses inside this site, JSON."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from itsdangerous import BadData, URLSafeTimedSerializer

from sharing.kernel.language import _l
from sharing.kernel.timespan import SHANGHAI
from sharing.people.rules import Actor, Device, Role, Standing

DEVICE_LIFE: Final = timedelta(days=180)
MOST_PEOPLE: Final = 8  # a browser in a laboratory is used by several
SALT: Final = "people.device"
ROLES: Final[Mapping[Role, object]] = {
    Role.RESEARCHER: _l("科研人员"),
    Role.HEAD: _l("课题组负责人"),
    Role.MANAGER: _l("机主"),
    Role.DEPUTY_MANAGER: _l("代理机主"),
    Role.INSTITUTION_ADMIN: _l("单位管理员"),
    Role.INSTITUTION_FINANCE: _l("单位财务"),
    Role.ZONE_ADMIN: _l("子平台管理员"),
    Role.PROVINCE_ADMIN: _l("省级管理员"),
    Role.AUDITOR: _l("审计人员"),
    Role.ENTERPRISE: _l("企业用户"),
    Role.ENTERPRISE_ADMIN: _l("企业管理员"),
    Role.BOOKING_AGENT: _l("代约人"),
}
STANDINGS: Final[Mapping[Standing, object]] = {
    Standing.STAFF: _l("教职工"),
    Standing.STUDENT: _l("学生"),
    Standing.VISITOR: _l("访问人员"),
}


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


def scope_text(kind: str, code: str, scope_id: uuid.UUID | None) -> str:
    """A scope as commands and the API name it: `network`, `institution:YLU`, `instrument:<id>`."""
    return kind if scope_id is None else f"{kind}:{code or scope_id}"


def held_json(row: Any) -> dict[str, Any]:
    """A role that somebody holds or held (`queries.HeldRow`)."""
    return {
        "id": row.id,
        "user": {"id": row.user_id, "username": row.username, "name": row.name, "name_en": row.name_en},
        "role": row.role.value,
        "scope": scope_text(row.scope_kind.value, row.scope_code, row.scope_id),
        "starts_on": row.starts_on.isoformat(),
        "ends_on": row.ends_on.isoformat() if row.ends_on else None,
        "reason": row.reason,
        "given_by": row.given_by,
        "ended_by": row.ended_by,
        "ended_at": local_instant(row.ended_at),
        "end_reason": row.end_reason,
    }


def local_instant(at: datetime | None) -> str | None:
    """RFC 3339 with the Shanghai offset."""
    return at.astimezone(SHANGHAI).isoformat(timespec="seconds") if at else None


def person_json(row: Any) -> dict[str, Any]:
    """A person as her house's administrators list her (`queries.ListedRow`)."""
    person = row.person
    names = ("id", "username", "name", "name_en", "email", "phone", "staff_no", "department", "left")
    return {name: getattr(person, name) for name in names} | {
        "standing": row.standing or None,
        "institution": row.house,
    }


def _request_json(row: Any) -> dict[str, Any]:
    return {
        "id": row.id,
        "name": row.name,
        "email": row.email,
        "state": row.state.value,
        "asked_at": local_instant(row.asked_at),
        "decided_at": local_instant(row.decided_at),
        "decided_by": row.decided_by,
        "reason": row.reason,
    }


def sign_up_json(row: Any) -> dict[str, Any]:
    """A person who asks to join (`queries.SignUpRow`)."""
    own = {name: getattr(row, name) for name in ("staff_no", "department", "message")}
    return _request_json(row) | own | {"institution": row.house}


def enterprise_json(row: Any) -> dict[str, Any]:
    """A company that asks to join (`queries.EnterpriseRow`)."""
    own = {name: getattr(row, name) for name in ("uscc", "contact", "phone")}
    return (
        _request_json(row)
        | own
        | {
            "zone": row.zone_code,
            "due_at": local_instant(row.due_at),
            "known_as": row.known,
        }
    )


def invitation_state(row: Any, now: datetime) -> str:
    """open, used, withdrawn or expired."""
    if row.used_at:
        return "used"
    return "withdrawn" if row.withdrawn_at else "open" if row.open(now) else "expired"


def invitation_json(row: Any, now: datetime) -> dict[str, Any]:
    """An invitation (`queries.InvitationRow`)."""
    return {
        "id": row.id,
        "email": row.email,
        "role": row.role.value,
        "state": invitation_state(row, now),
        "invited_by": row.inviter,
        "created_at": local_instant(row.created_at),
        "ends_at": local_instant(row.ends_at),
    }
