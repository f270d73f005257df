"""Image sources, video files, drawing and the sample clip."""
