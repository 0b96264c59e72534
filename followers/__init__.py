"""Who follows, what we know about them, who belongs to a segment."""
