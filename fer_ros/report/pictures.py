"""PicturesReport: all figures of pictures that are not a sequence, as in ``report.json``."""

from dataclasses import dataclass

from fer_ros.counted import counted
from fer_ros.report.report import ReportHead


@dataclass(frozen=True)
class PictureFace:
    """A face in a picture.

    Attributes:
        face_id: Number of the face in the picture, from 1.
        answer: The most probable class, or why there is none; see ``FaceEmotion.answer``.
        confidence: Probability of that class, in [0, 1]; ``None`` if the face was not judged.
    """

    face_id: int
    answer: str
    confidence: float | None

    def __str__(self) -> str:
        sure = '' if self.confidence is None else f' {self.confidence:.0%}'
        return f'#{self.face_id} {self.answer}{sure}'


@dataclass(frozen=True)
class Picture:
    """A picture that was analysed.

    Attributes:
        file: Name of the picture file.
        faces: Faces, clearest first; empty if there are none.
    """

    file: str
    faces: tuple[PictureFace, ...]

    def __str__(self) -> str:
        return ', '.join(map(str, self.faces)) or 'no face'


@dataclass(frozen=True)
class PicturesReport(ReportHead):
    """The figures of pictures.

    Attributes:
        with_face: Number of pictures that show a face.
        faces: Total number of faces.
        emotions: Number of faces by emotion, most frequent first; faces without one are counted
            under the reason, such as ``uncertain`` or ``too small``.
        pictures: The pictures in natural order of their names.
    """

    with_face: int
    faces: int
    emotions: dict[str, int]
    pictures: tuple[Picture, ...]

    def __str__(self) -> str:
        if len(self.pictures) == 1:
            return f'{self.pictures[0].file}: {self.pictures[0]}'
        said = (
            f'{self.name}: {len(self.pictures)} pictures, {self.with_face} with a face, '
            f'{counted(self.faces, "face")}'
        )
        emotions = ', '.join(f'{name} {count}' for name, count in self.emotions.items())
        return f'{said}: {emotions}' if emotions else said
