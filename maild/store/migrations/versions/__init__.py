"""The steps, oldest first by their `down_revision`. A step that was released is never edited."""
