"""What a node's log may hold after faults: sentences, each of them now and then."""

import re
from collections.abc import Iterator, Sequence

_LINE = re.compile(r'\[(\w+)\] \[([\d.]+)\] \[(.*?)\]: (.*)')
_NUMBER = re.compile(r'\d+')
# Those who say the same thing are heard again after five seconds, by the clock of the log.
_THROTTLE_S = 4.5
# Of rcl itself, which says in lines of its own that there is no such transition.
_OF_RCL = ('rcl_lifecycle', 'rcl', 'rmw_fastrtps_shared_cpp')


def log_problems(lines: Sequence[str]) -> Iterator[str]:
    """Yield what stands in a log that should not: errors, and warnings that come thick and fast.

    Args:
        lines: As the node printed them.
    """
    said_s: dict[str, float] = {}
    for line in lines:
        found = _LINE.fullmatch(line)
        if found is None:
            yield f'no sentence: {line[:200]}'
            continue
        level, stamp, logger, text = found.groups()
        if text.startswith('active: '):
            # Whoever starts anew may say all anew.
            said_s.clear()
        if logger in _OF_RCL:
            continue
        if level not in ('INFO', 'WARN'):
            yield f'{level}: {text[:200]}'
        key = _NUMBER.sub('#', text)[:80]
        if level == 'WARN' and float(stamp) - said_s.get(key, float('-inf')) < _THROTTLE_S:
            yield f'said again after {float(stamp) - said_s[key]:.1f} s: {text[:200]}'
        said_s[key] = float(stamp)
