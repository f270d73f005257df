"""What a log of emotions says: labels, behaviour, agreement."""
