"""The rights of the person: finding all that is held of somebody, showing it, and asking for its erasure."""
