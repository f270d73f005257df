"""Evaluation of a model on labelled faces and clips."""
