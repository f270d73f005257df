"""From an image to faces: detection, tracking, landmarks, alignment and the landmark graph."""
