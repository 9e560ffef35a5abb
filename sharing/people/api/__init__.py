"""JSON about people."""
