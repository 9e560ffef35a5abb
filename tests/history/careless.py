"""The `sharing` command made careless, for the negative control: it neither locks nor looks, and after the booking is
written it commits at once, so that audit and key can be lost when the worker is killed. It does not ship."""

from __future__ import annotations

from typing import Any

from sharing.booking.service import submitting
from sharing.kernel.db import db
from sharing.web.cli import main
from tests.races.unguarded import unguard


def torn(write: Any) -> Any:
    def write_and_commit(*args: Any) -> Any:
        row = write(*args)
        db.session.commit()
        return row

    return write_and_commit


if __name__ == "__main__":
    unguard()
    submitting._write = torn(submitting._write)
    main()
