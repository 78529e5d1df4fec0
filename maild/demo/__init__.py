"""A few days of an invented institution, played by the real daemon against an IMAP and an SMTP server of its own: `make demo`."""
