"""Benchmarks and fits that are not installed with the package."""
