"""What lets a person enter instruments for a house: a role there, or the house's leave where she is its zone."""

from __future__ import annotations

from datetime import datetime

from sharing.kernel.language import _
from sharing.kernel.refusals import Refused
from sharing.kernel.timespan import shanghai_day
from sharing.network import queries as network
from sharing.network.queries import InstitutionRow
from sharing.people.rules import Actor, ScopePath


def leave_for(owner: InstitutionRow, by: Actor, now: datetime) -> str | None:
    """None where she enters them by her own role; the document, where she is the zone and does it in the house's stead.

    Raises Refused: forbidden, no-mandate (the house has not let its zone do so).
    """
    if not by.may("registry.create", ScopePath(owner.zone_id, owner.id)):
        raise Refused("forbidden")
    within = by.scopes("registry.create")
    if within.everything or owner.id in within.institutions:
        return None
    on = shanghai_day(now)
    held = next((one for one in network.mandates(owner.id) if one.holds(on)), None)
    if held is None:
        raise Refused("no-mandate", institution=owner.name, institution_en=owner.name_en)
    return _("代%(house)s登记，依据：%(document)s", house=owner.name, document=held.source_document)
