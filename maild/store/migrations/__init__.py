"""How the tables became what schema.py says: Alembic's environment, and one step per change in versions/."""
