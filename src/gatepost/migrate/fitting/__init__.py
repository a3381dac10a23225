"""Files that were written for another server: what they need here, and what was to be done about it."""
