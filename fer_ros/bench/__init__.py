"""``fer-ros bench``: how fast it is, beside others; nothing here fails for being slow."""
