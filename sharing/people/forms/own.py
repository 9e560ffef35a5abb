"""What people type about themselves, to checked values."""

from __future__ import annotations

import uuid
from typing import Annotated, Final, Literal

from pydantic import Field, StringConstraints

from sharing.kernel.inputs import Day, EmptyIsNone, Input
from sharing.kernel.language import _
from sharing.people.passwords import SHORTEST

EMAIL: Final = r"^[^@\s<>\",;]+@[^@\s<>\",;]+\.[^@\s<>\",;]+$"
Email = Annotated[str, StringConstraints(max_length=254, pattern=EMAIL)]
Secret = Annotated[str, StringConstraints(strip_whitespace=False, min_length=1, max_length=512)]


class Credentials(Input):
    """The sign-in form."""

    username: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    password: Secret
    next: str = ""


class NewPassword(Input):
    """A new password, typed twice."""

    password: Secret
    again: Secret


class PasswordChange(NewPassword):
    """A new password and the one in use."""

    old: Secret


class ResetAsked(Input):
    """Where the link is to be mailed."""

    email: Email


class ProfileForm(Input):
    """What a person may change of herself."""

    name_en: Annotated[str, StringConstraints(max_length=100)] = ""
    email: Email
    phone: Annotated[
        Annotated[str, StringConstraints(max_length=30, pattern=r"^[0-9+()\- ]+$")] | None, EmptyIsNone
    ] = None
    department: Annotated[Annotated[str, StringConstraints(max_length=100)] | None, EmptyIsNone] = None
    language: Literal["zh-CN", "en"]


class TokenForm(Input):
    """A token to make: what it is for, and after how many days it ends."""

    label: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    days: Annotated[Annotated[int, Field(ge=1, le=3650)] | None, EmptyIsNone] = None


class DeputyForm(Input):
    """Who stands in, from the first day to the last, which still counts."""

    deputy: Annotated[str, StringConstraints(min_length=1, max_length=60)]
    starts_on: Day
    last_on: Day


class CalendarKeyForm(Input):
    """A calendar address to make."""

    kind: Literal["person", "desk"]


class UserName(Input):
    """What a username may be: it stands in addresses and in logs."""

    username: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._\-]{0,58}[a-z0-9]$")]


class Scope(Input):
    """`network`, `zone:kunming`, `institution:YLU`, `group:ylu-energy`, `instrument:<id>`; `any` for a code alone."""

    kind: Literal["network", "zone", "institution", "group", "instrument", "any"]
    of: str = ""

    @property
    def as_id(self) -> uuid.UUID | None:
        """The id that `of` is, or None when it is a code."""
        try:
            return uuid.UUID(self.of)
        except ValueError:
            return None


def password_reasons(reasons: list[str]) -> list[str]:
    """Why a new password is refused, each in one sentence."""
    words = {
        "too-short": _("密码至少 %(n)s 个字符，可以是一句话", n=SHORTEST),
        "too-long": _("密码太长，请缩短"),
        "common": _("这个密码太常见，请换一个"),
        "repeated": _("密码里重复的字符太多，请换一个"),
        "own-name": _("密码不能由您的姓名、用户名或邮箱组成"),
        "same": _("新密码不能与原密码相同"),
        "differs": _("两次输入的新密码不一样"),
    }
    return [words[reason] for reason in reasons]
