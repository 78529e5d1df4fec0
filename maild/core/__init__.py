"""What maild decides, as pure functions on values: no clock, no input, no output."""
