"""run_stream: one recording through the pipeline, into a folder of outputs and figures."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from tqdm import tqdm

from fer_ros.analysis.agreement import judge
from fer_ros.analysis.behaviour import behaviour
from fer_ros.analysis.emotion_log import EmotionLog
from fer_ros.analysis.label_intervals import Labels
from fer_ros.errors import BagError
from fer_ros.media.image_stream import ImageStream, StampedImage
from fer_ros.models import whole_model
from fer_ros.offline.estimates import Replay
from fer_ros.offline.output_folder import REPORT
from fer_ros.offline.outputs import Outputs, video_names
from fer_ros.offline.settings import RunSettings
from fer_ros.parameters import load_models, pipeline_settings
from fer_ros.pipeline import Models
from fer_ros.report.page import write_page
from fer_ros.report.timeline import draw_timeline


class StreamRun:
    """The replay of one recording."""

    def __init__(self, settings: RunSettings, models: Models | None = None) -> None:
        """Load the models.

        Args:
            settings: What was chosen.
            models: Already loaded ones, as the settings name them.

        Raises:
            SettingError: The parameter file is missing or says something that is not allowed.
            ModelFileError: A model is missing or damaged.
        """
        self.settings = settings
        self.parameters = settings.parameters()
        self.models = models or load_models(self.parameters)

    @property
    def classes(self) -> tuple[str, ...]:
        """The model's classes."""
        return self.models.classifier.config.classes

    def write(
        self,
        stream: ImageStream,
        labels: Labels | None,
        folder: Path,
        source: str,
        position: int | None = None,
    ) -> dict[str, Any]:
        """Replay a recording, write its outputs into a folder and return the report.

        Args:
            stream: The images; a live one ends at Ctrl-C.
            labels: What they are compared with.
            folder: Where outputs are written; is there.
            source: What the report calls the recording.
            position: Line of the progress bar, where several are shown.

        Raises:
            BagError: There is no image.
        """
        settings = pipeline_settings(self.parameters)
        replay = Replay(self.models, settings, list(stream.topics))
        log = EmotionLog(self.classes, labels)
        parts = self.settings.parts
        outputs = Outputs(folder, stream, log, parts, self.parameters['publish_landmarks'])
        start_s = time.perf_counter()
        try:
            self._feed(replay, stream, outputs, position)
            outputs.close()
        except BaseException:
            outputs.abort()
            raise
        if not len(log.image_times_s):
            raise BagError(f'{source}: {"; ".join(stream.problems) or "there is no image"}')
        elapsed_s = time.perf_counter() - start_s
        report = self._report(stream, log, source, _speed(log, replay, elapsed_s))
        if 'timeline' in parts:
            draw_timeline(log, folder / 'timeline.png')
        if 'page' in parts:
            worst = outputs.worst.worst_first() if outputs.worst else []
            write_page(report, log, worst, folder / 'report.html')
        (folder / REPORT).write_text(json.dumps(report, indent=1))
        return report

    def _feed(
        self, replay: Replay, stream: ImageStream, outputs: Outputs, position: int | None
    ) -> None:
        images = replay.run(stream.images)
        try:
            with progress_bar(stream, self.settings.progress, position) as step:
                for image, frame in images:
                    outputs.write(image, frame)
                    step(image)
        except KeyboardInterrupt:
            # What was seen until then is the recording.
            if not stream.live:
                raise
        finally:
            images.close()

    def _report(
        self, stream: ImageStream, log: EmotionLog, source: str, speed: dict[str, Any]
    ) -> dict[str, Any]:
        classifier = self.models.classifier
        return {
            'source': source,
            'name': stream.name,
            'version': _version(),
            # Whether it ran in its 8-bit form stands among the parameters.
            'model': {'file': whole_model(classifier.path).name, 'classes': list(self.classes)},
            'parameters': {
                name: value
                for name, value in self.parameters.items()
                if name not in ('model', 'landmark_model')
            },
            'parts': list(self.settings.parts),
            'videos': list(video_names(list(stream.topics)).values()),
            'problems': list(dict.fromkeys(stream.problems)),
            'behaviour': behaviour(log),
            'agreement': judge(log),
            'speed': speed,
        }


@contextmanager
def progress_bar(stream: ImageStream, shown: bool, position: int | None = None) -> Iterator[Any]:
    """Yield a function to call with each image; a bar shows rate, × real time and time left.

    Args:
        stream: What is gone through.
        shown: Whether the bar is.
        position: Line of the bar, where several are shown.
    """
    start_s = time.perf_counter()
    with tqdm(
        total=sum(stream.topics.values()) or None,
        desc=stream.name,
        unit=' images',
        position=position,
        disable=not shown,
        dynamic_ncols=True,
    ) as bar:

        def step(image: StampedImage) -> None:
            elapsed_s = time.perf_counter() - start_s
            bar.set_postfix_str(f'{image.time_s / elapsed_s:.1f} × real time', refresh=False)
            bar.update()

        yield step


def _speed(log: EmotionLog, replay: Replay, elapsed_s: float) -> dict[str, Any]:
    """Return how fast the recording was estimated."""
    times_s = log.image_times_s
    images = max(replay.estimated, 1)
    recorded_s = float(times_s.max() - times_s.min()) * replay.estimated / len(times_s)
    return {
        'elapsed_s': elapsed_s,
        'frames_per_second': replay.estimated / elapsed_s,
        'times_real_time': recorded_s / elapsed_s,
        'stage_ms': {stage: total_s / images * 1e3 for stage, total_s in replay.stage_s().items()},
    }


def _version() -> str:
    try:
        return version('fer_ros')
    # Built by colcon, the modules have no metadata of their own.
    except PackageNotFoundError:
        return ''
