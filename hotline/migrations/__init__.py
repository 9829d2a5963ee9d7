"""Alembic: the one line of history of all tables (hotline's and kb's)."""
