"""The outputs of the node, one per file."""
