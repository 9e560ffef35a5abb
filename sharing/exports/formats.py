"""A person's data as one JSON document, written as it is read."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from sharing.audit.service import plain

FILE_NAME: Final = "my-data.json"


def document(parts: Iterable[tuple[str, Iterable[Mapping[str, Any]]]]) -> Iterator[bytes]:
    """`{"person": [{…}], "roles": [{…}], …}`, a row a piece, one row a line."""
    opening = "{"
    for name, rows in parts:
        yield f"{opening}\n{json.dumps(name)}: [".encode()
        between = "\n"
        for row in rows:
            yield (between + json.dumps(plain(row), ensure_ascii=False)).encode()
            between = ",\n"
        yield b"]"
        opening = ","
    yield b"\n}\n"
