"""The `sharing` command made careless, for the negative control: it neither locks nor looks, and it commits after each
row, so that audit and key can be lost when the worker is killed. It does not ship."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Table

from sharing.audit import service as audit
from sharing.booking.service import submitting
from sharing.kernel import db as database
from sharing.web.cli import main
from tests.races.unguarded import unguard


def written_and_committed(table: Table, row: Mapping[str, Any], *, unless_there: bool = False) -> None:
    database.write_behind(table, row, unless_there=unless_there)
    database.write_rest()
    database.db.session.commit()


if __name__ == "__main__":
    unguard()
    submitting.write_behind = written_and_committed
    audit.write_behind = written_and_committed
    main()
