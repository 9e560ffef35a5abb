"""Everything a person reads exists in both languages: each msgid used has English, each entry is used."""

from __future__ import annotations

import re
from collections import defaultdict
from functools import cache

from babel.messages.catalog import Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from sharing.web import places

KEYWORDS = {
    **dict.fromkeys(("_", "_l", "gettext", "lazy_gettext"), None),
    **dict.fromkeys(("ngettext",), (1, 2)),
}
PLACES = re.compile(r"%\((\w+)\)")


@cache
def used() -> dict[str, list[str]]:
    """Every msgid in code and templates, and where it stands."""
    found: dict[str, list[str]] = defaultdict(list)
    for folder, methods in (
        (places.PACKAGE, [("**.py", "python")]),
        (places.TEMPLATES, [("**.*", "jinja2.ext:babel_extract")]),
    ):
        options = {"**.*": {"trimmed": "true", "silent": "false", "encoding": "utf-8"}}
        for file, line, message, *_rest in extract_from_dir(
            folder, method_map=methods, options_map=options, keywords=KEYWORDS
        ):
            msgid = message[0] if isinstance(message, tuple) else message
            found[msgid].append(f"{folder.name}/{file}:{line}")
    return found


@cache
def english() -> dict[str, list[tuple[str, Message]]]:
    """Every entry of the English catalogues by msgid, with the catalogue it stands in."""
    found: dict[str, list[tuple[str, Message]]] = defaultdict(list)
    for path in sorted(places.TRANSLATIONS.glob("en/LC_MESSAGES/*.po")):
        with path.open("rb") as file:
            for message in read_po(file, locale="en"):
                if message.id:
                    msgid = message.id[0] if isinstance(message.id, (list, tuple)) else message.id
                    found[msgid].append((path.name, message))
    return found


def sentences(message: Message) -> list[str]:
    return [message.string] if isinstance(message.string, str) else list(message.string)


def test_every_sentence_has_english() -> None:
    missing = [
        f"{where[0]}: {msgid}"
        for msgid, where in used().items()
        if not any(all(sentences(message)) for _file, message in english().get(msgid, []))
    ]
    assert missing == []


def test_no_entry_is_unused() -> None:
    assert [f"{files[0][0]}: {msgid}" for msgid, files in english().items() if msgid not in used()] == []


def test_a_sentence_reads_the_same_in_every_catalogue() -> None:
    twice = {
        msgid: {tuple(sentences(message)) for _file, message in entries}
        for msgid, entries in english().items()
        if len(entries) > 1
    }
    assert {msgid: said for msgid, said in twice.items() if len(said) > 1} == {}


def test_both_languages_name_the_same_values() -> None:
    wrong = [
        f"{file}: {msgid}"
        for msgid, entries in english().items()
        for file, message in entries
        for sentence in sentences(message)
        if set(PLACES.findall(sentence)) - set(PLACES.findall(msgid)) - {"num"}
    ]
    assert wrong == []


def test_no_entry_is_left_uncertain() -> None:
    assert [m for entries in english().values() for _file, m in entries if m.fuzzy] == []
