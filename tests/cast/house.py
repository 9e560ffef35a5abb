"""A whole house: the cast that most tests begin with."""

from __future__ import annotations

from dataclasses import dataclass

from sharing.funds.models import FundCard
from sharing.network.models import Institution, Zone
from sharing.people.models import ResearchGroup, User
from sharing.registry.models import Instrument
from tests.cast.bookings import card
from tests.cast.instruments import chain, instrument, policy, price, timetable
from tests.cast.network import institution, network
from tests.cast.people import group, user


@dataclass(frozen=True)
class House:
    """A university in kunming at work, another in honghe, and everybody who may or may not."""

    zones: dict[str, Zone]
    university: Institution
    elsewhere: Institution
    firm: Institution
    head: User
    researcher: User  # in `group`
    colleague: User  # of the same university, in `rivals`
    stranger: User  # researcher at `elsewhere`
    manager: User
    deputy: User  # deputy manager of `instrument`
    admin: User  # of the university
    finance: User
    zone_admin: User
    province_admin: User
    auditor: User
    enterprise: User
    group: ResearchGroup
    rivals: ResearchGroup
    card: FundCard
    instrument: Instrument  # by approval: payer, manager

    def people(self) -> dict[str, User]:
        """Everybody, by the name of the field."""
        return {name: value for name, value in vars(self).items() if isinstance(value, User)}


def house() -> House:
    """The house with network-wide rules: half hours, working days 8:30-17:30, 100 yuan, payer and manager."""
    zones = network()
    university = institution("uni", name="云岭大学", name_en="Yunling University")
    elsewhere = institution("other", at="honghe", name="红河学院", name_en="Honghe Institute")
    firm = institution("firm", kind="enterprise", name="滇池制药", name_en="Dianchi Pharma")
    head = user("head", role="researcher", at=university)
    researcher = user("researcher", role="researcher", at=university)
    colleague = user("colleague", role="researcher", at=university)
    manager = user("manager", institution=university)
    ours = group(university, head=head, members=[researcher])
    sem = instrument(university, manager=manager)
    policy()
    timetable()
    for price_group in ("group", "institution", "academic", "enterprise"):
        price(price_group=price_group)
    chain("payer", "manager")
    return House(
        zones=zones,
        university=university,
        elsewhere=elsewhere,
        firm=firm,
        head=head,
        researcher=researcher,
        colleague=colleague,
        stranger=user("stranger", role="researcher", at=elsewhere),
        manager=manager,
        deputy=user("deputy", role="deputy_manager", at=sem, institution=university),
        admin=user("admin", role="institution_admin", at=university),
        finance=user("finance", role="institution_finance", at=university),
        zone_admin=user("zone", role="zone_admin", at=zones["kunming"]),
        province_admin=user("province", role="province_admin"),
        auditor=user("auditor", role="auditor"),
        enterprise=user("enterprise", role="enterprise", at=firm, kind="enterprise"),
        group=ours,
        rivals=group(university, head=user("rival", role="researcher", at=university), members=[colleague]),
        card=card(ours),
        instrument=sem,
    )
