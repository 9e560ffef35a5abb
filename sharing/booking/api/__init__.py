"""Bookings, calendars and instruments as JSON (CONTRACT section 4)."""
