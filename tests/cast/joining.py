"""Who asks to join: a person, somebody invited, a company with its licence."""

from __future__ import annotations

import secrets
import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any

from flask import current_app

from sharing.kernel import files
from sharing.network.models import Institution
from sharing.people.models import Enterprise, Invitation, ResearchGroup, SignUp, User
from sharing.people.rules import secret_hash, uscc_check
from sharing.people.service.enterprises import FOLDER
from tests.cast.base import NOW, keep, numbers
from tests.cast.people import user

LICENCE = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"


def uscc(number: int | None = None) -> str:
    """A unified social credit code that holds."""
    body = f"91530100MA{number or next(numbers):07d}"
    return body + uscc_check(body)


def sign_up(at: Institution, **columns: Any) -> SignUp:
    number = next(numbers)
    given = {"email": f"asks{number}@example.test", "name": f"申请人 {number}", "asked_at": NOW} | columns
    return keep(SignUp(institution_id=at.id, **given))


def invitation(to: ResearchGroup, *, by: User, secret: str = "", **columns: Any) -> Invitation:
    """An invitation to be a member of a group."""
    given = {
        "secret_hash": secret_hash(secret or secrets.token_urlsafe(8)),
        "email": f"invited{next(numbers)}@example.test",
        "role": "researcher",
        "scope_kind": "group",
        "scope_id": to.id,
        "institution_id": to.institution_id,
        "invited_by": by.id,
        "created_at": NOW,
        "ends_at": NOW + timedelta(days=7),
    }
    return keep(Invitation(**given | columns))


def company(zone_id: uuid.UUID, **columns: Any) -> Enterprise:
    """A company that waits; its licence lies in the storage folder."""
    digest = files.digest_of(LICENCE)
    files.keep(
        files.place(Path(current_app.extensions["sharing.settings"].storage_dir), FOLDER, digest), LICENCE
    )
    given = {
        "name": f"企业 {next(numbers)}",
        "uscc": uscc(),
        "user_id": user(kind="enterprise").id,
        "licence_sha256": digest,
        "licence_type": "application/pdf",
        "asked_at": NOW,
        "due_at": NOW + timedelta(days=1),
    }
    return keep(Enterprise(zone_id=zone_id, **given | columns))
