"""An instrument and its rules as JSON, as CONTRACT section 4 names them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import Any, Final

from sharing.kernel.timespan import SHANGHAI
from sharing.people.queries import PersonRow
from sharing.registry.rules import Entry, InstrumentRow, PolicyRow

_PLAIN: Final = (
    "code", "name", "name_en", "manufacturer", "manufacturer_en", "model", "serial_no", "asset_no", "national_no",
    "original_value_fen", "commissioned_on", "status", "status_reason", "booking_mode", "offers_service", "capacity",
    "location", "country", "source", "kind", "customs_supervised", "customs_until", "carrier_kind", "carrier_name",
    "department", "technical", "functions", "service_content", "achievements", "open_rules", "fee_summary",
    "share_mode", "usual_state", "city", "county", "street", "postal_code", "contact", "contact_phone",
    "contact_email", "is_sample", "revision",
)  # fmt: skip


def instrument_json(
    row: InstrumentRow,
    *,
    managers: Sequence[PersonRow],
    prices: Sequence[dict[str, Any]],
    policy: PolicyRow,
    signed_in: bool,
) -> dict[str, Any]:
    """One instrument. Addresses of its managers show only to who is signed in."""
    return {
        "id": row.id,
        **{name: getattr(row, name) for name in _PLAIN},
        "zone": row.zone_code,
        "institution": {
            "id": row.institution_id,
            "code": row.institution_code,
            "name": row.institution_name,
            "name_en": row.institution_name_en,
        },
        "category": {
            "code": row.category_code,
            "name": row.category_name,
            "name_en": row.category_name_en,
            "code_set": row.code_set,
        },
        "subjects": list(row.subjects),
        "funds": list(row.funds),
        "managers": [_manager(one, signed_in) for one in managers],
        "prices": list(prices),
        "policy": policy_json(policy),
        "networks": networks(row),
        "created_at": row.created_at.astimezone(SHANGHAI).isoformat(timespec="seconds"),
        "changed_at": row.changed_at.astimezone(SHANGHAI).isoformat(timespec="seconds"),
    }


def _manager(person: PersonRow, signed_in: bool) -> dict[str, Any]:
    shown = {"id": person.id, "name": person.name, "name_en": person.name_en}
    return shown | {"email": person.email, "phone": person.phone} if signed_in else shown


def policy_json(policy: PolicyRow) -> dict[str, Any]:
    """The policy in force, with the scope and the document it comes from."""
    shown = {one.name: getattr(policy, one.name) for one in fields(policy)}
    shown.pop("inherit")
    shown["scope"] = shown.pop("scope_key").partition(":")[0]
    return shown


def networks(row: InstrumentRow) -> dict[str, str]:
    """Where it stands in the three nets: here, in the national platform, in the finance system.

    Until registers are reconciled, a national number entered by hand counts as linked; all else is unknown.
    """
    return {
        "sharing": "linked",
        "national": "linked" if row.national_no else "unknown",
        "finance": "unknown",
    }


def entry_json(entry: Entry[Any]) -> dict[str, Any]:
    """What every dated row of a list carries beside its kind's own columns."""
    return {
        "id": entry.row.id,
        "valid_from": entry.row.valid_from,
        "inherit": entry.row.inherit,
        "source_document": entry.row.source_document,
        "standing": entry.standing,
        "entered_at": entry.entered_at.astimezone(SHANGHAI).isoformat(timespec="seconds"),
        "withdrawn_at": entry.withdrawn_at
        and entry.withdrawn_at.astimezone(SHANGHAI).isoformat(timespec="seconds"),
    }
