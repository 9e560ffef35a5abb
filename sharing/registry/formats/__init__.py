"""An instrument in outside shapes and back: JSON answers, and the layouts of its record as a table."""

from sharing.registry.formats.answers import instrument_json, networks, policy_json
from sharing.registry.formats.layouts import LAYOUTS, Layout, detected, folded_heading, mapped

__all__ = [
    "LAYOUTS",
    "Layout",
    "detected",
    "folded_heading",
    "instrument_json",
    "mapped",
    "networks",
    "policy_json",
]
