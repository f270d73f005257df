"""Analysis of logged emotions: labels, behaviour, agreement."""
