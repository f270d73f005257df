"""Checks a node's log after faults: only sentences, none repeated too often."""

import re
from collections.abc import Iterator, Sequence

_LINE = re.compile(r'\[(\w+)\] \[([\d.]+)\] \[(.*?)\]: (.*)')
_NUMBER = re.compile(r'\d+')
# The node repeats a message after five seconds at the earliest; this leaves a margin.
_THROTTLE_S = 4.5
# Loggers of the client library, which reports unknown transitions itself.
_OF_RCL = ('rcl_lifecycle', 'rcl', 'rmw_fastrtps_shared_cpp')


def log_problems(lines: Sequence[str]) -> Iterator[str]:
    """Yield the problems in a log: errors, lines of another form, and repeated warnings.

    Args:
        lines: Lines that the node printed.
    """
    logged_s: dict[str, float] = {}
    for line in lines:
        found = _LINE.fullmatch(line)
        if found is None:
            yield f'not a log message: {line[:200]}'
            continue
        level, stamp, logger, text = found.groups()
        if text.startswith('active: '):
            # The throttled log is cleared on activation.
            logged_s.clear()
        if logger in _OF_RCL:
            continue
        if level not in ('INFO', 'WARN'):
            yield f'{level}: {text[:200]}'
        key = _NUMBER.sub('#', text)[:80]
        if level == 'WARN' and float(stamp) - logged_s.get(key, float('-inf')) < _THROTTLE_S:
            yield f'repeated after {float(stamp) - logged_s[key]:.1f} s: {text[:200]}'
        logged_s[key] = float(stamp)
