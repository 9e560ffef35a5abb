"""An instrument in outside shapes and back: JSON answers, and the layouts of its record as a table."""

from sharing.registry.formats.answers import entry_json, instrument_json, networks, policy_json
from sharing.registry.formats.layouts import LAYOUTS, Layout, detected, folded_heading, mapped
from sharing.registry.formats.linked import linked_data

__all__ = [
    "LAYOUTS",
    "Layout",
    "detected",
    "entry_json",
    "folded_heading",
    "instrument_json",
    "linked_data",
    "mapped",
    "networks",
    "policy_json",
]
