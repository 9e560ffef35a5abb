"""Who may what with instruments and the dated rules that hold for them."""

from __future__ import annotations

from typing import Final

from sharing.kernel.rights import PUBLIC, SIGNED_IN
from tests.checks.rights.kinds import DATED, instrument, open_to, rule, rule_in, withdrawn
from tests.checks.rights.who import (
    EDITORS,
    EVERYBODY,
    INTERNAL_READERS,
    LICENSERS,
    OVERSEES,
    PRICERS,
    RUN_READERS,
    RUN_WRITERS,
    Args,
    Route,
    Who,
    who,
)

LISTED = {
    "source_document": "国办",
    "stretches": [{"first_on": "2026-10-10", "kind": "workday", "name": "国庆节"}],
}

CHAINED = DATED | {"steps": [{"role": "manager"}]}

PRICED = DATED | {"prices": [{"price_group": "academic", "hour_fen": 1}]}

PRICED_PAGE = DATED | {"academic.do": "price", "academic.hour": "1", "step": "look"}

NEW = {"institution": "uni", "name": "新仪器", "category": "040102", "zone": "kunming"}


def import_run(right: str, may: Who, form: Args | None = None) -> Route:
    """A route at a file that was brought to the register, known to who reads inside its house."""
    return Route(
        right,
        may,
        knows=RUN_READERS,
        args=lambda side: {"run_id": side.import_run()},
        form=lambda _side: form or {},
        sided=True,
    )


ROUTES: Final[dict[str, Route]] = {
    # instruments
    "GET registry.catalogue": open_to(PUBLIC),
    "GET registry.compare": open_to(PUBLIC),
    "GET registry.earliest": open_to(PUBLIC),
    "GET registry.instrument": instrument(PUBLIC, EVERYBODY),
    "GET instruments.picture": open_to(PUBLIC, picture_id="01890000-0000-7000-8000-000000000000"),
    "POST instruments.star": Route(
        SIGNED_IN,
        own=True,
        args=lambda side: {"instrument_id": side.instrument.id},
        form=lambda _s: {"on": "1"},
    ),
    "GET instruments.new": open_to("registry.create"),
    "POST instruments.new": Route(
        "registry.create",
        who("admin zone_admin province_admin"),
        form=lambda side: NEW | {"code": f"N{next(side.number)}"},
    ),
    "GET instruments.settings": instrument("registry.read-internal", INTERNAL_READERS),
    "POST instruments.edit": instrument(
        "registry.edit", EDITORS, {"name": "改名", "category": "040102", "zone": "kunming"}
    ),
    "POST instruments.status": instrument("registry.edit", EDITORS, {"status": "in_service"}),
    "POST instruments.add_picture": instrument("registry.edit", EDITORS),
    "POST instruments.retire_picture": instrument("registry.edit", EDITORS, {}, "picture_id", "picture"),
    "GET documents.document": Route(PUBLIC, args=lambda side: {"document_id": side.document()}),
    "POST documents.add": instrument("registry.edit", EDITORS, {"title": "规程"}),
    "POST documents.retire": instrument("registry.edit", EDITORS, {}, "document_id", "document"),
    "POST instruments.add_timetable": instrument(
        "policy.edit", EDITORS, DATED | {"day_workday": "09:00-12:00"}
    ),
    "POST instruments.add_question": instrument(
        "policy.edit", EDITORS, {"key": "k", "kind": "text", "label": "问"}
    ),
    "POST instruments.retire_question": instrument("policy.edit", EDITORS, {}, "question_id", "question"),
    "POST instruments.grant_licence": instrument(
        "licence.grant", LICENSERS, {"who": "colleague", "level": "independent", "starts_on": "2026-03-02"}
    ),
    "POST instruments.paste_licences": instrument("licence.grant", LICENSERS, {"text": "colleague"}),
    "POST instruments.end_licence": instrument(
        "licence.grant", LICENSERS, {"reason": "离组"}, "licence_id", "licence"
    ),
    "GET instruments_api.instruments": open_to(PUBLIC),
    "GET instruments_api.instrument": instrument(PUBLIC, EVERYBODY),
    "POST instruments_api.create": Route(
        "registry.create",
        who("admin zone_admin province_admin"),
        form=lambda side: NEW | {"code": f"A{next(side.number)}"},
    ),
    "PATCH instruments_api.edit": instrument("registry.edit", EDITORS, {"name": "再改名"}),
    # the register as a table
    "GET records.records": open_to("registry.read-internal"),
    "GET records.export": open_to("registry.read-internal"),
    "POST records.bring": Route(
        "registry.create",
        RUN_WRITERS,
        form=lambda side: {"institution": str(side.institution.id)},
        sided=True,
    ),
    "GET records.run": import_run("registry.read-internal", RUN_READERS),
    "GET records.bad_rows": import_run("registry.read-internal", RUN_READERS),
    "POST records.apply": import_run("registry.create", RUN_WRITERS, {"mode": "all"}),
    "POST records.map_columns": import_run("registry.create", RUN_WRITERS),
    "GET records_api.export": open_to("registry.read-internal"),
    "POST records_api.bring": open_to("registry.create"),  # whose house: tests/registry/test_import_api.py
    "GET records_api.listed": open_to("registry.read-internal"),
    "GET records_api.one": import_run("registry.read-internal", RUN_READERS),
    "GET records_api.rows": import_run("registry.read-internal", RUN_READERS),
    "POST records_api.apply": import_run("registry.create", RUN_WRITERS, {"mode": "all"}),
    # prices
    "GET prices.mine": open_to("registry.read-internal"),
    "GET prices.page": rule("registry.read-internal", INTERNAL_READERS),
    "POST prices.enter": rule("price.edit", PRICERS, PRICED_PAGE),
    "POST prices.withdraw": withdrawn("price.edit", PRICERS, "coming_price"),
    "GET prices_api.listed": open_to("registry.read-internal"),
    "POST prices_api.preview": rule_in("price.edit", PRICERS, PRICED),
    "POST prices_api.enter": rule_in("price.edit", PRICERS, PRICED),
    "POST prices_api.withdraw": withdrawn("price.edit", PRICERS, "coming_price"),
    # booking policies
    "GET policies.mine": open_to("registry.read-internal"),
    "GET policies.page": rule("registry.read-internal", INTERNAL_READERS),
    "POST policies.enter": rule("policy.edit", EDITORS, DATED | {"step": "look"}),
    "POST policies.withdraw": withdrawn("policy.edit", EDITORS, "coming_policy"),
    "GET policies_api.listed": open_to("registry.read-internal"),
    "POST policies_api.preview": rule_in("policy.edit", EDITORS, DATED),
    "POST policies_api.enter": rule_in("policy.edit", EDITORS, DATED),
    "POST policies_api.withdraw": withdrawn("policy.edit", EDITORS, "coming_policy"),
    # the statutory calendar
    "GET days.page": open_to("registry.read-internal"),
    "POST days.enter": open_to(
        "network.edit", form={"days": "2026-10-10 班 国庆节", "source_document": "国办", "step": "look"}
    ),
    "GET days_api.listed": open_to(PUBLIC),
    "POST days_api.preview": open_to("network.edit", form=LISTED),
    "POST days_api.enter": open_to("network.edit", form=LISTED),
    # approval chains
    "GET chains.mine": open_to("registry.read-internal"),
    "GET chains.page": rule("registry.read-internal", INTERNAL_READERS),
    "POST chains.enter": rule("chain.edit", OVERSEES, DATED | {"step.0.role": "manager", "step": "look"}),
    "POST chains.withdraw": withdrawn("chain.edit", OVERSEES, "coming_chain"),
    "GET chains_api.listed": open_to("registry.read-internal"),
    "POST chains_api.preview": rule_in("chain.edit", OVERSEES, CHAINED),
    "POST chains_api.enter": rule_in("chain.edit", OVERSEES, CHAINED),
    "POST chains_api.withdraw": withdrawn("chain.edit", OVERSEES, "coming_chain"),
}
