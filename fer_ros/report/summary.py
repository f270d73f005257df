"""Summary: the figures of several recordings, as in ``summary.json``."""

from dataclasses import dataclass

from fer_ros.analysis.agreement import ConfusionFigures


@dataclass(frozen=True)
class JudgedLine:
    """A recording that was analysed.

    Attributes:
        name: Name of the folder with its outputs.
        source: Path of the bag.
        failure: Always empty; see ``FailedLine``.
        problems: Problems as in its report; the attributes not listed here are also from there.
        page: Path of its page relative to the summary's folder; empty if there is none.
        accuracy: Accuracy by labelled images; ``None`` without labels.
        interval_accuracy: Accuracy by labels; ``None`` without labels.
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
    """A recording that could not be analysed, and the reason."""

    name: str
    source: str
    failure: str


@dataclass(frozen=True)
class SummaryAgreement:
    """Agreement of all recordings' estimates with their labels; see ``Agreement``."""

    images: ConfusionFigures
    intervals: ConfusionFigures


@dataclass(frozen=True)
class Summary:
    """The figures of several recordings.

    Attributes:
        version: Version of this package.
        judged: Number of recordings that could be analysed.
        duration_s: Total duration in seconds.
        images: Total number of images.
        faces_per_image: Average number of faces per image; ``None`` without images.
        agreement: Agreement with the labels; ``None`` if no recording has labels.
        bags: A line for each recording.
    """

    version: str
    judged: int
    duration_s: float
    images: int
    faces_per_image: float | None
    agreement: SummaryAgreement | None
    bags: tuple[JudgedLine | FailedLine, ...]
