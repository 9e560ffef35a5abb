"""The timers that empty the outbox."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from flask import current_app

from sharing.kernel.jobs import Job
from sharing.notify.formats import Letterhead
from sharing.notify.service.channels import deliver_to_robots, pass_on, sealing
from sharing.notify.service.delivery import BATCH, Delivered, deliver
from sharing.notify.service.post import Post


def letterhead() -> Letterhead:
    """Who writes, from the settings."""
    settings = current_app.extensions["sharing.settings"]
    return Letterhead(
        settings.platform_name, settings.platform_name_en, settings.base_url, settings.mail_from
    )


def deliver_due(now: datetime) -> Delivered:
    """Send what is due, batch by batch until nothing is; without a mail server set, mail waits in the outbox."""
    settings = current_app.extensions["sharing.settings"]
    done = Delivered()
    if not settings.mail_url:
        return done
    post = Post.at(settings.mail_url)
    while True:
        one = deliver(post, head=letterhead(), now=now)
        done = Delivered(done.sent + one.sent, done.again + one.again, done.failed + one.failed)
        if one.sent + one.again + one.failed < BATCH or not one.sent:
            return done


def pass_on_due(now: datetime) -> Delivered:
    """Hand new messages to the robots, and send what is due to each."""
    pass_on(now=now)
    return deliver_to_robots(head=letterhead(), sealing=sealing(), now=now)


JOBS: Final = (
    Job("notify.deliver", every=timedelta(seconds=5), work=deliver_due),
    Job("notify.pass-on", every=timedelta(seconds=5), work=pass_on_due),
)
