"""What Alembic runs for every command; `sharing.web.schema` opens the connection and settles the details."""

from alembic import context

from sharing.web import schema

schema.configure(context)
with context.begin_transaction():
    context.run_migrations()
