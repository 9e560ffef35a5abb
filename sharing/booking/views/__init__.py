"""Pages of bookings, instruments and groups: parse, call one service or query, answer."""
