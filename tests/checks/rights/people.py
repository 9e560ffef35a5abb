"""Who may what with accounts, people, research groups, roles and messages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from sharing.kernel.rights import PUBLIC, SIGNED_IN
from tests.checks.rights.kinds import at_house, in_house, open_to, own
from tests.checks.rights.who import (
    AUDITOR,
    GIVES_LEAVE,
    GROUP_READERS,
    HEADS,
    NOBODY,
    OVERSEES,
    Args,
    Route,
    who,
)
from tests.checks.rights_world import Side

ROBOT = {"kind": "wecom", "address": "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=1"}

SIGN_ON = {
    "issuer": "https://sso.example",
    "client_id": "a",
    "secret": "b",
    "claim": "sub",
    "named_by": "email",
}

DEPUTY = {"deputy": "", "starts_on": "2026-03-02", "last_on": "2026-03-03"}


def role(side: Side) -> Args:
    """A role to give to somebody of the house."""
    return {
        "who": side.colleague().username,
        "role": "manager",
        "scope": f"institution:{side.institution.code}",
        "reason": "任命",
    }


def new_group(side: Side) -> Args:
    """A group to enter in the house."""
    code = f"new-{next(side.number)}"
    return {
        "code": code,
        "name": "新组",
        "institution": side.institution.code,
        "head": side.colleague().username,
    }


def invitation(side: Side) -> Args:
    """Somebody to invite to the house's group."""
    scope = f"group:{side.group.code}"
    return {"email": f"new{next(side.number)}@example.test", "role": "researcher", "scope": scope}


def company(form: Args | None = None, right: str = "enterprise.accept") -> Route:
    """A route at a company that waits in the side's zone."""
    return Route(
        right,
        who("zone_admin province_admin", "province_admin"),
        knows=NOBODY,
        args=lambda side: {"enterprise_id": side.company()},
        form=lambda _side: form or {},
        sided=True,
    )


def person(right: str, form: Args | None = None) -> Route:
    """A route at somebody of a house, whom only its administrators know there."""
    return Route(
        right,
        OVERSEES if right == "people.manage" else OVERSEES | AUDITOR,
        knows=NOBODY,
        args=lambda side: {"user_id": side.colleague().id},
        form=lambda _side: form or {},
        sided=True,
    )


def group(form: Callable[[Side], Args], **args: Callable[[Side], Any]) -> Route:
    """A route at a research group, which its members and its house's administration know."""
    return Route(
        "group.manage",
        HEADS,
        knows=GROUP_READERS,
        args=lambda side: {"group_id": side.group.id} | {name: make(side) for name, make in args.items()},
        form=form,
        sided=True,
    )


ROUTES: Final[dict[str, Route]] = {
    # signing in and out
    "GET people.sign_in": open_to(PUBLIC),
    "POST people.open_session": open_to(PUBLIC, own=True, form={"username": "", "password": ""}),
    "POST people.sign_out": open_to(PUBLIC, own=True),
    "POST people.sign_out_everywhere": open_to(SIGNED_IN, own=True),
    "GET sign_on.choose": open_to(PUBLIC),
    "GET sign_on.begin": open_to(PUBLIC, code="uni"),
    "GET sign_on.finish": open_to(PUBLIC, code="uni"),
    "GET sign_on_setup.own": open_to("sign-on.edit"),
    "GET sign_on_setup.page": at_house("sign-on.edit", GIVES_LEAVE),
    "POST sign_on_setup.save": at_house("sign-on.edit", GIVES_LEAVE, SIGN_ON),
    "POST sign_on_setup.try_out": at_house("sign-on.edit", GIVES_LEAVE),
    "GET sign_on_api.one": at_house("sign-on.edit", GIVES_LEAVE),
    "PUT sign_on_api.save": at_house("sign-on.edit", GIVES_LEAVE, SIGN_ON),
    "POST sign_on_api.try_out": at_house("sign-on.edit", GIVES_LEAVE),
    "GET people.reset": open_to(PUBLIC),
    "POST people.send_reset": open_to(PUBLIC, own=True, form={"email": "nobody@example.test"}),
    "GET people.new_password": open_to(PUBLIC, token="not-a-link"),
    "POST people.use_reset": open_to(PUBLIC, own=True, token="not-a-link"),
    # one's own account
    "GET people_api.show_me": open_to(SIGNED_IN),
    "GET people.profile": open_to(SIGNED_IN),
    "POST people.save_profile": open_to(SIGNED_IN, own=True, form={"email": "a@b.test", "language": "en"}),
    "GET account.password": open_to(SIGNED_IN),
    "POST account.change_password": open_to(SIGNED_IN, own=True),
    "GET account.sessions": open_to(SIGNED_IN),
    "POST account.end_session": own("session", "session_id"),
    "GET account.tokens": open_to(SIGNED_IN),
    "POST account.create_token": open_to(SIGNED_IN, own=True, form={"label": "脚本", "days": "1"}),
    "POST account.revoke_token": own("token", "token_id"),
    "GET account.calendar": open_to(SIGNED_IN),
    "POST account.create_calendar_key": open_to(SIGNED_IN, own=True, form={"kind": "person"}),
    "POST account.revoke_calendar_key": own("calendar_key", "key_id"),
    "POST account.renew_calendar_key": own("calendar_key", "key_id"),
    "GET account.deputies": open_to(SIGNED_IN),
    "POST account.add_deputy": open_to(SIGNED_IN, own=True, form=DEPUTY),
    "POST account.end_deputy": own("deputy_row", "row_id"),
    "GET exports.own_data": open_to(SIGNED_IN),
    "GET exports_api.own_data": open_to(SIGNED_IN),
    # joining
    "GET joining.sign_up": open_to(PUBLIC),
    "POST joining.ask": open_to(PUBLIC, own=True),
    "GET joining.enterprise": open_to(PUBLIC),
    "POST joining.ask_for_enterprise": open_to(PUBLIC, own=True),
    "GET joining.invitation": open_to(PUBLIC, token="not-a-link"),
    "POST joining.enter": open_to(PUBLIC, own=True, token="not-a-link"),
    "POST joining.accept": open_to(SIGNED_IN, own=True, token="not-a-link"),
    "GET requests.sign_ups": open_to("people.manage"),
    "POST requests.accept_sign_up": in_house("people.manage", "sign_up_id", "sign_up"),
    "POST requests.refuse_sign_up": in_house(
        "people.manage", "sign_up_id", "sign_up", {"reason": "不是本校"}
    ),
    "GET requests.invitations": open_to("people.invite"),
    "POST requests.invite": Route("people.invite", OVERSEES | HEADS, form=invitation, sided=True),
    "POST requests.withdraw": Route(
        "people.invite",
        OVERSEES | HEADS,
        knows=NOBODY,
        args=lambda side: {"invitation_id": side.invitation()},
        sided=True,
    ),
    "GET requests.enterprises": open_to("enterprise.accept"),
    "GET requests.licence": company(),
    "POST requests.accept_enterprise": company(),
    "POST requests.refuse_enterprise": company({"reason": "执照不清"}),
    "GET joining_api.sign_ups": open_to("people.manage"),
    "POST joining_api.accept_sign_up": in_house("people.manage", "sign_up_id", "sign_up"),
    "POST joining_api.refuse_sign_up": in_house(
        "people.manage", "sign_up_id", "sign_up", {"reason": "不是本校"}
    ),
    "GET joining_api.invitations": open_to("people.invite"),
    "POST joining_api.invite": Route("people.invite", OVERSEES | HEADS, form=invitation, sided=True),
    "POST joining_api.withdraw": Route(
        "people.invite",
        OVERSEES | HEADS,
        knows=NOBODY,
        args=lambda side: {"invitation_id": side.invitation()},
        sided=True,
    ),
    "GET joining_api.enterprises": open_to("enterprise.accept"),
    "POST joining_api.accept_enterprise": company(),
    "POST joining_api.refuse_enterprise": company({"reason": "执照不清"}),
    # the people of a house
    "GET persons.persons": open_to("people.read-all"),
    "GET persons.person": person("people.read-all"),
    "POST persons.reset": person("people.manage"),
    "GET persons.leaving": person("people.manage"),
    "POST persons.leave": person("people.manage", {"reason": "调离"}),
    "GET persons_api.people": open_to("people.read-all"),
    "POST persons_api.reset": person("people.manage"),
    "POST persons_api.leave": person("people.manage", {"reason": "调离"}),
    # groups
    "GET people_groups.groups": open_to("people.read-all"),
    "POST people_groups.add": Route("people.manage", OVERSEES, form=new_group, sided=True),
    "GET groups_api.groups": open_to("people.read-all"),
    "POST groups_api.add": Route("people.manage", OVERSEES, form=new_group, sided=True),
    "POST groups_api.add_member": group(lambda side: {"who": side.colleague().username}),
    "POST groups_api.end_member": group(lambda _side: {}, user_id=lambda side: side.member().id),
    # people by file
    "GET people_import.page": open_to("people.manage"),
    "POST people_import.look": open_to("people.manage", own=True),
    "POST people_import.apply": open_to("people.manage", own=True),
    "POST people_import_api.bring": open_to("people.manage", own=True),
    # roles
    "GET roles.roles": open_to("people.read-all"),
    "POST roles.give": Route("people.manage", OVERSEES, form=role, sided=True),
    "GET roles.ending": in_house("people.manage", "grant_id", "role"),
    "POST roles.end": in_house("people.manage", "grant_id", "role", {"reason": "调岗"}),
    "GET roles_api.roles": open_to("people.read-all"),
    "POST roles_api.give": Route("people.manage", OVERSEES, form=role, sided=True),
    "POST roles_api.end": in_house("people.manage", "grant_id", "role", {"reason": "调岗"}),
    # messages and calendars
    "GET notify.inbox": open_to(SIGNED_IN),
    "POST notify.mark_all_read": open_to(SIGNED_IN, own=True),
    "POST notify.open_message": own("message", "message_id"),
    "POST notify.mark_read": own("message", "message_id"),
    "GET notify.notices": open_to(SIGNED_IN),
    "POST notify.save_notices": open_to(SIGNED_IN, own=True),
    "POST notify.save_robot": open_to(SIGNED_IN, own=True, form=ROBOT),
    "POST notify.try_robot": own("channel", "channel_id"),
    "POST notify.remove_robot": own("channel", "channel_id"),
    "GET channels_api.listed": open_to(SIGNED_IN),
    "POST channels_api.create": open_to(SIGNED_IN, own=True, form=ROBOT),
    "POST channels_api.try_out": own("channel", "channel_id"),
    "DELETE channels_api.remove": own("channel", "channel_id"),
    "GET feeds.calendar": Route(PUBLIC, args=lambda side: {"secret": side.feed()}),
    # a research group
    "GET funds.group": Route(
        SIGNED_IN, GROUP_READERS, NOBODY, args=lambda side: {"group_id": side.group.id}, sided=True
    ),
    "POST funds.add_card": group(lambda side: {"number": f"X{next(side.number)}", "name": "新卡"}),
    "POST funds.retire_card": group(lambda _side: {}, card_id=lambda side: side.new_card()),
    "POST funds.authorise": group(lambda side: {"member_id": str(side.requester.id), "month_yuan": "100"}),
    "POST funds.end_authorisation": group(
        lambda _side: {}, authorisation_id=lambda side: side.authorisation()
    ),
    "POST funds.add_member": group(lambda side: {"who": side.colleague().username}),
    "POST funds.end_member": group(lambda _side: {}, user_id=lambda side: side.member().id),
}
