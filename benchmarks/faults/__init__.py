"""A campaign of faults against a running node; ``make faults`` starts it."""
