"""One person, as `dampf profile` and `dampf explain` tell of them: from a stack, or from a simulation."""
