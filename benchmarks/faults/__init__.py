"""Fault injection into a running node; ``make faults`` starts it."""
