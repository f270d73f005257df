"""A folder of labelled pictures: ``<class>/*.jpg``, or a ``manifest.csv``."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from fer_ros.counted import counted
from fer_ros.data.dataset import Dataset
from fer_ros.data.face_set import FaceSet
from fer_ros.data.labelled_pictures import (
    LabelledPictures,
    Picture,
    hashed_split,
    listed,
    with_validation,
)
from fer_ros.data.manifest import MANIFEST, manifest_gives_splits, read_manifest, split_name
from fer_ros.data.picture_faces import load_pictures
from fer_ros.errors import DatasetError
from fer_ros.labels import class_name
from fer_ros.media.picture_files import IMAGE_SUFFIXES, about_unread
from fer_ros.printable import printable


def load_image_folder(
    folder: Path, split: str, cache: Path, rate_hz: float = 30.0, progress: bool = True
) -> FaceSet:
    """Load one split of a folder of pictures, with landmarks.

    Args:
        folder: Folder with one of these: a ``manifest.csv`` with the columns ``path`` (relative
            to the folder) and ``label`` and, optionally, ``subject``, ``clip``, ``frame`` and
            ``split``; a folder of pictures for each class; or such folders in ``train``,
            ``validation`` (``val``, ``valid``, ``dev``) and ``test``, next to which other folders
            are ignored. Without given splits, a tenth of the subjects (else clips, else pictures)
            is for validation and a tenth for testing, chosen by a hash of the name.
        split: Name of the split; see ``load_pictures``.
        cache: Folder for prepared data.
        rate_hz: Frames per second of clips.
        progress: Whether to show a progress bar.

    Raises:
        DatasetError: There is no picture, or the manifest cannot be used.
        ModelFileError: The landmark model is missing.
    """
    found = find_pictures(folder)
    labelled = LabelledPictures(
        printable(folder.absolute().name),
        found,
        tuple(sorted({picture.label for picture in found})),
        tuple(_about_left_out(folder, found)),
        _about_splits(folder, split),
    )
    return load_pictures(labelled, split, cache, rate_hz, progress)


def _about_splits(folder: Path, split: str) -> str:
    """Return what puts pictures into a split that has none."""
    if (folder / MANIFEST).is_file():
        return f'give some of each class the split {split}, in the column split of {MANIFEST}'
    advice = f'put some of each class into a folder {split}'
    if split != 'train':
        advice += ' next to the folder train'
        if not gives_splits(folder):
            advice += ', and the others into that'
    return advice


def find_pictures(folder: Path) -> list[Picture]:
    """Return all pictures in a folder with the layout that ``load_image_folder`` describes.

    Raises:
        DatasetError: There is no picture, or the manifest cannot be used.
    """
    if not folder.is_dir():
        raise DatasetError(f'folder {folder} does not exist')
    if (folder / MANIFEST).is_file():
        return read_manifest(folder)
    given = split_folders(folder)
    if gives_splits(folder):
        found = [p for place, split in given.items() for p in _in_classes(place, split)]
        if 'validation' not in given.values():
            found = with_validation(found)
    else:
        found = _in_classes(folder, '')
    if not found:
        raise DatasetError(
            f'{folder} has neither {MANIFEST} nor a folder of pictures for each class '
            f'({", ".join(IMAGE_SUFFIXES)})'
        )
    return found


def gives_splits(folder: Path) -> bool:
    """Return whether a folder assigns pictures to splits, by its folders or manifest.

    Raises:
        DatasetError: The manifest cannot be read.
    """
    if (folder / MANIFEST).is_file():
        return manifest_gives_splits(folder)
    return bool({'train', 'test'} & set(split_folders(folder).values()))


def split_folders(folder: Path) -> dict[Path, str]:
    """Return the folders in a data set that are named after a split, with that split."""
    named = ((place, split_name(place.name)) for place in sorted(folder.iterdir()))
    return {place: split for place, split in named if split and place.is_dir()}


def other_folders(folder: Path) -> list[str]:
    """Return the names of folders with pictures that are ignored next to those of splits."""
    given = split_folders(folder)
    if (folder / MANIFEST).is_file() or not gives_splits(folder):
        return []
    return [
        place.name
        for place in sorted(folder.iterdir())
        if place.is_dir()
        and place not in given
        and any(file.suffix.lower() in IMAGE_SUFFIXES for file in place.rglob('*'))
    ]


def _about_left_out(folder: Path, found: Sequence[Picture]) -> Iterator[str]:
    """Yield a sentence about each reason for which pictures in a folder are left out."""
    if (folder / MANIFEST).is_file():
        return
    others = other_folders(folder)
    if others:
        yield (
            f'Left out: {listed(others)}, next to the folders of the splits but not named after '
            'a split.'
        )
    known = {picture.path for picture in found}
    rest = [
        file
        for file in sorted(folder.rglob('*'))
        if file not in known
        and file.relative_to(folder).parts[0] not in others
        and not any(part.startswith('.') for part in file.relative_to(folder).parts)
    ]
    elsewhere = [
        printable(str(file))
        for file in rest
        if file.suffix.lower() in IMAGE_SUFFIXES and file.is_file()
    ]
    if elsewhere:
        yield (
            f'Left out: {counted(len(elsewhere), "picture")} not directly in the folder of a '
            f'class: {listed(elsewhere)}.'
        )
    unread = about_unread(rest)
    if unread:
        yield f'{unread[0].upper()}{unread[1:]}.'


def _in_classes(folder: Path, split: str) -> list[Picture]:
    return [
        Picture(path, class_name(printable(path.parent.name)), split or hashed_split(path.name))
        for path in sorted(folder.glob('*/*'))
        if path.suffix.lower() in IMAGE_SUFFIXES and not path.parent.name.startswith('.')
    ]


def _load(path: Path, split: str, fold: int, cache: Path, progress: bool) -> FaceSet:
    return load_image_folder(path, split, cache, progress=progress)


# The fallback for everything without the layout of a known data set.
IMAGE_FOLDER = Dataset('folder', 'pictures', lambda path: True, _load)
