"""Picture files of faces, for tests that read data sets in their published layout."""

import cv2
from face_clips import face_picture

from fer_ros.data.disturbances import shaded, to_image, to_pixels


def lit(angle):
    """The face lit from one side, as different as another photograph."""
    gray = cv2.cvtColor(face_picture(0), cv2.COLOR_BGR2GRAY)
    return to_image(shaded(to_pixels(gray), 1.5, angle))


def write_lit(path, angle=0.0, quality=95):
    path.parent.mkdir(parents=True, exist_ok=True)
    options = [cv2.IMWRITE_JPEG_QUALITY, quality] if path.suffix.lower() == '.jpg' else []
    assert cv2.imwrite(str(path), lit(angle), options)


def write_splits(folder):
    """Write a folder with one picture of each of two classes in every split, and return it."""
    for index, split in enumerate(('train', 'validation', 'test')):
        for number, name in enumerate(('happiness', 'neutral')):
            write_lit(folder / split / name / f'{split}.jpg', 3 * number + index)
    return folder


def touch(folder, *names):
    """Create empty files, for tests in which only names are read."""
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
