"""To whom, when, and what became of it."""
