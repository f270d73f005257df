"""Data sets of labelled faces, and how training disturbs them."""
