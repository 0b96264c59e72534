"""Before the first call: who gets it, what the quota says, what speaks against it."""
