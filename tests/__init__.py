"""The tests of the project; every test of the database runs on SQLite and on PostgreSQL."""
