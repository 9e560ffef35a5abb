"""What people type about themselves and others, to checked values."""

from sharing.people.forms.own import (
    CalendarKeyForm,
    Credentials,
    DeputyForm,
    NewPassword,
    PasswordChange,
    ProfileForm,
    ResetAsked,
    Scope,
    TokenForm,
    UserName,
    password_reasons,
)
from sharing.people.forms.roles import EndForm, RoleForm, RolesQuery, person_of, scope_of

__all__ = [
    "CalendarKeyForm",
    "Credentials",
    "DeputyForm",
    "EndForm",
    "NewPassword",
    "PasswordChange",
    "ProfileForm",
    "ResetAsked",
    "RoleForm",
    "RolesQuery",
    "Scope",
    "TokenForm",
    "UserName",
    "password_reasons",
    "person_of",
    "scope_of",
]
