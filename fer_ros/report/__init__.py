"""Outputs for people to look at: page, timeline, thumbnails."""
