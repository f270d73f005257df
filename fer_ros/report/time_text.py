"""Times and shares in words."""

from collections.abc import Mapping

# Smaller shares are not mentioned.
_LEAST_SHARE = 0.05
_MOST_EMOTIONS = 3


def duration(seconds: float) -> str:
    """Return a duration as text."""
    if seconds < 59.95:
        return f'{seconds:.1f} s'
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f'{minutes} min {rest:02} s'
    return f'{minutes // 60} h {minutes % 60:02} min'


def time_span(start_s: float, end_s: float) -> str:
    """Return a time span as text; start and end are in seconds."""
    if end_s < 99.95:
        return f'{start_s:.1f}–{end_s:.1f} s'
    return f'{clock(start_s)}–{clock(end_s)}'


def clock(time_s: float) -> str:
    """Return a time in seconds as minutes and seconds, or hours, minutes and seconds."""
    minutes, seconds = divmod(round(time_s), 60)
    if minutes < 60:
        return f'{minutes}:{seconds:02}'
    return f'{minutes // 60}:{minutes % 60:02}:{seconds:02}'


def emotions_text(shares: Mapping[str, float]) -> str:
    """Return the emotions that make up most of a face's time.

    Args:
        shares: Share in [0, 1] by emotion, largest first.
    """
    said = [
        f'{name} {share:.0%}'.replace('%', ' %')
        for index, (name, share) in enumerate(shares.items())
        if index == 0 or (index < _MOST_EMOTIONS and share >= _LEAST_SHARE)
    ]
    return ', '.join(said)
