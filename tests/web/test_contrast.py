"""Every pair of text and ground that the style sheets use reaches WCAG 2.2 AA, by day and by night."""

from __future__ import annotations

import re

import pytest

from sharing.web.places import STATIC

TEXT = {
    "ink": ("ground", "paper", "sunk", "green-wash", "ochre-wash", "brick-wash", "grey-wash"),
    "ink-2": ("ground", "paper", "sunk", "grey-wash", "green-wash"),
    "green": ("ground", "paper", "sunk", "green-wash"),
    "green-strong": ("ground", "paper", "green-wash"),
    "on-green": ("green", "green-strong"),
    "ochre-ink": ("ground", "paper", "sunk", "ochre-wash"),
    "brick": ("ground", "paper", "brick-wash"),
    "on-brick": ("brick",),
    "ground": ("ink", "ochre-ink"),
}
MARKS = {"edge": ("ground", "paper", "sunk"), "ochre": ("ground", "paper"), "grey": ("ground", "paper")}


def colours(sheet: str) -> dict[str, str]:
    text = (STATIC / "css" / sheet).read_text("utf-8")
    return dict(re.findall(r"--([\w-]+):\s*(#[0-9a-f]{6})\b", text))


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("sheet", ["tokens.css", "dark.css"])
def test_text_reaches_4_5_and_marks_reach_3(sheet: str) -> None:
    named = colours(sheet)
    low = [
        f"{front} on {back}: {contrast(named[front], named[back]):.2f}"
        for pairs, least in ((TEXT, 4.5), (MARKS, 3.0))
        for front, backs in pairs.items()
        for back in backs
        if contrast(named[front], named[back]) < least
    ]
    assert low == []


def test_black_on_white_is_21() -> None:
    assert round(contrast("#000000", "#ffffff"), 2) == 21


def test_night_names_every_colour_of_the_day() -> None:
    assert set(colours("tokens.css")) == set(colours("dark.css"))


def test_no_other_sheet_names_a_colour() -> None:
    """print.css is ink on white; the rest take their colours by name."""
    named = [
        f"{path.name}: {hit}"
        for path in sorted((STATIC / "css").glob("*.css"))
        if path.name not in {"tokens.css", "dark.css", "print.css"}
        for hit in re.findall(r"#[0-9a-f]{3,8}\b", path.read_text("utf-8"))
    ]
    assert named == []
