"""Recorded images replayed through the pipeline, judged and shown; runs without ROS."""
