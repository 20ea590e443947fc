"""Values and rules: no I/O, no clock, no chance. Every instant is aware UTC; `now` is always an argument."""
