"""What a person looks at: page, timeline, thumbnails."""
