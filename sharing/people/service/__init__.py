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
from sharing.people.service.enterprises import (
    Company,
    accept_enterprise,
    promised,
    refuse_enterprise,
    sign_up_enterprise,
)
from sharing.people.service.forget import forget, forget_files
from sharing.people.service.groups import add_group, add_member, end_member, open_group
from sharing.people.service.helping import help_in
from sharing.people.service.importing import import_people
from sharing.people.service.inviting import (
    Inviting,
    Newcomer,
    accept_invitation,
    invite,
    withdraw_invitation,
)
from sharing.people.service.joining import Asking, accept_sign_up, refuse_sign_up, sign_up
from sharing.people.service.keys import (
    actor_by_session,
    actor_by_token,
    create_calendar_key,
    create_token,
    renew_calendar_key,
    revoke_calendar_key,
    revoke_token,
)
from sharing.people.service.leaving import leave, leave_with_house
from sharing.people.service.roles import end_grant, grant, may_end, path_of
from sharing.people.service.sign_in import (
    Opened,
    end_session,
    sign_in,
    sign_out,
    sign_out_everywhere,
)
from sharing.people.service.sign_on import begin_sign_on, finish_sign_on
from sharing.people.service.sign_on_setup import Connecting, save_sign_on, try_sign_on

__all__ = [
    "Asking",
    "Company",
    "Connecting",
    "Inviting",
    "NewUser",
    "Newcomer",
    "Opened",
    "Profile",
    "accept_enterprise",
    "accept_invitation",
    "accept_sign_up",
    "actor_by_session",
    "actor_by_token",
    "add_deputy",
    "add_group",
    "add_member",
    "add_user",
    "begin_sign_on",
    "change_password",
    "create_calendar_key",
    "create_token",
    "end_deputy",
    "end_grant",
    "end_member",
    "end_session",
    "finish_sign_on",
    "forget",
    "forget_files",
    "grant",
    "help_in",
    "import_people",
    "invite",
    "leave",
    "leave_with_house",
    "may_end",
    "open_group",
    "path_of",
    "promised",
    "refuse_enterprise",
    "refuse_sign_up",
    "renew_calendar_key",
    "reset_link_holds",
    "reset_password",
    "revoke_calendar_key",
    "revoke_token",
    "save_profile",
    "save_sign_on",
    "send_reset",
    "set_language",
    "sign_in",
    "sign_out",
    "sign_out_everywhere",
    "sign_up",
    "sign_up_enterprise",
    "try_sign_on",
    "withdraw_invitation",
]
