"""What tests stand on: a throw-away PostgreSQL, migrated databases, the counts at the end of a run, a browser."""
