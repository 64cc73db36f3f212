"""Runs migrations on the connection that `diswot_service.store.schema` hands over, in its transaction."""

from alembic import context

context.configure(connection=context.config.attributes["connection"])
context.run_migrations()
