"""Dataset: how to recognise and read a data set in its published layout."""

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
        name: Name in options and model files, such as ``raf_db``.
        title: Name for people to read.
        lies_at: Returns whether an existing path is the data set; quick, and never raises.
        load: Returns the faces of a split, given path, split, fold, cache and whether to show
            progress bars.
        folds: Number of folds by subject, of which one is the test split; 0 if the splits are
            fixed.
    """

    name: str
    title: str
    lies_at: Callable[[Path], bool]
    load: Load
    folds: int = 0


def pictures_of(find: Callable[[Path, int], LabelledPictures]) -> Load:
    """Return the ``load`` of a data set of pictures.

    Args:
        find: Returns the labelled pictures at a path, given the number of the fold.
    """

    def load(path: Path, split: str, fold: int, cache: Path, progress: bool) -> FaceSet:
        return load_pictures(find(path, fold), split, cache, progress=progress)

    return load
