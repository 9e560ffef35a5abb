"""Timed work of people: forgetting."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from sharing.kernel.jobs import Job
from sharing.people import service

JOBS: Final = (Job("people.forget", every=timedelta(hours=1), work=service.forget),)
