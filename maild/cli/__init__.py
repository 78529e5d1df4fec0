"""One file per operator verb."""
