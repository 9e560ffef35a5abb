"""What is sent about robots and an institution's own words, checked, every bad field at once."""

from __future__ import annotations

import uuid
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from sharing.kernel.inputs import Day, Input
from sharing.notify.rules import Kind

Group = Literal["booking", "order", "desk", "approval", "account"]
Words = Annotated[str, StringConstraints(max_length=1000)]


class ChannelIn(Input):
    """A robot: `address` is its whole web-hook address, `secret` what DingTalk signs with. Without `groups` those of
    most use; with `institution` it is the robot of an institution's group chat."""

    kind: Kind
    address: Annotated[str, Field(min_length=1, max_length=1000)]
    secret: Annotated[str, Field(max_length=200)] = ""
    groups: Annotated[list[Group], Field(max_length=5)] = Field(default_factory=list)
    institution: uuid.UUID | None = None


class ChannelForm(ChannelIn):
    """The same from a page, where the institution is the keeper's own: `shared` says so."""

    shared: bool = False


class TextForm(Input):
    """Title, what is said and what to do next, in both languages; `inherit` goes back to ours."""

    title: Words = ""
    said: Words = ""
    then: Words = ""
    title_en: Words = ""
    said_en: Words = ""
    then_en: Words = ""
    valid_from: Day
    inherit: bool = False
    source_document: Annotated[str, StringConstraints(min_length=1, max_length=300)]

    def words(self) -> dict[str, str]:
        """The six parts."""
        return self.model_dump(exclude={"valid_from", "inherit", "source_document"})
