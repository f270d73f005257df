"""Report: all figures of one recording, as in ``report.json``."""

from dataclasses import dataclass
from typing import Any

from fer_ros.analysis.agreement import Agreement
from fer_ros.analysis.behaviour import Behaviour


@dataclass(frozen=True)
class ReportedModel:
    """The model that made the estimates.

    Attributes:
        file: Name of the model file.
        classes: Names of the C classes.
    """

    file: str
    classes: tuple[str, ...]


@dataclass(frozen=True)
class ReportHead:
    """What was judged and with what.

    Attributes:
        source: Source as the user named it.
        name: Name of the bag, file or folder.
        version: Version of this package.
        model: Model that made the estimates.
        parameters: Values of the node's parameters.
        parts: Requested outputs.
        problems: A sentence for each problem.
    """

    source: str
    name: str
    version: str
    model: ReportedModel
    parameters: dict[str, Any]
    parts: tuple[str, ...]
    problems: tuple[str, ...]


@dataclass(frozen=True)
class Speed:
    """How fast a recording was processed.

    Attributes:
        elapsed_s: Seconds from the first image to the last output whose size depends on the number
            of images.
        frames_per_second: Images per second of elapsed time.
        times_real_time: Seconds of recording per second of elapsed time.
        stage_ms: Milliseconds per image for each stage of the pipeline, in order.
    """

    elapsed_s: float
    frames_per_second: float
    times_real_time: float
    stage_ms: dict[str, float]


@dataclass(frozen=True)
class Report(ReportHead):
    """The figures of a recording.

    Attributes:
        videos: Names of the annotated videos.
        behaviour: Behaviour of the faces.
        agreement: Agreement with the labels; ``None`` without labels.
        speed: Processing speed.
        key: Identifies everything that a bag's estimates depend on; empty for other sources.
    """

    videos: tuple[str, ...]
    behaviour: Behaviour
    agreement: Agreement | None
    speed: Speed
    key: str = ''
