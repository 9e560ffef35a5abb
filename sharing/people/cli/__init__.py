"""Commands about people: `sharing user`, `sharing token`, `sharing role`, `sharing group`, `sharing channel`."""

from sharing.people.cli import importing as _importing  # noqa: F401 - hangs its command on `user`
from sharing.people.cli.accounts import token, user
from sharing.people.cli.channels import channel
from sharing.people.cli.groups import group
from sharing.people.cli.roles import role

__all__ = ["channel", "group", "role", "token", "user"]
