"""What each page of bookings shows, as frozen values: read in a few statements, formatted by templates alone."""
