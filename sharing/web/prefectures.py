"""The prefectures of the province by code, as config/network.toml names them (GB/T 2260)."""

from __future__ import annotations

from functools import cache

from sharing.web.places import CONFIG
from sharing.web.seed import read


@cache
def prefectures() -> tuple[tuple[str, str, str], ...]:
    """Code, name and English name of each, in the order of the codes; read once, for the file ships with the code."""
    rows = read(CONFIG / "network.toml")["prefectures"]["rows"]
    return tuple((row["code"], row["name"], row["name_en"]) for row in rows)
