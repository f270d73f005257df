"""Gray image → face boxes: one file for each kind of detector, and one that chooses."""
