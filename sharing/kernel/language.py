"""Which language a person reads, and the words: Chinese stands in the code, English in the catalogues.

Catalogues are read from their `.po` files at start, one a slice, so that a translator edits and restarts and nothing
is compiled. The language of a request: the person's own choice, a cookie, then Accept-Language; Chinese by default.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from io import BytesIO
from pathlib import Path
from typing import Any, Final

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import LazyProxy, NullTranslations, Translations
from flask import g, has_app_context, has_request_context, request

LANGUAGES: Final = ("zh-CN", "en")
COOKIE: Final = "language"
_catalogues: dict[str, NullTranslations] = {}
_spoken: ContextVar[str] = ContextVar("spoken", default="")


def load(folder: Path) -> None:
    """Read every catalogue below `folder/<language>/LC_MESSAGES/`; called once by the shell."""
    for language in LANGUAGES:
        whole: Translations | None = None
        for path in sorted(folder.glob(f"{language}/LC_MESSAGES/*.po")):
            with path.open("rb") as file:
                catalogue = read_po(file, locale=language.replace("-", "_"))
            packed = BytesIO()
            write_mo(packed, catalogue)
            packed.seek(0)
            part = Translations(packed, domain=path.stem)
            whole = part if whole is None else whole.merge(part)
        _catalogues[language] = whole or NullTranslations()


def ready() -> bool:
    """True when the catalogues are read: from then on words are known in every language."""
    return bool(_catalogues)


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Speak this language inside, whatever the reader's is: for words that are looked up in each."""
    before = _spoken.set(language)
    try:
        yield
    finally:
        _spoken.reset(before)


def current_language() -> str:
    """`zh-CN` or `en`, for the request or for the mail being written."""
    if spoken := _spoken.get():
        return spoken
    known: str | None = g.get("language") if has_app_context() else None
    if known:
        return known
    if not has_request_context():
        return LANGUAGES[0]
    chosen = request.cookies.get(COOKIE, "") if not request.path.startswith("/api/") else ""
    if chosen not in LANGUAGES:
        chosen = request.accept_languages.best_match(LANGUAGES, LANGUAGES[0]) or LANGUAGES[0]
    g.language = chosen
    return chosen


def use_language(language: str) -> None:
    """Speak this language until the end of the request, or until called again."""
    g.language = language if language in LANGUAGES else LANGUAGES[0]


def gettext(message: str, **values: Any) -> str:
    """The sentence in the reader's language, its `%(name)s` places filled."""
    catalogue = _catalogues.get(current_language())
    said = catalogue.ugettext(message) if catalogue and message else message
    return said % values if values else said


def ngettext(one: str, many: str, number: int, **values: Any) -> str:
    catalogue = _catalogues.get(current_language())
    values.setdefault("num", number)
    said = catalogue.ungettext(one, many, number) if catalogue else (one if number == 1 else many)
    return str(said % values)


def lazy_gettext(message: str, **values: Any) -> LazyProxy:
    """The sentence, looked up when it is shown: for tables of words made at import."""
    return LazyProxy(gettext, message, enable_cache=False, **values)


def named(name: str, name_en: str | None) -> str:
    """A thing's own name in the reader's language; Chinese where English is not given."""
    return name_en if name_en and current_language() == "en" else name


_ = gettext
_l = lazy_gettext
