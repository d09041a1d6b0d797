"""Alembic's environment: the steps run on the connection that it is given, in a transaction of ours."""

from __future__ import annotations

from alembic import context

context.configure(connection=context.config.attributes["connection"], transactional_ddl=False)
context.run_migrations()
