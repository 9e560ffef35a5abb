"""What pages and API answer alike about the register as a table."""
