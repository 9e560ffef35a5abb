"""Pages of the registry: an instrument's settings, and the register as a table."""
