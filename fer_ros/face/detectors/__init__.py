"""Gray image → face boxes: one file per kind of detector, and one that chooses among them."""
