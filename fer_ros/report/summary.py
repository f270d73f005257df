"""Summary: the figures over several recordings, as ``summary.json`` has them."""

from dataclasses import dataclass

from fer_ros.analysis.agreement import ConfusionFigures


@dataclass(frozen=True)
class JudgedLine:
    """A recording that was judged.

    Attributes:
        name: Name of the folder with its outputs.
        source: Path of the bag.
        failure: Empty.
        problems: As in its report, and what follows too.
        page: Path of its page, from the summary's folder; empty when there is none.
        accuracy: Accuracy over its labelled images.
        interval_accuracy: Accuracy over its labels.
    """

    name: str
    source: str
    failure: str
    problems: tuple[str, ...]
    page: str
    duration_s: float
    images: int
    faces_per_image: float
    flicker_per_min: float
    accuracy: float | None
    interval_accuracy: float | None
    frames_per_second: float
    times_real_time: float


@dataclass(frozen=True)
class FailedLine:
    """A recording that could not be judged, and why."""

    name: str
    source: str
    failure: str


@dataclass(frozen=True)
class SummaryAgreement:
    """How the estimates of all recordings agree with their labels: see ``Agreement``."""

    images: ConfusionFigures
    intervals: ConfusionFigures


@dataclass(frozen=True)
class Summary:
    """What is known of several recordings.

    Attributes:
        version: Version of this package.
        judged: How many of them could be judged.
        duration_s: Duration of all of them together.
        images: Number of images of all of them together.
        faces_per_image: On average; None without an image.
        agreement: None when none of them has labels.
        bags: A line for each recording.
    """

    version: str
    judged: int
    duration_s: float
    images: int
    faces_per_image: float | None
    agreement: SummaryAgreement | None
    bags: tuple[JudgedLine | FailedLine, ...]
