"""Everything that is remembered: tickets, timers, letters, mails, journal."""
