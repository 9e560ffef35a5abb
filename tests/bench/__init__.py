"""The benchmark suite: `make bench`. Every figure is a ratio to the raw engine in the same run (SPEED)."""
