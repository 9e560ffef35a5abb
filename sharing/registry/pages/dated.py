"""The administration page of a kind of dated rule: what holds, what comes, the form, whom it would change, the history.

Prices, policies and chains share it; each slice says what its rows, its form and its effect are.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from flask import current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from sharing.kernel.language import _
from sharing.kernel.refusals import Refused
from sharing.kernel.timespan import shanghai_day
from sharing.people.rules import Actor
from sharing.registry import queries
from sharing.registry.queries import Kind, Sheet
from sharing.registry.rules import Scope

D = TypeVar("D")
HIDDEN = {"not-found", "forbidden", "unavailable", "read-only", "unauthenticated"}
OWN_FIELDS = {"csrf_token", "step", "revision"}


@dataclass(frozen=True, slots=True)
class RulePage(Generic[D]):
    """One kind of rule as a page.

    endpoint  of the list and form at a scope
    facts     what the template shows of the rules themselves, from the sheet
    read      a form to a draft; raises Refused: invalid-input
    effect    whom the draft would change, before it is saved
    save      enters the draft
    """

    kind: Kind
    endpoint: str
    template: str
    facts: Callable[[Sheet], dict[str, Any]]
    read: Callable[[MultiDict[str, Any], datetime], D]
    effect: Callable[[D, Scope, datetime], Any]
    save: Callable[[D, Scope, Actor, datetime], object]

    def at_home(self, by: Actor) -> ResponseReturnValue:
        return redirect(url_for(self.endpoint, scope=queries.home(by).said))

    def show(self, said: str, by: Actor, now: datetime) -> ResponseReturnValue:
        """Raises Refused: not-found, forbidden."""
        return self._page(queries.scope_said(said), by, now)

    def send(self, said: str, by: Actor, now: datetime) -> ResponseReturnValue:
        """`step` look shows the effect and asks again; save enters it. What is refused shows the form as typed."""
        scope = queries.scope_said(said)
        if not by.may(self.kind.right, scope.path):
            raise Refused("forbidden")
        effect = None
        try:
            draft = self.read(request.form, now)
            if request.form.get("step") == "save":
                self.save(draft, scope, by, now)
                flash(_("已保存，到期自动执行；保存前后的内容都在修改记录里"), "good")
                return redirect(url_for(self.endpoint, scope=scope.said), 303)
            effect = self.effect(draft, scope, now)
        except Refused as no:
            if no.kind in HIDDEN:
                raise
            return self._page(scope, by, now, refused=no)
        return self._page(scope, by, now, effect=effect)

    def withdraw(self, scope: Scope) -> ResponseReturnValue:
        """Back to the list after a row was taken back."""
        flash(_("已撤回，不再执行；它仍在修改记录里"), "good")
        return redirect(url_for(self.endpoint, scope=scope.said), 303)

    def _page(
        self, scope: Scope, by: Actor, now: datetime, *, effect: Any = None, refused: Refused | None = None
    ) -> ResponseReturnValue:
        page = max(1, request.args.get("page", 1, int))
        sheet = queries.sheet(self.kind, scope, by, shanghai_day(now), page=page)
        fields = refused.facts.get("fields", []) if refused else []
        sent = request.method == "POST"
        body = render_template(
            self.template,
            sheet=sheet,
            endpoint=self.endpoint,
            typed=request.form if sent else {},
            errors={str(one["field"]): str(one["message"]) for one in fields},
            refused=refused,
            said=current_app.extensions["sharing.explain"](refused) if refused else "",
            effect=effect,
            resent=[(k, v) for k, v in request.form.items(multi=True) if k not in OWN_FIELDS]
            if effect
            else [],
            **self.facts(sheet),
        )
        return body, refused.status if refused else 200
