"""What the node publishes of what it sees: one file an output."""
