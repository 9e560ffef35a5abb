"""Commands about people: `sharing user`, `sharing token`, `sharing role`."""

from sharing.people.cli.accounts import token, user
from sharing.people.cli.roles import role

__all__ = ["role", "token", "user"]
