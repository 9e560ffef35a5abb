"""A quick statement does what any other does, also where the server went away."""

from __future__ import annotations

import uuid

import pytest
from flask import Flask
from sqlalchemy import Uuid, bindparam, create_engine, func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from sharing.kernel.db import db, forget_connections, is_sqlite, transaction
from sharing.kernel.quick import Quick

ASKED = Quick(select(bindparam("key", type_=Uuid()).label("key"), func.length("电镜").label("long")))


def test_a_row_is_read_by_name_alone_and_in_a_transaction(app: Flask) -> None:
    key = uuid.uuid4()
    with app.app_context():
        alone = ASKED.rows({"key": key})
        with transaction():
            inside = ASKED.rows({"key": key})
    for row in (*alone, *inside):
        assert str(row.key).replace("-", "") == key.hex
        assert row.long == 2


def test_what_the_driver_refuses_is_raised_as_by_any_other(app: Flask) -> None:
    with app.app_context(), pytest.raises(DBAPIError) as refused:
        Quick(text("SELECT 1 FROM no_such_table")).rows({})
    assert not refused.value.connection_invalidated


def test_a_connection_that_was_ended_is_given_up_and_the_next_read_is_answered(app: Flask) -> None:
    with app.app_context():
        if is_sqlite():
            return  # nobody ends a connection to a file
        db.session.remove()
        forget_connections()
        (mine,) = Quick(text("SELECT pg_backend_pid() AS pid")).rows({})  # alone in the pool now
        apart = create_engine(db.engine.url, poolclass=NullPool)
        with apart.connect() as other:
            other.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": mine.pid})
        with pytest.raises(DBAPIError) as lost:
            ASKED.rows({"key": uuid.uuid4()})
        assert lost.value.connection_invalidated
        assert len(ASKED.rows({"key": uuid.uuid4()})) == 1
