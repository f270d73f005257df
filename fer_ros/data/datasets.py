"""Which data set a path holds, and its splits."""

from pathlib import Path

from fer_ros.data.crema_d import find_clips, load_crema_d_split
from fer_ros.data.face_set import FaceSet
from fer_ros.data.ferplus import PICTURES_CSV, load_ferplus
from fer_ros.data.image_folder import load_image_folder
from fer_ros.errors import DatasetError

DATASETS = ('ferplus', 'crema_d', 'folder')


def dataset_at(path: Path) -> str:
    """Return which of ``DATASETS`` a path holds.

    Raises:
        DatasetError: The path does not exist.
    """
    if not path.exists():
        raise DatasetError(f'data {path} does not exist')
    if path.is_file() or (path / PICTURES_CSV).is_file():
        return 'ferplus'
    try:
        find_clips(path)
    except DatasetError:
        return 'folder'
    return 'crema_d'


def load_training_data(
    path: Path, cache: Path, fold: int, progress: bool = True
) -> tuple[FaceSet, FaceSet]:
    """Return the training and validation faces of the data at a path.

    Args:
        path: As in ``load_ferplus``, ``load_image_folder`` or ``load_crema_d_split``.
        cache: Folder for what was prepared.
        fold: Of CREMA-D.
        progress: Whether to draw progress bars and print what was found.

    Raises:
        DatasetError: The data cannot be used.
    """
    kind = dataset_at(path)
    splits = []
    for split in ('train', 'validation'):
        faces, problems = _load(kind, path, split, cache, fold, progress)
        splits.append(faces)
        if progress:
            print(*faces.notes, *problems, sep='\n')
    return splits[0], splits[1]


def _load(
    kind: str, path: Path, split: str, cache: Path, fold: int, progress: bool
) -> tuple[FaceSet, tuple[str, ...]]:
    if kind == 'ferplus':
        # Every face has something to teach; judged are those on whom the raters agree.
        protocol = 'votes' if split == 'train' else 'majority'
        return load_ferplus(path, split, cache, protocol, progress), ()
    if kind == 'crema_d':
        data = load_crema_d_split(path, fold, split, cache, progress)
        return data.faces, data.problems
    return load_image_folder(path, split, cache, progress=progress), ()
