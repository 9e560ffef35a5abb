"""The instrument-sharing network: one province, its zones, their institutions and instruments."""
