"""An institution's own sign-in service."""

from __future__ import annotations

from typing import Any

from sharing.network.models import Institution
from sharing.people.models import SignOn
from tests.cast.base import NOW, keep


def sign_on(of: Institution, **columns: Any) -> SignOn:
    """A connection that is on; its issuer lies inside and is asked by nobody unless it is listed."""
    given = {
        "issuer": "https://127.0.0.1:1",
        "client_id": "sharing",
        "sealed_secret": "",
        "claim": "sub",
        "named_by": "staff_no",
        "is_on": True,
        "changed_at": NOW,
    } | columns
    return keep(SignOn(institution_id=of.id, **given))
