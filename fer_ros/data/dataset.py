"""Dataset: how a data set in the layout in which it is published is recognised and read."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from fer_ros.data.face_set import FaceSet
from fer_ros.data.labelled_pictures import LabelledPictures
from fer_ros.data.picture_faces import load_pictures

Load = Callable[[Path, str, int, Path, bool], FaceSet]


@dataclass(frozen=True)
class Dataset:
    """A published data set.

    Attributes:
        name: In options and model files, as ``raf_db``.
        title: Name for people to read.
        lies_at: Whether a path that exists holds it; quick, and without an exception.
        load: Returns the faces of a split, given path, split, fold, cache and whether to draw
            progress bars.
        folds: Of how many folds, by subject, one is left for the test; 0 where the splits are
            always the same.
    """

    name: str
    title: str
    lies_at: Callable[[Path], bool]
    load: Load
    folds: int = 0


def pictures_of(find: Callable[[Path, int], LabelledPictures]) -> Load:
    """Return how to load a data set of pictures, given what finds them at a path for a fold."""

    def load(path: Path, split: str, fold: int, cache: Path, progress: bool) -> FaceSet:
        return load_pictures(find(path, fold), split, cache, progress=progress)

    return load
