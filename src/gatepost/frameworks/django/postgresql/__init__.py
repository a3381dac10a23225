"""A database engine: Django's for PostgreSQL, whose transactions are signed in."""
