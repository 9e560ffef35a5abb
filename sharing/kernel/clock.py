"""The one place that reads the clock; entry points call it and pass `now` down."""

from datetime import UTC, datetime


def now() -> datetime:
    """The present instant, aware UTC."""
    return datetime.now(UTC)
