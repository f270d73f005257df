"""RecordingRun: runs the pipeline over one recording and writes outputs and figures."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from fer_ros.analysis.agreement import measure_agreement
from fer_ros.analysis.behaviour import measure_behaviour
from fer_ros.analysis.emotion_log import EmotionLog
from fer_ros.analysis.label_intervals import Labels
from fer_ros.errors import BagError
from fer_ros.media.image_stream import ImageStream, StampedImage
from fer_ros.media.rate_limit import rate_limited
from fer_ros.models import Models
from fer_ros.offline.output_folder import REPORT
from fer_ros.offline.outputs import Outputs, video_names
from fer_ros.offline.report_head import report_head
from fer_ros.offline.settings import RunSettings
from fer_ros.offline.stream_processor import StreamProcessor
from fer_ros.parameters.models import pipeline_models
from fer_ros.parameters.pipeline import pipeline_settings
from fer_ros.progress import ProgressBar
from fer_ros.report.json_record import write_record
from fer_ros.report.page import write_page
from fer_ros.report.report import Report, Speed
from fer_ros.report.timeline import make_timeline
from fer_ros.report.timeline_png import draw_timeline


class RecordingRun:
    """Settings and loaded models for analysing recordings."""

    def __init__(self, settings: RunSettings, models: Models | None = None) -> None:
        """Load the models.

        Args:
            settings: The user's choices.
            models: Models already loaded with these settings; loaded here if left out.

        Raises:
            ModelFileError: A model is missing or damaged.
        """
        self.settings = settings
        self.models = models or pipeline_models(settings.parameters)

    @property
    def classes(self) -> tuple[str, ...]:
        """Class names of the model."""
        return self.models.classifier.config.classes

    def write(
        self,
        stream: ImageStream,
        labels: Labels | None,
        folder: Path,
        source: str,
        key: str = '',
        position: int | None = None,
    ) -> Report:
        """Process a recording, write its outputs to a folder and return the report.

        Args:
            stream: Images to process; a live one ends when its ``stop`` is set.
            labels: Labels with which the estimates are compared, if any.
            folder: Existing folder for the outputs.
            source: Name of the source in the report.
            key: See ``Report``.
            position: Line of the progress bar if several are shown.

        Raises:
            BagError: There is no image.
        """
        parameters = self.settings.parameters
        processor = StreamProcessor(
            self.models, pipeline_settings(parameters), list(stream.topics)
        )
        log = EmotionLog(self.classes, labels)
        parts = self.settings.parts
        outputs = Outputs(folder, stream, log, parts, parameters, self.settings.foxglove)
        start_s = time.perf_counter()
        with outputs:
            self._feed(processor, stream, outputs, position)
            if outputs.video_names:
                self._say(f'{stream.name}: completing {", ".join(outputs.video_names.values())}')
        if not len(log.image_times_s):
            raise BagError(f'{source}: {"; ".join(stream.said()) or "there is no image"}')
        elapsed_s = time.perf_counter() - start_s
        speed = _speed(log, processor, elapsed_s)
        report = replace(self._report(stream, log, source, speed), key=key)
        self._write_reports(report, outputs, folder)
        return report

    def _write_reports(self, report: Report, outputs: Outputs, folder: Path) -> None:
        timeline = make_timeline(outputs.log)
        if 'timeline' in self.settings.parts:
            self._say(f'{report.name}: drawing timeline.png')
            draw_timeline(timeline, folder / 'timeline.png')
        if 'page' in self.settings.parts:
            self._say(f'{report.name}: writing report.html')
            write_page(report, timeline, outputs.page_pictures(), folder / 'report.html')
        write_record(report, folder / REPORT)

    def _say(self, sentence: str) -> None:
        """Show what is done after the last image, where a bar has shown the images."""
        if self.settings.progress:
            ProgressBar.write(sentence, file=sys.stderr)

    def _feed(
        self,
        processor: StreamProcessor,
        stream: ImageStream,
        outputs: Outputs,
        position: int | None,
    ) -> None:
        max_rate_hz = self.settings.parameters['max_rate_hz']
        images = processor.process(rate_limited(stream.images, max_rate_hz), stream.stop)
        try:
            with progress_bar(stream, self.settings.progress, position) as step:
                for image, frame in images:
                    outputs.write(image, frame)
                    step(image)
        finally:
            images.close()

    def _report(self, stream: ImageStream, log: EmotionLog, source: str, speed: Speed) -> Report:
        return Report(
            **report_head(source, stream, self.models, self.settings),
            videos=tuple(video_names(list(stream.topics)).values()),
            behaviour=measure_behaviour(log),
            agreement=measure_agreement(log),
            speed=speed,
        )


@contextmanager
def progress_bar(stream: ImageStream, shown: bool, position: int | None = None) -> Iterator[Any]:
    """Show a progress bar with rate, × real time and time left; yield a function to call with
    each image.

    Args:
        stream: Stream whose progress is shown.
        shown: Whether to show the bar.
        position: Line of the bar if several are shown.
    """
    start_s = time.perf_counter()
    with ProgressBar(
        total=sum(stream.topics.values()) or None,
        desc=stream.name,
        unit=' images',
        position=position,
        disable=not shown,
        dynamic_ncols=True,
    ) as bar:

        def step(image: StampedImage) -> None:
            elapsed_s = time.perf_counter() - start_s
            if not stream.stills:
                real_time = image.time_s / elapsed_s
                bar.set_postfix_str(f'{real_time:.1f} × real time', refresh=False)
            bar.update()

        yield step


def _speed(log: EmotionLog, processor: StreamProcessor, elapsed_s: float) -> Speed:
    times_s = log.image_times_s
    images = len(times_s)
    return Speed(
        elapsed_s=elapsed_s,
        frames_per_second=images / elapsed_s,
        times_real_time=float(times_s.max() - times_s.min()) / elapsed_s,
        stage_ms={stage: total_s / images * 1e3 for stage, total_s in processor.stage_s().items()},
    )
