"""PictureRun: analyses pictures that are not a sequence, each on its own."""

from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

from fer_ros.analysis.emotion_table import EmotionTable, parquet_is_installed
from fer_ros.errors import SourceError
from fer_ros.media.annotate import annotate
from fer_ros.media.image_stream import ImageStream
from fer_ros.media.picture_files import write_picture
from fer_ros.models import Models
from fer_ros.offline.output_folder import REPORT
from fer_ros.offline.prefetch import WriteBehind
from fer_ros.offline.recording import progress_bar
from fer_ros.offline.report_head import report_head
from fer_ros.offline.settings import RunSettings
from fer_ros.offline.stream_processor import Processed, StreamProcessor
from fer_ros.parameters.models import pipeline_models
from fer_ros.parameters.pipeline import pipeline_settings
from fer_ros.report.contact_sheet import ContactSheet
from fer_ros.report.json_record import write_record
from fer_ros.report.page import write_pictures_page
from fer_ros.report.pictures import Picture, PictureFace, PicturesReport

# Number of analysed pictures that may wait to be written.
_DEPTH = 4


class PictureRun:
    """Settings and loaded models for analysing pictures."""

    def __init__(self, settings: RunSettings) -> None:
        """Load the models; arguments and errors as for ``RecordingRun``."""
        self.settings = settings
        self.models = pipeline_models(settings.parameters)

    def write(self, stream: ImageStream, folder: Path, source: str) -> PicturesReport:
        """Analyse pictures one by one, write the outputs to a folder and return the report.

        Args:
            stream: Pictures to analyse.
            folder: Existing folder for the outputs.
            source: Name of the source in the report.

        Raises:
            SourceError: None of the pictures can be read.
            OSError: An output cannot be written.
        """
        settings = pipeline_settings(self.settings.parameters)
        processor = StreamProcessor(self.models, settings, list(stream.topics), alone=True)
        outputs = _PictureOutputs(folder, stream, self.models, self.settings)
        pictures = processor.process(stream.images)
        try:
            with outputs, progress_bar(stream, self.settings.progress) as step:
                for image, frame in pictures:
                    outputs.put((image, frame))
                    step(image)
        finally:
            pictures.close()
        if not outputs.pictures:
            said = '; '.join(stream.said()) or 'there is no picture'
            raise SourceError(f'{source}: {said}')
        outputs.finish(stream.problems)
        report = self._report(stream, outputs.pictures, source)
        if outputs.sheet is not None and 'page' in self.settings.parts:
            write_pictures_page(report, outputs.sheet.jpegs(), folder / 'report.html')
        write_record(report, folder / REPORT)
        return report

    def _report(
        self, stream: ImageStream, pictures: Sequence[Picture], source: str
    ) -> PicturesReport:
        emotions = Counter(face.answer for picture in pictures for face in picture.faces)
        return PicturesReport(
            **report_head(source, stream, self.models, self.settings),
            with_face=sum(bool(picture.faces) for picture in pictures),
            faces=emotions.total(),
            emotions=dict(emotions.most_common()),
            pictures=tuple(pictures),
        )


class _PictureOutputs:
    """Writes annotated pictures and the table in a thread while other pictures are analysed."""

    def __init__(
        self, folder: Path, stream: ImageStream, models: Models, settings: RunSettings
    ) -> None:
        self.pictures: list[Picture] = []
        parts = settings.parts
        several = stream.topics[stream.name] > 1
        self.sheet = ContactSheet() if several and {'timeline', 'page'} & set(parts) else None
        self._folder, self._parts, self._several = folder, parts, several
        self._annotations = settings.parameters['annotate']
        self._names: set[str] = set()
        self._table: EmotionTable | None = None
        with ExitStack() as opened:
            if 'table' in parts:
                parquet = folder / 'emotion.parquet' if parquet_is_installed() else None
                table = EmotionTable(
                    models.classifier.config.classes, folder / 'emotion.csv', parquet, stills=True
                )
                self._table = opened.enter_context(closing(table))
            if 'video' in parts and several:
                (folder / 'annotated').mkdir()
            self._behind = opened.enter_context(WriteBehind(self._write, _DEPTH))
            self._opened = opened.pop_all()

    def __enter__(self) -> '_PictureOutputs':
        return self

    def __exit__(self, *error: Any) -> None:
        self._opened.__exit__(*error)

    def put(self, processed: Processed) -> None:
        """Queue a picture for writing."""
        self._behind.put(processed)

    def finish(self, problems: list[str]) -> None:
        """Write the contact sheet, and add a problem if it leaves out pictures."""
        if self.sheet is None:
            return
        if self.sheet.left_out:
            problems.append(
                f'the contact sheet shows only the first {self.sheet.MOST} pictures; '
                f'{self.sheet.left_out} are left out'
            )
        if 'timeline' in self._parts:
            self.sheet.write(self._folder / 'contact_sheet.png')

    def _write(self, processed: Processed) -> None:
        image, frame = processed
        picture = Picture(
            image.file,
            tuple(
                PictureFace(face.face_id, face.answer, face.confidence if face.judged else None)
                for face in frame.faces
            ),
        )
        self.pictures.append(picture)
        if self._table is not None:
            self._table.write(image.file, frame)
        if self.sheet is None and 'video' not in self._parts:
            return
        drawn = annotate(image.decode_bgr(), frame, self._annotations)
        if 'video' in self._parts:
            write_picture(self._folder / self._name(image.file), drawn)
        if self.sheet is not None:
            self.sheet.add(drawn, picture)

    def _name(self, file: str) -> str:
        """Return the path of an annotated picture, relative to the folder of the outputs."""
        if not self._several:
            return 'annotated.png'
        name = Path(file).stem
        # face.jpg and face.png are different pictures.
        if name in self._names:
            name = file
        self._names.add(name)
        return f'annotated/{name}.png'
