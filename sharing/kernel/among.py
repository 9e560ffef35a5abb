"""Whether a key is one of many, with one parameter however many they are: `IN` has one each, and reading some hundreds
of them is the greater part of a short statement."""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Boolean, Dialect, Text, Uuid
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator


class Keys(TypeDecorator[Sequence[uuid.UUID]]):
    """Many keys as one value: an array for PostgreSQL, JSON text for SQLite. See `among`."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        array = postgresql.ARRAY(Uuid(as_uuid=True))
        return dialect.type_descriptor(array if dialect.name == "postgresql" else Text())

    def process_bind_param(self, value: Sequence[uuid.UUID] | None, dialect: Dialect) -> Any:
        if value is None or dialect.name == "postgresql":
            return value
        return json.dumps([key.hex for key in value])


class among(FunctionElement[bool]):  # noqa: N801  # reads as SQL's own functions do
    """`among(column, bindparam(name, type_=Keys()))`: true of the rows whose key is one of those given."""

    name = "among"
    type = Boolean()
    inherit_cache = True


@compiles(among)
def _among(element: Any, compiler: Any, **kw: Any) -> str:
    column, keys = (compiler.process(one, **kw) for one in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({keys}))"  # noqa: S608  # both are compiled by SQLAlchemy


@compiles(among, "postgresql")
def _among_array(element: Any, compiler: Any, **kw: Any) -> str:
    column, keys = (compiler.process(one, **kw) for one in element.clauses)
    return f"{column} = ANY ({keys})"
