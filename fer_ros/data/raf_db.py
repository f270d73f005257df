"""RAF-DB (Li et al. 2017), basic emotions: 15,339 web pictures, each labelled by about 40 people.

The folder ``basic`` is read as published: ``EmoLabel/list_patition_label.txt`` with lines like
``train_00001.jpg 5``, and ``Image/aligned/train_00001_aligned.jpg``.
"""

from pathlib import Path

from fer_ros.counted import counted
from fer_ros.data.dataset import Dataset, pictures_of
from fer_ros.data.labelled_pictures import (
    LabelledPictures,
    Picture,
    classes_of,
    listed,
    with_validation,
)
from fer_ros.errors import DatasetError

LIST = 'list_patition_label.txt'
# In the order of the data set's numbers, from 1.
_CLASSES = ('surprise', 'fear', 'disgust', 'happiness', 'sadness', 'anger', 'neutral')
_SPLITS = {'train': 'train', 'test': 'test'}


def find_raf_db(path: Path, fold: int = 1) -> LabelledPictures:
    """Return the pictures in the list with their splits.

    A tenth of the training pictures, chosen by a hash of the name, is for validation.

    Args:
        path: The folder ``basic``, its parent, or the folder of the list.
        fold: Ignored; the data set has fixed splits.

    Raises:
        DatasetError: The list or the folder of pictures is missing.
    """
    file = _list_at(path)
    if file is None:
        raise DatasetError(f'RAF-DB folder {path} has no {LIST}')
    images = _images_of(file)
    pictures, wrong = [], []
    lines = file.read_text(encoding='utf-8', errors='replace').splitlines()
    for number, line in enumerate(lines, 1):
        picture = _from_line(line, images)
        if picture is not None:
            pictures.append(picture)
        elif line.strip():
            wrong.append(f'line {number}')
    named = {picture.path.name for picture in pictures}
    unlabelled = sorted(p.name for p in images.glob('*_aligned.jpg') if p.name not in named)
    return LabelledPictures(
        'RAF-DB', with_validation(pictures), classes_of(pictures), _left_out(wrong, unlabelled)
    )


def _left_out(wrong: list[str], unlabelled: list[str]) -> tuple[str, ...]:
    sentences = []
    if wrong:
        sentences.append(
            f'Left out: {listed(wrong)} of {LIST}, expected the name of a train or test picture '
            'and a number from 1 to 7.'
        )
    if unlabelled:
        sentences.append(
            f'Left out: {counted(len(unlabelled), "picture")} that {LIST} does not list: '
            f'{listed(unlabelled)}.'
        )
    return tuple(sentences)


def _from_line(line: str, images: Path) -> Picture | None:
    name, _, number = line.strip().partition(' ')
    split = _SPLITS.get(name.partition('_')[0])
    if split is None or number.strip() not in set('1234567'):
        return None
    path = images / f'{Path(name).stem}_aligned.jpg'
    return Picture(path, _CLASSES[int(number) - 1], split)


def _list_at(path: Path) -> Path | None:
    places = (path, path / 'EmoLabel', path / 'basic' / 'EmoLabel')
    return next((place / LIST for place in places if (place / LIST).is_file()), None)


def _images_of(file: Path) -> Path:
    for place in (file.parent.parent, file.parent):
        if (place / 'Image' / 'aligned').is_dir():
            return place / 'Image' / 'aligned'
    raise DatasetError(
        f'RAF-DB: folder {file.parent.parent / "Image" / "aligned"} does not exist: unpack '
        'aligned.zip there'
    )


RAF_DB = Dataset(
    'raf_db', 'RAF-DB', lambda path: _list_at(path) is not None, pictures_of(find_raf_db)
)
