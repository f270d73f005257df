"""Report: all figures of one recording, as ``report.json`` has them."""

from dataclasses import dataclass
from typing import Any

from fer_ros.analysis.agreement import Agreement
from fer_ros.analysis.behaviour import Behaviour


@dataclass(frozen=True)
class ReportedModel:
    """The model that the estimates are from.

    Attributes:
        file: Its name.
        classes: C names.
    """

    file: str
    classes: tuple[str, ...]


@dataclass(frozen=True)
class Speed:
    """How fast a recording went through the pipeline and into its outputs.

    Attributes:
        elapsed_s: From the first image to the last output that grows with the images.
        frames_per_second: Images per second of that.
        times_real_time: Seconds of the recording per second of that.
        stage_ms: Milliseconds per image of each stage of the pipeline, in its order.
    """

    elapsed_s: float
    frames_per_second: float
    times_real_time: float
    stage_ms: dict[str, float]


@dataclass(frozen=True)
class Report:
    """What is known of a recording.

    Attributes:
        source: What a person named.
        name: Name of the bag or file.
        version: Version of this package.
        model: That the estimates are from.
        parameters: Values of the node's parameters.
        parts: Which outputs were asked for.
        videos: Names of the annotated videos.
        problems: A sentence for each thing that was not as it should be.
        behaviour: What was seen.
        agreement: How it agrees with the labels; None without labels.
        speed: How long it took.
        key: Stands for everything that a bag's estimates depend on; empty of anything else.
    """

    source: str
    name: str
    version: str
    model: ReportedModel
    parameters: dict[str, Any]
    parts: tuple[str, ...]
    videos: tuple[str, ...]
    problems: tuple[str, ...]
    behaviour: Behaviour
    agreement: Agreement | None
    speed: Speed
    key: str = ''
