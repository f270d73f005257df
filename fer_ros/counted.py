"""counted: a number with its noun."""


def counted(count: int, noun: str) -> str:
    """Return "1 picture" or "2 pictures".

    Args:
        count: The number.
        noun: In the singular, of those that take an s in the plural.
    """
    return f'{count} {noun}' if count == 1 else f'{count} {noun}s'
