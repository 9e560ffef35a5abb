"""The demo network: sample institutions, people, instruments and three months of bookings, drawn from config/demo.

Same seed, same data, counted from the day of loading. Everything is marked as sample data; only the accounts that
people.toml names can sign in. Loaded into an empty database only: one that holds real data is refused.
"""

from sharing.web.demo.greeting import greeting
from sharing.web.demo.loading import PASSWORD, Loaded, Scale, is_empty, load

__all__ = ["PASSWORD", "Loaded", "Scale", "greeting", "is_empty", "load"]
