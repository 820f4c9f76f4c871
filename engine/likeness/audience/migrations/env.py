"""The surroundings of a migration: Alembic runs this file on the connection that `Database` gives it."""

from alembic import context

from likeness.audience.tables import Base

context.configure(connection=context.config.attributes["connection"], target_metadata=Base.metadata)
context.run_migrations()
