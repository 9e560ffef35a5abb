"""Who may what with the shell, categories, zones, institutions, notices, mail texts and the trail."""

from __future__ import annotations

from typing import Final

from sharing.kernel.rights import PUBLIC
from tests import cast
from tests.checks.rights.kinds import DATED, WHY, at_house, in_house, open_to
from tests.checks.rights.who import GIVES_LEAVE, KEEPS, NOBODY, OVERSEES, Args, Route, who
from tests.checks.rights_world import Side

NOTICE = {"title": "通知", "body": "正文", "starts_on": "2026-03-02"}

LEAVE = {"starts_on": "2026-03-02", "source_document": "授权书"}

ZONE = {"name": "大理", "name_en": "Dali", "source_document": "文件"}

CLASS = DATED | {"act": "end", "code": "990000"}  # which there is not

CODE_SET = DATED | {"version": "2026", "name": "新版"}

NO_CHANGE = {"change_id": "01890000-0000-7000-8000-000000000000"}

HOUSE = {"name": "新单位", "name_en": "New house", "kind": "university"}


def notice_for(side: Side) -> Args:
    """A notice for the people of a house."""
    return NOTICE | {"scope": f"institution:{side.institution.code}"}


def at_notice(form: Args) -> Route:
    """A notice is public while it stands: whoever does not keep it is told so."""
    return Route(
        "notice.edit",
        OVERSEES,
        args=lambda side: {"notice_id": side.notice()},
        form=lambda _side: form,
        sided=True,
    )


def joining(zone: str) -> Route:
    """An institution joins in the zone of a side."""

    def form(side: Side) -> Args:
        return HOUSE | {"code": f"J{next(side.number)}", zone: side.zone, "source_document": "协议"}

    return Route("institution.manage", KEEPS, form=form, sided=True)


ROUTES: Final[dict[str, Route]] = {
    # the shell
    "GET web.home": open_to(PUBLIC),
    "GET web.zone": open_to(PUBLIC, zone="kunming"),
    "POST web.language": open_to(PUBLIC, own=True, form={"language": "en"}),
    "GET health.alive": open_to(PUBLIC),
    "GET health.ready": open_to(PUBLIC),
    "GET health.metrics": open_to(PUBLIC),
    "GET openapi.document": open_to(PUBLIC),
    "GET openapi.docs": open_to(PUBLIC),
    "GET admin.home": open_to("admin.desk"),
    # categories
    "GET categories.page": open_to("registry.read-internal"),
    "POST categories.enter": open_to("network.edit", form=CLASS),
    "GET categories.new_version": open_to("network.edit"),
    "POST categories.add_version": open_to("network.edit", form=CODE_SET),
    "POST categories.withdraw": Route(
        "network.edit", NOBODY, NOBODY, lambda _side: NO_CHANGE, lambda _side: WHY
    ),
    "GET categories_api.versions": open_to("registry.read-internal"),
    "GET categories_api.changes": open_to("registry.read-internal", version=cast.CODE_SET),
    "POST categories_api.add_version": open_to("network.edit", form=CODE_SET),
    "POST categories_api.preview_version": open_to("network.edit", form=CODE_SET),
    "POST categories_api.enter": open_to("network.edit", form=CLASS),
    "POST categories_api.preview": open_to("network.edit", form=CLASS),
    "POST categories_api.withdraw": Route(
        "network.edit", NOBODY, NOBODY, lambda _side: NO_CHANGE, lambda _side: WHY
    ),
    # zones and institutions
    "GET houses.zones": open_to("institution.edit"),
    "GET houses.new_zone": open_to("network.edit"),
    "POST houses.add_zone": open_to("network.edit", form=ZONE | {"code": "dali", "number_prefix": "DL"}),
    "GET houses.zone": open_to("institution.edit", code="kunming"),
    "POST houses.edit_zone": open_to("network.edit", code="dehong", form=ZONE),
    "POST houses_api.add_zone": open_to(
        "network.edit", form=ZONE | {"code": "lijiang", "number_prefix": "LJ"}
    ),
    "PUT houses_api.edit_zone": open_to("network.edit", code="dehong", form=ZONE),
    "GET houses.institutions": open_to("institution.edit"),
    "GET houses.new_institution": open_to("institution.manage"),
    "POST houses.add_institution": joining("zone"),
    "POST houses_api.add_institution": joining("zone"),
    "GET houses.institution": at_house("institution.edit", OVERSEES),
    "POST houses.edit_institution": at_house("institution.edit", OVERSEES, HOUSE),
    "GET houses_api.one": at_house("institution.edit", OVERSEES),
    "PUT houses_api.edit_institution": at_house("institution.edit", OVERSEES, HOUSE),
    "GET houses.moving": at_house("institution.manage", KEEPS),
    "POST houses.move": at_house("institution.manage", KEEPS),
    "POST houses_api.move": at_house("institution.manage", KEEPS),
    "GET houses.closing": at_house("institution.manage", KEEPS),
    "POST houses.close": at_house("institution.manage", KEEPS),
    "GET houses_api.closing": at_house("institution.manage", KEEPS),
    "POST houses_api.close": at_house("institution.manage", KEEPS),
    "POST houses.give_mandate": at_house("mandate.give", GIVES_LEAVE, LEAVE),
    "POST houses_api.give_mandate": at_house("mandate.give", GIVES_LEAVE, LEAVE),
    "POST houses.end_mandate": at_house("mandate.give", GIVES_LEAVE, part="mandate_id", make="mandate"),
    "DELETE houses_api.end_mandate": at_house("mandate.give", GIVES_LEAVE, part="mandate_id", make="mandate"),
    # a zone's desk
    "GET zone_desk.own": open_to("zone.desk"),
    "GET zone_desk.desk": Route(
        "zone.desk",
        who("zone_admin province_admin auditor", "province_admin auditor"),
        args=lambda side: {"zone": side.zone},
        sided=True,
    ),
    "POST zone_desk.nudge": Route(
        "zone.nudge",
        KEEPS,
        args=lambda side: {"zone": side.zone, "kind": "instrument", "thing_id": side.instrument.id},
        sided=True,
    ),
    "POST zone_api.nudge": Route(
        "zone.nudge",
        KEEPS,
        args=lambda side: {"zone": side.zone, "kind": "instrument", "thing_id": side.instrument.id},
        sided=True,
    ),
    "GET zone_api.desk": Route(
        "zone.desk",
        who("zone_admin province_admin auditor", "province_admin auditor"),
        args=lambda side: {"zone": side.zone},
        sided=True,
    ),
    # notices and mail texts
    "GET notices.listed": open_to("notice.edit"),
    "GET notices.new": open_to("notice.edit"),
    "POST notices.add": Route("notice.edit", OVERSEES, form=notice_for, sided=True),
    "GET notices.notice": in_house("notice.edit", "notice_id", "notice"),
    "POST notices.edit": in_house("notice.edit", "notice_id", "notice", NOTICE),
    "POST notices.withdraw": in_house("notice.edit", "notice_id", "notice"),
    "GET notices_api.standing": open_to(PUBLIC),
    "POST notices_api.add": Route("notice.edit", OVERSEES, form=notice_for, sided=True),
    "PUT notices_api.edit": at_notice(NOTICE),
    "DELETE notices_api.withdraw": at_notice({}),
    "GET texts.listed": open_to("mailtext.edit"),
    "GET texts.of_house": at_house("mailtext.edit", OVERSEES),
    "GET texts.text": at_house("mailtext.edit", OVERSEES, topic="booking.approved"),
    "POST texts.enter": at_house("mailtext.edit", OVERSEES, topic="booking.approved"),
    "GET texts_api.listed": at_house("mailtext.edit", OVERSEES),
    "POST texts_api.enter": at_house("mailtext.edit", OVERSEES, topic="booking.approved"),
    # the trail: whose rows each one sees stands in tests/audit/test_trail.py
    "GET audit.trail": open_to("audit.read"),
    "GET audit.export": open_to("audit.read"),
    "GET audit_api.trail": open_to("audit.read"),
    "GET audit_api.last_check": open_to("audit.read"),
    # network
    "GET network.working_days": open_to(PUBLIC),
    "GET network_api.zones": open_to(PUBLIC),
    "GET network_api.institutions": open_to(PUBLIC),
    "GET network_api.categories": open_to(PUBLIC),
}
