"""ImageClock: reliable times for one topic's images, however irregular their stamps."""

from collections.abc import Iterator
from dataclasses import dataclass

from fer_ros.counted import counted

_S = 1_000_000_000
# A step back below this means that images overtook one another; above it, that a recording starts
# again or a clock was set.
_REORDERED_NS = _S
# A leap larger than this, such as a clock set from 1970 to today, says nothing about elapsed time.
_NO_CLOCK_NS = 365 * 24 * 3600 * _S
# Seconds since 1970 as a floating-point number tell times apart from about 0.5 us on.
_LEAST_STEP_NS = 1_000


@dataclass(frozen=True)
class ImageTime:
    """When an image was taken.

    Attributes:
        stamp_ns: Acquisition time in nanoseconds; at least 1 us later than that of the previous
            image, so that it is also later in seconds, unless ``new_start``.
        elapsed_ns: Nanoseconds since the first image of the recording; never decreasing.
        new_start: Whether the stamp jumped back, so that all earlier faces are forgotten.
    """

    stamp_ns: int
    elapsed_ns: int
    new_start: bool = False


class _Steps:
    """Counts the steps of a clock and remembers the first."""

    def __init__(self) -> None:
        self.count = self._after_ns = self._by_ns = 0

    def __str__(self) -> str:
        by_s, after_s = self._by_ns / _S, self._after_ns / _S
        return f'{self.count} time(s), first by {by_s:.3f} s after {after_s:.2f} s'

    def add(self, after_ns: int, by_ns: int) -> None:
        if not self.count:
            self._after_ns, self._by_ns = after_ns, by_ns
        self.count += 1


class ImageClock:
    """Determines when images were taken from their stamps and arrival times.

    Stamps are trusted as long as they increase. A stamp that repeats the last one is replaced by
    the last one plus the time between the arrivals. A stamp that steps back by less than a second
    belongs to an image that was overtaken, which is dropped. A larger jump back starts anew;
    there, and where stamps leap ahead of the elapsed time, seconds continue by arrival time.
    """

    def __init__(self, origin_ns: int = 0, origin_arrival_ns: int = 0) -> None:
        """Args:
        origin_ns: Stamp of the first image of the recording on any topic, in nanoseconds.
        origin_arrival_ns: Arrival time of that image in nanoseconds.
        """
        self._origin_arrival_ns = origin_arrival_ns
        self._said_ns = self._stamp_ns = self._arrival_ns = 0
        # Offset from a stamp to the time elapsed since the origin.
        self._offset_ns = -origin_ns
        self._elapsed_ns = self._arrived_after_ns = 0
        self._arrival_gap_ns = 0
        self._images = 0
        self._missing = self._repeated = 0
        self._overtaken = self._overtaken_by_ns = 0
        self._jumps, self._leaps = _Steps(), _Steps()

    def take(self, said_ns: int, arrival_ns: int) -> ImageTime | None:
        """Return the time of the next image, or ``None`` if the image should be dropped.

        Args:
            said_ns: Its stamp in nanoseconds; 0 if it has none.
            arrival_ns: When it arrived or was recorded, by a running clock, in nanoseconds.
        """
        if not said_ns:
            self._missing += 1
            said_ns = arrival_ns
        if not self._images:
            return self._first(said_ns, arrival_ns)
        passed_ns = self._passed_ns(arrival_ns)
        if said_ns == self._said_ns:
            self._repeated += 1
            return self._go_on(said_ns, self._stamp_ns + passed_ns, arrival_ns, passed_ns)
        if said_ns > self._said_ns:
            return self._go_on(said_ns, said_ns, arrival_ns, passed_ns)
        if self._said_ns - said_ns < _REORDERED_NS:
            self._overtaken += 1
            self._overtaken_by_ns = max(self._overtaken_by_ns, self._said_ns - said_ns)
            return None
        self._jumps.add(self._elapsed_ns, self._said_ns - said_ns)
        self._said_ns = self._stamp_ns = said_ns
        return self._resume(arrival_ns, passed_ns, new_start=True)

    def problems(self) -> Iterator[str]:
        """Yield a sentence for each kind of stamp problem."""
        if self._missing:
            number = counted(self._missing, 'image')
            yield f'{number} without a stamp, for which the time of recording is used'
        if self._repeated:
            yield (
                f'{counted(self._repeated, "image")} with the stamp of the previous one, to which '
                'the time between their recordings is added'
            )
        if self._overtaken:
            yield (
                f'{counted(self._overtaken, "image")} out of order, stamped up to '
                f'{self._overtaken_by_ns / _S:.3f} s before the previous one, left out'
            )
        if self._jumps.count:
            yield f'stamps jump back {self._jumps}; all faces are forgotten there'
        if self._leaps.count:
            yield (
                f'stamps leap ahead of the elapsed time {self._leaps}; times of recording are '
                'used there'
            )

    def _first(self, said_ns: int, arrival_ns: int) -> ImageTime:
        self._images = 1
        self._said_ns = self._stamp_ns = said_ns
        self._arrival_ns = arrival_ns
        arrived_ns = max(arrival_ns - self._origin_arrival_ns, 0)
        self._arrived_after_ns = arrived_ns if arrived_ns < _NO_CLOCK_NS else 0
        elapsed_ns = said_ns + self._offset_ns
        if abs(elapsed_ns - self._arrived_after_ns) > 10 * _S:
            # The topic has a different clock.
            elapsed_ns = self._arrived_after_ns
        self._elapsed_ns = max(elapsed_ns, 0)
        self._offset_ns = self._elapsed_ns - said_ns
        return ImageTime(said_ns, self._elapsed_ns)

    def _passed_ns(self, arrival_ns: int) -> int:
        """Return the time since the last image arrived."""
        passed_ns = max(arrival_ns - self._arrival_ns, 0)
        if passed_ns > _NO_CLOCK_NS:
            # The clock of the arrivals was set as well.
            return self._arrival_gap_ns
        self._arrival_gap_ns = passed_ns
        return passed_ns

    def _go_on(self, said_ns: int, stamp_ns: int, arrival_ns: int, passed_ns: int) -> ImageTime:
        # Replacements for repeated stamps may have run ahead of the stamps that follow.
        stamp_ns = max(stamp_ns, self._stamp_ns + _LEAST_STEP_NS)
        step_ns = stamp_ns - self._stamp_ns
        leaps = step_ns > 10 * (_S + passed_ns)
        leaps |= 0 < passed_ns < _S < step_ns - passed_ns
        if leaps:
            self._leaps.add(self._elapsed_ns, step_ns - passed_ns)
        self._said_ns, self._stamp_ns = said_ns, stamp_ns
        if leaps:
            return self._resume(arrival_ns, passed_ns)
        return self._at(stamp_ns + self._offset_ns, arrival_ns, passed_ns)

    def _resume(self, arrival_ns: int, passed_ns: int, new_start: bool = False) -> ImageTime:
        """Continue by arrival time, so that steps do not add up."""
        elapsed_ns = max(self._arrived_after_ns + passed_ns, self._elapsed_ns)
        self._offset_ns = elapsed_ns - self._stamp_ns
        return self._at(elapsed_ns, arrival_ns, passed_ns, new_start)

    def _at(
        self, elapsed_ns: int, arrival_ns: int, passed_ns: int, new_start: bool = False
    ) -> ImageTime:
        self._arrival_ns = arrival_ns
        self._arrived_after_ns += passed_ns
        self._elapsed_ns = max(elapsed_ns, self._elapsed_ns)
        return ImageTime(self._stamp_ns, self._elapsed_ns, new_start)


def stamp_s(stamp_ns: int) -> float:
    """Return a stamp in seconds, by the formula that replay and node share so that their estimates
    agree to the last digit.
    """
    seconds, nanoseconds = divmod(stamp_ns, _S)
    return float(seconds) + float(nanoseconds) * 1e-9
