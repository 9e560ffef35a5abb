"""The same request sent twice has one effect and one answer (CONTRACT section 4).

The key's row is written first and in the same transaction as the effect: a rival with the same key waits for it, a
refusal takes it back, so that a refusal is judged anew. Keys are scoped to the person and live at least 24 hours.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import Response, request
from sqlalchemy import Delete, LargeBinary, String, UniqueConstraint, delete, select, update
from sqlalchemy.orm import Mapped, mapped_column

from sharing.kernel.db import Key, Keyed, Model, UtcDateTime, attempts, db, insert, new_id, table_of
from sharing.kernel.refusals import Refused

LIFE = timedelta(hours=48)
LONGEST_KEY = 200


class IdempotencyKey(Keyed, Model):
    """One answered POST: who sent it with which key, what was asked, and the answer byte for byte."""

    __tablename__ = "kernel_idempotency_key"
    __table_args__ = (UniqueConstraint("user_id", "key"),)

    user_id: Mapped[uuid.UUID] = mapped_column(Key)
    key: Mapped[str] = mapped_column(String(200))
    asked: Mapped[str] = mapped_column(String(64))
    status: Mapped[int | None]
    body: Mapped[bytes | None] = mapped_column(LargeBinary)
    location: Mapped[str | None] = mapped_column(String(300))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


@dataclass(frozen=True, slots=True)
class Answer:
    """A 2xx answer as it was sent: status, body bytes, Location header; `replayed` when it is given again."""

    status: int
    body: bytes
    location: str | None = None
    replayed: bool = False


def json_bytes(found: Any) -> bytes:
    """JSON as the API sends it: as it is written, without spaces."""
    return json.dumps(found, ensure_ascii=False, separators=(",", ":")).encode()


def json_answer(found: Any, status: int = 200, location: str | None = None) -> Answer:
    """A value as the answer of a POST."""
    return Answer(status, json_bytes(found), location)


def json_response(found: Any) -> Response:
    """A value as the answer of what changes nothing, or need not be kept."""
    return Response(json_bytes(found), mimetype="application/json")


def fingerprint(method: str, path: str, body: bytes) -> str:
    """What was asked, as 64 hex digits."""
    return hashlib.sha256(b"\0".join((method.encode(), path.encode(), body))).hexdigest()


def answered(
    *, user_id: uuid.UUID, key: str, asked: str, now: datetime, work: Callable[[], Answer]
) -> Answer:
    """Run `work` once for this key. Call inside a transaction. Raises Refused: idempotency-mismatch."""
    table = table_of(IdempotencyKey)
    mine = db.session.execute(
        insert(table)
        .values(id=new_id(), user_id=user_id, key=key, asked=asked, created_at=now)
        .on_conflict_do_nothing(index_elements=["user_id", "key"])
        .returning(table.c.id)
    ).first()
    if mine is None:
        first = db.session.execute(
            select(table.c.asked, table.c.status, table.c.body, table.c.location).where(
                table.c.user_id == user_id, table.c.key == key
            )
        ).one()
        if first.asked != asked:
            raise Refused("idempotency-mismatch", key=key)
        return Answer(first.status, bytes(first.body), first.location, replayed=True)
    answer = work()
    db.session.execute(
        update(table)
        .where(table.c.id == mine.id)
        .values(status=answer.status, body=answer.body, location=answer.location)
    )
    return answer


def outlived(now: datetime) -> Delete:
    """The statement that forgets keys older than their life."""
    return delete(IdempotencyKey).where(IdempotencyKey.created_at < now - LIFE)


def posted(
    *, user_id: uuid.UUID, now: datetime, work: Callable[[], Answer], body: bytes | None = None
) -> Response:
    """Answer the POST at hand: once for its `Idempotency-Key`, which is optional; a replay is equal byte for byte.

    body  what stands for the request's body where that is a file; `work` runs in one transaction with the key
    Raises Refused: invalid-input (a key too long), idempotency-mismatch.
    """
    key = request.headers.get("Idempotency-Key", "")
    if len(key) > LONGEST_KEY:
        raise Refused("invalid-input", fields=[{"field": "Idempotency-Key", "message": str(LONGEST_KEY)}])
    if not key:
        return _response(work())
    asked = fingerprint(request.method, request.path, request.get_data() if body is None else body)
    return _response(attempts(lambda: answered(user_id=user_id, key=key, asked=asked, now=now, work=work)))


def _response(answer: Answer) -> Response:
    response = Response(answer.body, answer.status, mimetype="application/json")
    if answer.location:
        response.headers["Location"] = answer.location
    if answer.replayed:
        response.headers["Idempotency-Replayed"] = "true"
    return response
