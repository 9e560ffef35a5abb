"""A message's facts in words and as a mail. The words of a topic stand in `templates/mail/<topic>.txt`.

A mail is multipart/alternative of plain text and simple HTML with one button; an invitation has the iTIP object as a
third alternative and once more as a file (RFC 6047), for mail programs look for it in either place.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, formataddr
from typing import Any, Final

import structlog
from flask import current_app
from jinja2 import Template

from sharing.kernel.ical import Invitation, invitation_of, itip
from sharing.kernel.language import _, _l, named, use_language
from sharing.kernel.money import Money
from sharing.kernel.timespan import TimeSpan
from sharing.notify.rules import PLACES, TOPICS, Kind, OwnWords

log = structlog.get_logger("sharing.mail")
PAGES: Final = {
    "booking": "/bookings/{}",
    "order": "/orders/{}",
    "instrument": "/instruments/{}",
    "group": "/groups/{}",
}
CHOICES: Final = "/profile/notices"
LEVELS: Final = {
    "supervised": _l("须有人陪同"),
    "independent": _l("可独立操作"),
    "advanced": _l("可用高级功能"),
}
STEPS: Final = {"payer": _l("课题组负责人"), "manager": _l("机主"), "institution": _l("单位")}
CONTROLS: Final = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]+")


@dataclass(frozen=True, slots=True)
class Told:
    """A message's facts as its words use them; what was not given is None or empty."""

    number: str = ""
    instrument: str = ""
    span: TimeSpan | None = None
    old_span: TimeSpan | None = None  # before a move
    amount: Money | None = None
    requester: str = ""
    booked_by: str = ""  # who asked for the requester
    person: str = ""  # who did it
    note: str = ""
    purpose: str = ""
    place: str = ""
    step: str = ""
    due: datetime | None = None
    level: str = ""  # of a training licence
    card: str = ""
    group: str = ""  # research group
    limit: Money | None = None
    limit_minutes: int | None = None
    until: date | None = None
    username: str = ""
    reader: str = ""
    page: str = ""  # the path that the message opens


AS_THEY_ARE: Final = ("number", "note", "purpose", "card", "limit_minutes", "username", "reader")
NAMED: Final = (
    "instrument",
    "requester",
    "booked_by",
    "person",
    "place",
    "group",
)  # each may have `<name>_en` beside it


@dataclass(frozen=True, slots=True)
class Words:
    """One message in its reader's language: `title` in a line, `said` in a sentence, `then` (may be empty)."""

    title: str
    said: str
    then: str


@dataclass(frozen=True, slots=True)
class Letterhead:
    """Who writes: the platform's names, its address for people and the one that mail comes from."""

    name: str
    name_en: str
    base_url: str
    mail_from: str

    def url(self, path: str) -> str:
        return self.base_url.rstrip("/") + path


def told(about: tuple[str, uuid.UUID | None], facts: Mapping[str, Any]) -> Told:
    """The facts of a row for the language in use. A fact that no template knows is left out."""
    values: dict[str, Any] = {name: facts[name] for name in AS_THEY_ARE if facts.get(name) is not None}
    values |= {name: _named(facts, name) for name in NAMED}
    step, level = facts.get("step") or "", facts.get("level") or ""
    return Told(
        **values,
        step=str(STEPS.get(step, step)),
        level=str(LEVELS.get(level, level)),
        span=_span(facts, "start", "end"),
        old_span=_span(facts, "old_start", "old_end"),
        amount=_money(facts.get("amount_fen")),
        limit=_money(facts.get("limit_fen")),
        due=datetime.fromisoformat(facts["due"]) if facts.get("due") else None,
        until=date.fromisoformat(facts["until"][:10]) if facts.get("until") else None,
        page=_page(about, facts.get("url")),
    )


def _named(facts: Mapping[str, Any], key: str) -> str:
    return named(facts.get(key) or "", facts.get(f"{key}_en"))


def _span(facts: Mapping[str, Any], start: str, end: str) -> TimeSpan | None:
    if not (facts.get(start) and facts.get(end)):
        return None
    return TimeSpan(datetime.fromisoformat(facts[start]), datetime.fromisoformat(facts[end]))


def _money(fen: int | None) -> Money | None:
    return None if fen is None else Money(fen)


def _page(about: tuple[str, uuid.UUID | None], url: str | None) -> str:
    """A path on this platform; an address elsewhere is never followed from a message."""
    if url and url.startswith("/") and not url.startswith("//"):
        return url
    kind, thing = about
    return PAGES[kind].format(thing) if kind in PAGES and thing else "/inbox"


def words(topic: str, facts: Told) -> Words:
    """What a topic says of these facts, in the language in use."""
    template = current_app.jinja_env.get_template(f"mail/{topic}.txt")
    return Words(*(_block(template, name, facts) for name in ("title", "said", "then")))


def _block(template: Template, name: str, facts: Told) -> str:
    block = template.blocks.get(name)
    said = "".join(block(template.new_context({"m": facts}))) if block else ""
    return " ".join(said.split())


def shown_facts(facts: Told) -> dict[str, str]:
    """Each place of an institution's own words, as its mails show it; empty where a message has no such fact."""
    filters = current_app.jinja_env.filters
    said = {
        "span": filters["local_span"],
        "old_span": filters["local_span"],
        "due": filters["local_moment"],
        "until": filters["local_day"],
        "amount": filters["yuan"],
        "limit": filters["yuan"],
    }
    values = {name: getattr(facts, name) for name in PLACES}
    return {
        name: str(said[name](value)) if value and name in said else str(value or "")
        for name, value in values.items()
    }


def own(text: OwnWords | None, topic: str, facts: Told) -> Words:
    """The institution's words; ours where it has none, or where its own cannot be filled: a mail is never lost."""
    if text is not None:
        try:
            return Words(*(" ".join(part.split()) for part in text.filled(shown_facts(facts))))
        except (KeyError, ValueError, IndexError):
            log.warning("own mail text cannot be filled", topic=topic)
    return words(topic, facts)


def letter(row: Any, *, head: Letterhead, text: OwnWords | None = None) -> EmailMessage:
    """The mail of one row of `notify_outgoing`, in the recipient's language, in the institution's words if it has any.

    Its Message-ID is made of the row's id and its Date is the row's, so that a second copy is the same mail.
    """
    use_language(row.language)
    facts = told((row.about_kind, row.about_id), row.facts)
    said = own(text, row.topic, facts)
    platform = one_line(named(head.name, head.name_en))
    choices = head.url(CHOICES) if TOPICS[row.topic].chosen and row.recipient_id else ""
    mail = EmailMessage(policy=SMTP)
    mail["Message-ID"] = f"<{row.id}@{head.mail_from.rpartition('@')[2]}>"
    mail["Date"] = format_datetime(row.created_at)
    mail["From"] = formataddr((platform, head.mail_from))
    mail["To"] = one_line(row.address)
    mail["Subject"] = one_line(said.title)
    mail["Auto-Submitted"] = "auto-generated"
    if choices:
        mail["List-Unsubscribe"] = f"<{choices}>"
    values = {
        "m": facts,
        "words": said,
        "platform": platform,
        "language": row.language,
        "link": head.url(facts.page),
        "choices": choices,
    }
    mail.set_content(_rendered("mail/message.txt", values), cte="base64")
    mail.add_alternative(_rendered("mail/message.html", values), subtype="html", cte="base64")
    if row.invitation:
        _invite(mail, invitation_of(row.invitation))
    mail["Content-Language"] = row.language  # last: what stands before a part is added moves into it
    return mail


# --- for the robots of chat programs ---------------------------------------------------------------------------------

MOST_BYTES: Final = 4_000  # of a message, which both programs bound
_MARKS: Final = str.maketrans("[]()<>*_`#|!~", "［］（）＜＞＊＿’＃｜！～")


def robot_message(kind: Kind, row: Any, *, head: Letterhead) -> dict[str, Any]:
    """One row of `notify_outgoing` as its robot takes it: a card or a text whose one link opens the page in the chat
    program's own browser."""
    use_language(row.language)
    facts = told((row.about_kind, row.about_id), row.facts)
    said = words(row.topic, facts)
    link, title = head.url(facts.page), unmarked(said.title)
    lines = [unmarked(one) for one in (said.said, said.then) if one]
    platform = unmarked(named(head.name, head.name_en))
    if kind is Kind.WECOM:
        body = _cut(
            "\n".join([f"**{title}**", *(f"> {one}" for one in lines), f"[{_('打开处理')}]({link})"]), link
        )
        return {"msgtype": "markdown", "markdown": {"content": body}}
    text = "\n\n".join([f"### {title}", *lines, f"###### {platform}"])
    card = {"title": one_line(title), "text": _short(text), "singleTitle": _("打开处理"), "singleURL": link}
    return {"msgtype": "actionCard", "actionCard": card}


def unmarked(text: str) -> str:
    """Without the signs that make links, mentions and headings: what a person typed stays text."""
    return one_line(text).translate(_MARKS)


def _cut(text: str, link: str) -> str:
    """Short enough; the link at its end stays whole."""
    if len(text.encode()) <= MOST_BYTES:
        return text
    end = f"\n[{_('打开处理')}]({link})"
    return _short(text, MOST_BYTES - len(end.encode())) + end


def _short(text: str, most: int = MOST_BYTES) -> str:
    data = text.encode()
    return text if len(data) <= most else data[: most - 3].decode("utf8", "ignore") + "…"


def _rendered(name: str, values: Mapping[str, Any]) -> str:
    return current_app.jinja_env.get_template(name).render(values).strip() + "\n"


def _invite(mail: EmailMessage, invitation: Invitation) -> None:
    said = itip(invitation).encode()
    mail.add_alternative(said, "text", "calendar", cte="base64")
    part = list(mail.iter_parts())[-1]
    part.set_param("method", "CANCEL" if invitation.event.cancelled else "REQUEST")
    part.set_param("charset", "UTF-8")
    mail.add_attachment(said, "application", "ics", filename="invite.ics")


def one_line(text: str) -> str:
    """Text without control characters and line ends: nothing can add a header (ASVS 1.3.11)."""
    return CONTROLS.sub(" ", text).strip()
