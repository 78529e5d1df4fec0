"""Everything that touches mail: reading bytes, fetching, composing, sending."""
