"""maild: the help desk that lives in the mailbox."""
