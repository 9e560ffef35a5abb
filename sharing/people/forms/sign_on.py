"""A connection to an institution's own sign-in service as its administrator enters it."""

from __future__ import annotations

from typing import Annotated

from pydantic import StringConstraints

from sharing.kernel.inputs import Input
from sharing.people.rules import NamedBy


class SignOnForm(Input):
    """OpenID Connect. `claim` is the name under which the issuer says who somebody is, `named_by` what of the person's
    entry here that is: her staff number, mail address or user name. An empty `secret` keeps the one that there is."""

    issuer: Annotated[str, StringConstraints(min_length=1, max_length=300)]
    client_id: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    secret: Annotated[str, StringConstraints(max_length=300)] = ""
    claim: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.:/\-]{1,60}$")]
    named_by: NamedBy
    is_on: bool = False
