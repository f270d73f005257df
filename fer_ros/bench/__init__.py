"""``fer-ros bench``: speed measurements; nothing here fails for being slow."""
