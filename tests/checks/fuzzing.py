"""Schemathesis over the API's own document: every operation with good and bad data, asked by people of every role.

What a case needs beyond its schema is put in before it is sent: the bearer token of somebody, addresses of things that
are there (the rows of `rights/` make them), and a body near to one that would pass, so that an answer comes
from the use case rather than from the door.
"""

from __future__ import annotations

import contextvars
import random
import re
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import jsonschema_rs
import schemathesis
from flask import Flask
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events, from_schema
from schemathesis.generation import GenerationMode
from sqlalchemy.exc import IntegrityError

from sharing.kernel.db import db
from sharing.people import service
from tests import cast
from tests.checks.rights import ROUTES
from tests.checks.rights.who import Route
from tests.checks.rights_world import PEOPLE, World

PLACES: Final = re.compile(r"<(?:[^:<>]+:)?([^<>]+)>")
MINUTE: Final = re.compile(r"(\d\d-\d\dT\d\d:\d\d)(?=[+Z])")
REFUSED_FOR_A_REASON: Final = ["2xx", "304", "401", "403", "404", "409", "412", "422", "428"]
"""What data that fit the schema may meet: rules and states are told in words, not in the schema."""
LOST: Final = re.compile(r"in query\n(?s:.*)\(was \w+, became \w+\)")
"""What Schemathesis says of a value that was wrong until it stood in an address, where everything is text."""
PLENTY: Final = 40  # things that find their time on one instrument
WSGI = Callable[..., Iterable[bytes]]


@dataclass
class Report:
    """What a run sent, what came back, and what was wrong: by operation and check, the first case of each."""

    seed: int
    statuses: Counter[int] = field(default_factory=Counter)
    accepted: set[str] = field(default_factory=set)
    faults: dict[tuple[str, str], str] = field(default_factory=dict)

    @property
    def cases(self) -> int:
        return self.statuses.total()

    def __str__(self) -> str:
        told = [f"seed {self.seed}: {self.cases} cases, {dict(sorted(self.statuses.items()))}"]
        return "\n\n".join([*told, *(f"{' '.join(key)}\n{said}" for key, said in self.faults.items())])


def run(
    app: WSGI, seed: int, examples: int, prepare: Callable[[Any], str], *, phases: tuple[str, ...]
) -> Report:
    """So many random cases an operation; with the phase `coverage` also each bound of each field, over and under."""
    schema = schemathesis.openapi.from_wsgi("/openapi.json", app, config=SchemathesisConfig(seed=seed))
    schema.config.generation.update(
        modes=list(GenerationMode),
        max_examples=examples,
        no_shrink=True,
        with_security_parameters=False,
        database="none",
    )
    schema.config.phases.update(phases=list(phases))
    schema.config.continue_on_failure = True
    schema.config.checks.positive_data_acceptance.expected_statuses = REFUSED_FOR_A_REASON
    schema.config.checks.ignored_auth.enabled = False  # the rights matrix asks every route without a token
    report, who = Report(seed), {}
    here = contextvars.copy_context()  # the engine asks from a thread of its own

    def before_call(context: Any, case: Any, kwargs: dict[str, Any]) -> None:
        who[case.id] = here.copy().run(prepare, case)

    def after_call(context: Any, case: Any, response: Any) -> None:
        report.statuses[response.status_code] += 1
        if response.status_code < 300:
            report.accepted.add(case.operation.label)

    with hooks(before_call, after_call):
        for event in from_schema(schema).execute():
            _noted(report, event, who)
    return report


@contextmanager
def hooks(*some: Callable[..., None]) -> Iterator[None]:
    for hook in some:
        schemathesis.hook(hook)
    try:
        yield
    finally:
        for hook in some:
            schemathesis.hooks.unregister(hook)


def _noted(report: Report, event: Any, who: dict[str, str]) -> None:
    if isinstance(event, events.FatalError):
        raise event.exception
    if isinstance(event, events.NonFatalError):
        raise event.value  # of the test, not of the application
    if not isinstance(event, events.ScenarioFinished):
        return
    for case_id, checks in event.recorder.checks.items():
        for check in checks:
            found = check.failure_info
            if found and not LOST.search(found.failure.message):
                answer = event.recorder.interactions[case_id].response
                body = answer.content[:400].decode("utf-8", "replace") if answer else ""
                said = f"as {who.get(case_id)}: {found.code_sample}\n{found.failure.message}\n{body}"
                report.faults.setdefault((event.recorder.label, check.name), said)


def apart(app: Flask) -> WSGI:
    """The application, each request in a context of its own as with a server, its answer whole and not packed."""

    def answered(environ: dict[str, Any], start: Any) -> list[bytes]:
        environ.pop("HTTP_ACCEPT_ENCODING", None)
        given = app(environ, start)
        try:
            return list(given)
        finally:
            getattr(given, "close", lambda: None)()

    return lambda environ, start: contextvars.Context().run(answered, environ, start)


class Asking:
    """Puts people, things and plausible bodies into cases.

    fresh  the arguments of the operation at hand, made anew for each case that may use them up
    """

    def __init__(self, app: Flask, world: World, seed: int) -> None:
        self.world, self.dice = world, random.Random(seed)
        self.tokens = {name: self._token(name) for name in PEOPLE}
        self.routes = {
            (method, PLACES.sub(r"{\1}", rule.rule)): ROUTES[f"{method} {rule.endpoint}"]
            for rule in app.url_map.iter_rules()
            if rule.rule.startswith("/api/")
            for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        }
        self.valid = Bodies(app.spec)  # type: ignore[attr-defined]
        self.operation, self.fresh, self.made = "", dict[str, Any](), 0

    def _token(self, name: str) -> str:
        by = cast.actor(self.world.people[name])
        return service.create_token(by.user_id, label="fuzz", ends_at=None, by=by, now=cast.NOW)

    def __call__(self, case: Any) -> str:
        """Complete a case; answers who asks."""
        db.session.rollback()
        method, path = case.operation.method.upper(), case.operation.path
        route = self.routes[method, path]
        name = self._who(route)
        headers = {"Authorization": f"Bearer {self.tokens[name]}"}
        if method != "GET" and self.dice.random() < 0.7:
            headers["If-Match"] = '"1"'
        case.headers = headers | dict(case.headers or {})
        if case.query and case.meta.generation.mode.is_positive:
            case.query = _without_nul(case.query)
        self._things(case, route, method)
        if isinstance(case.body, dict) and case.media_type == "application/json":
            case.body = self._body(case, route)
            if not case.meta.generation.mode.is_positive and self._fits_stripped(case):
                case.body = []  # it was wrong by white space alone, which is taken off; this is wrong for certain
        db.session.rollback()
        return name

    def _who(self, route: Route) -> str:
        """Mostly somebody who may."""
        may = sorted(route.may.ours)
        return self.dice.choice(may if may and self.dice.random() < 0.8 else PEOPLE)

    def _things(self, case: Any, route: Route, method: str) -> None:
        self.made += 1
        if self.operation != case.operation.label or self.made % PLENTY == 0:
            self.operation = case.operation.label
            self._other_instrument()
        if not case.path_parameters:
            return
        if not self.fresh or method != "GET":
            try:
                self.fresh = route.args(self.world.ours)
            except IntegrityError:  # a case before took the time that a thing of ours needs
                db.session.rollback()
                self._other_instrument()
                self.fresh = route.args(self.world.ours)
            if "institution_id" in self.fresh and case.operation.path.endswith(("_id}", "/close", "/move")):
                self.fresh["institution_id"] = cast.institution().id  # the house itself is needed to the end
        for name, there in self.fresh.items():
            if not isinstance(there, uuid.UUID) or _is_id(case.path_parameters.get(name)):
                case.path_parameters[name] = str(there)

    def _fits_stripped(self, case: Any) -> bool:
        valid = self.valid.of(case.operation.label)
        return not valid(case.body) and valid(_stripped(case.body))

    def _other_instrument(self) -> None:
        side, self.fresh = self.world.ours, {}
        side.instrument = cast.instrument(side.institution, manager=self.world.people["manager"], capacity=99)

    def _body(self, case: Any, route: Route) -> dict[str, Any]:
        form = {key: _sent(value) for key, value in route.form(self.world.ours).items()}
        valid = self.valid.of(case.operation.label)
        if valid(case.body):
            kept = {key: value for key, value in case.body.items() if self.dice.random() < 0.3}
            mixed = form | kept
            return mixed if valid(mixed) else case.body
        return nearest(case.body, form, valid)


def nearest(wrong: dict[str, Any], form: dict[str, Any], valid: Callable[[Any], bool]) -> dict[str, Any]:
    """A wrong body with plausible values wherever these leave it wrong."""
    for key in list(wrong):
        rest = {name: value for name, value in wrong.items() if name != key}
        nearer = rest | ({key: form[key]} if key in form else {})
        if not valid(nearer):
            wrong = nearer
    return wrong


def _without_nul(value: Any) -> Any:
    """No address may hold NUL (400), which a schema cannot say; as bad data it is tried."""
    if isinstance(value, dict):
        return {_without_nul(key): _without_nul(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_without_nul(part) for part in value]
    return value.replace("\0", "") if isinstance(value, str) else value


def _stripped(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _stripped(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_stripped(part) for part in value]
    return value.strip() if isinstance(value, str) else value


def _is_id(text: Any) -> bool:
    try:
        return bool(uuid.UUID(str(text)))
    except ValueError:
        return False


def _sent(value: Any) -> Any:
    """A value of the table as JSON has it: an instant with its seconds, as RFC 3339 wants them."""
    if isinstance(value, uuid.UUID):
        return str(value)
    return MINUTE.sub(r"\1:00", value) if isinstance(value, str) else value


class Bodies:
    """The schema of each operation's JSON body, as a question."""

    def __init__(self, spec: dict[str, Any]) -> None:
        self.spec = spec
        self.made: dict[str, Callable[[Any], bool]] = {}

    def of(self, label: str) -> Callable[[Any], bool]:
        if label not in self.made:
            method, path = label.split(" ")
            body = self.spec["paths"][path][method.lower()]["requestBody"]["content"]["application/json"]
            schema = body["schema"] | {"components": self.spec["components"]}
            self.made[label] = jsonschema_rs.Draft202012Validator(schema, validate_formats=True).is_valid
        return self.made[label]
