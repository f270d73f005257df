"""EmotionTable: a row per face and image, as CSV and Parquet."""

import csv
import math
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any

from fer_ros.atomic_file import atomic_file
from fer_ros.structures import FaceEmotion, FrameEmotions

_TEXTS = ('topic', 'file', 'judgement', 'emotion')
_ROW_GROUP = 2048
_IMAGE = ('stamp_s', 'topic', 'file')
_BOX = ('x0_px', 'y0_px', 'x1_px', 'y1_px')
_FACE = ('face_id', *_BOX, 'quality', 'judgement', 'emotion', 'confidence')


def columns(classes: Sequence[str], stills: bool = False) -> list[str]:
    """Return the names of the columns.

    Smoothed probabilities are named after their class, with the suffix ``_class`` if another
    column has that name; those from one image alone have the suffix ``_frame``. Unknown values are
    empty; ``judgement`` states why a face has no emotion.

    Args:
        classes: C names.
        stills: Whether the rows are for pictures, which have a file instead of stamp and topic,
            and no smoothed values.
    """
    image = ['file'] if stills else ['stamp_s', 'topic']
    named = [f'{name}_class' if name in (*_IMAGE, *_FACE) else name for name in classes]
    frame = [] if stills else [f'{name}_frame' for name in classes]
    return [*image, *_FACE, *named, *frame]


class EmotionTable:
    """Writes row by row, so that memory does not grow with its length."""

    def __init__(
        self,
        classes: Sequence[str],
        csv_path: Path,
        parquet_path: Path | None,
        stills: bool = False,
    ) -> None:
        """Open the files.

        Args:
            classes: C names.
            csv_path: Path of the CSV file.
            parquet_path: Path of the Parquet file, or ``None``.
            stills: Whether the rows are for pictures; see ``columns``.
        """
        self._stills = stills
        self._columns = columns(classes, stills)
        self._stream: IO[str] = csv_path.open('w', newline='', encoding='utf-8')
        self._csv = csv.writer(self._stream)
        self._csv.writerow(map(_harmless, self._columns))
        self._rows: list[list[Any]] = []
        self._parquet: Any = None
        if parquet_path is not None:
            import pyarrow as pa
            from pyarrow import parquet

            kinds = {'face_id': pa.int64(), 'stamp_s': pa.float64()}
            kinds |= {name: pa.string() for name in _TEXTS}
            self._schema = pa.schema(
                [(name, kinds.get(name, pa.float32())) for name in self._columns]
            )
            self._parquet = parquet.ParquetWriter(parquet_path, self._schema)

    def write(self, source: str, frame: FrameEmotions) -> None:
        """Add a row for each face in an image.

        Args:
            source: Topic of the image, or name of the picture file.
            frame: Faces found in the image.
        """
        for face in frame.faces:
            image = [source] if self._stills else [frame.stamp_s, source]
            row = [*image, *_row(face, len(frame.classes), self._stills)]
            self._csv.writerow(map(_text, self._columns, row))
            if self._parquet is not None:
                self._rows.append(row)
        if len(self._rows) >= _ROW_GROUP:
            self._flush()

    def close(self) -> None:
        """Finish the files."""
        self._stream.close()
        if self._parquet is not None:
            self._flush()
            self._parquet.close()

    def _flush(self) -> None:
        import pyarrow as pa

        rows = [dict(zip(self._columns, row, strict=True)) for row in self._rows]
        self._parquet.write_table(pa.Table.from_pylist(rows, self._schema))
        self._rows.clear()


def parquet_is_installed() -> bool:
    """Return whether pyarrow is installed, which is needed to write Parquet."""
    return find_spec('pyarrow') is not None


def write_csv(frames: Sequence[FrameEmotions], topic: str, path: Path) -> None:
    """Write the estimates of one topic as a CSV file.

    Args:
        frames: Estimates in order of their stamps.
        topic: Topic of the images.
        path: Path of the file, which is replaced only by a complete one.
    """
    with atomic_file(path) as aside:
        table = EmotionTable(frames[0].classes if frames else (), aside, None)
        for frame in frames:
            table.write(topic, frame)
        table.close()


def _row(face: FaceEmotion, num_classes: int, stills: bool) -> list[Any]:
    box, unknown = face.box, [None] * num_classes
    corners = (box.x0_px, box.y0_px, box.x1_px, box.y1_px)
    of_the_image = [] if stills else face.frame_probabilities.tolist() or unknown
    probabilities = [*(face.probabilities.tolist() or unknown), *of_the_image]
    said = face.judgement.words, face.emotion, _known(face.confidence)
    return [face.face_id, *corners, _known(face.quality), *said, *probabilities]


def _known(value: float) -> float | None:
    return None if math.isnan(value) else value


def _text(name: str, value: Any) -> str:
    if value is None:
        return ''
    if name == 'stamp_s':
        return f'{value:.9f}'
    if name.endswith('_px'):
        return f'{value:.1f}'
    if name == 'file' and _is_formula(str(value)):
        # The same file, by a name that is none.
        return f'./{value}'
    return f'{value:.5f}' if isinstance(value, float) else _harmless(str(value))


def _harmless(text: str) -> str:
    """Return an outside text that no spreadsheet takes for a formula (OWASP: CSV injection)."""
    return f"'{text}" if _is_formula(text) else text


def _is_formula(text: str) -> bool:
    return text.startswith(('=', '+', '-', '@', '\t', '\r'))
