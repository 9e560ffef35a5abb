"""Joining as people type it, to checked values."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from sharing.kernel.inputs import EmptyIsNone, Input, Int, PageNumber
from sharing.kernel.paging import MOST_PER_PAGE, PER_PAGE
from sharing.people.forms.own import Email, Secret
from sharing.people.forms.roles import Reason, ScopeText
from sharing.people.rules import Role, uscc, uscc_holds

Name = Annotated[str, StringConstraints(min_length=1, max_length=100)]
NameEn = Annotated[str, StringConstraints(max_length=100)]
Phone = Annotated[str, StringConstraints(max_length=30, pattern=r"^[0-9+()\- ]+$")]
StaffNo = Annotated[str, StringConstraints(max_length=40, pattern=r"^\S+$")]
Department = Annotated[str, StringConstraints(max_length=100)]
Language = Literal["zh-CN", "en"]


def _code(text: str) -> str:
    code = uscc(text)
    if not uscc_holds(code):
        raise PydanticCustomError("uscc", "uscc")
    return code


class SignUpForm(Input):
    """A person asks to join an institution, named by its code."""

    institution: Annotated[str, StringConstraints(min_length=1, max_length=40)]
    name: Name
    name_en: NameEn = ""
    email: Email
    phone: Annotated[Phone | None, EmptyIsNone] = None
    staff_no: Annotated[StaffNo | None, EmptyIsNone] = None
    department: Annotated[Department | None, EmptyIsNone] = None
    message: Annotated[str, StringConstraints(max_length=300)] = ""


class EnterpriseForm(Input):
    """A company asks to join; its licence comes as a file beside it."""

    name: Annotated[str, StringConstraints(min_length=2, max_length=150)]
    name_en: Annotated[str, StringConstraints(max_length=200)] = ""
    uscc: Annotated[str, AfterValidator(_code)]
    zone: Annotated[str, StringConstraints(min_length=1, max_length=40)]
    address: Annotated[str, StringConstraints(max_length=200)] = ""
    contact: Name
    email: Email
    phone: Phone


class InviteForm(Input):
    """Whom to invite to what."""

    email: Email
    name: NameEn = ""
    role: Role
    scope: ScopeText
    language: Language = "zh-CN"


class NewcomerForm(Input):
    """What an invited person enters of herself."""

    username: Annotated[
        str, StringConstraints(to_lower=True, pattern=r"^[A-Za-z0-9][A-Za-z0-9._\-]{0,58}[A-Za-z0-9]$")
    ]
    name: Name
    name_en: NameEn = ""
    phone: Annotated[Phone | None, EmptyIsNone] = None
    staff_no: Annotated[StaffNo | None, EmptyIsNone] = None
    department: Annotated[Department | None, EmptyIsNone] = None
    password: Secret
    again: Secret


class RefusalForm(Input):
    """Why a request is refused."""

    reason: Reason


class PeopleQuery(Input):
    """Which people a list shows."""

    q: Annotated[str, StringConstraints(max_length=60)] = ""
    state: Literal["here", "left"] = "here"
    page: PageNumber = 1
    per_page: Annotated[Int, Field(ge=1, le=MOST_PER_PAGE)] = PER_PAGE


class RequestsQuery(Input):
    """Which requests a list shows."""

    state: Literal["waiting", "decided"] = "waiting"
    page: PageNumber = 1
    per_page: Annotated[Int, Field(ge=1, le=MOST_PER_PAGE)] = PER_PAGE
