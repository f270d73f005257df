"""report_head: what was judged and with what, for the reports of recordings and of pictures."""

from dataclasses import fields
from typing import Any

from fer_ros import __version__
from fer_ros.media.image_stream import ImageStream
from fer_ros.models import Models, whole_model
from fer_ros.offline.settings import RunSettings
from fer_ros.printable import printable
from fer_ros.report.report import ReportedModel, ReportHead


def report_head(
    source: str, stream: ImageStream, models: Models, settings: RunSettings
) -> dict[str, Any]:
    """Return the attributes of a ``ReportHead``, with which a report is made.

    Args:
        source: What the report calls the source.
        stream: Images, all of which have been read.
        models: Models that judged them.
        settings: Settings of the run.
    """
    classifier = models.classifier
    head = ReportHead(
        source=printable(source),
        name=stream.name,
        version=__version__,
        # Whether it ran in its 8-bit form stands among the parameters.
        model=ReportedModel(whole_model(classifier.path).name, classifier.config.classes),
        parameters={
            name: value
            for name, value in settings.parameters.items()
            if name not in ('model', 'landmark_model')
        },
        parts=settings.parts,
        problems=tuple(map(printable, stream.said())),
    )
    return {field.name: getattr(head, field.name) for field in fields(head)}
