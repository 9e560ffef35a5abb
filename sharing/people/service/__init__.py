"""What people do with their accounts, and what is done for them: sign-in, passwords, keys, roles, groups."""

from sharing.people.service.accounts import (
    NewUser,
    Profile,
    add_user,
    change_password,
    reset_link_holds,
    reset_password,
    save_profile,
    send_reset,
    set_language,
)
from sharing.people.service.deputies import add_deputy, end_deputy
from sharing.people.service.forget import forget
from sharing.people.service.groups import add_group, add_member, end_member
from sharing.people.service.keys import (
    actor_by_session,
    actor_by_token,
    create_calendar_key,
    create_token,
    renew_calendar_key,
    revoke_calendar_key,
    revoke_token,
)
from sharing.people.service.leaving import leave
from sharing.people.service.roles import end_grant, grant, may_end, path_of
from sharing.people.service.sign_in import (
    Opened,
    end_session,
    sign_in,
    sign_out,
    sign_out_everywhere,
)

__all__ = [
    "NewUser",
    "Opened",
    "Profile",
    "actor_by_session",
    "actor_by_token",
    "add_deputy",
    "add_group",
    "add_member",
    "add_user",
    "change_password",
    "create_calendar_key",
    "create_token",
    "end_deputy",
    "end_grant",
    "end_member",
    "end_session",
    "forget",
    "grant",
    "leave",
    "may_end",
    "path_of",
    "renew_calendar_key",
    "reset_link_holds",
    "reset_password",
    "revoke_calendar_key",
    "revoke_token",
    "save_profile",
    "send_reset",
    "set_language",
    "sign_in",
    "sign_out",
    "sign_out_everywhere",
]
