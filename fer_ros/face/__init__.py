"""From an image to faces: detect, follow, landmarks, alignment, graph."""
