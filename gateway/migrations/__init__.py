"""Alembic's revisions of every table; `gateway.database` runs them on the connection it hands over."""
