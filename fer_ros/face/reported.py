"""Faces that another detector reports, whose boxes come some images after their own."""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from threading import Lock

from fer_ros.face.appearance import SAME_FACE
from fer_ros.face.matching import nearest
from fer_ros.face.track import STAMP_TOLERANCE_S, Find, Sighting
from fer_ros.structures import FaceBox, ImageArray

# Boxes of older images say too little about the present one.
_LATEST_S = 2.0
# Of another detector, whose boxes may hold a whole head, or no more than eyes and mouth.
_SIZE_RATIO = 0.35
# From a box that holds a face, landmarks lead to the one that suits them: from boxes 0.8 to 1.8
# times as large in two steps, from those of whole heads in four.
_STEPS = 4
# Images in which new faces are looked for; faces are followed from one to the next.
_IMAGES_S = 1.0
_IMAGE_EVERY_S = 0.1
# More reports wait for their image only where the two have different clocks.
_MOST_WAITING = 100


@dataclass(frozen=True)
class FaceReport:
    """The boxes of all faces that a detector found in one image.

    Attributes:
        stamp_s: Acquisition time of the image.
        boxes: Of any shape and size that hold a face; empty where there is none.
    """

    stamp_s: float
    boxes: tuple[FaceBox, ...]


class ReportQueue:
    """Keeps reports until their image has come; one thread may fill it and another empty it."""

    def __init__(self) -> None:
        self._waiting: deque[FaceReport] = deque(maxlen=_MOST_WAITING)
        self._image_s = float('-inf')
        self._lock = Lock()

    def put(self, report: FaceReport) -> str:
        """Add a report.

        Returns:
            Why it is of no use, as words that go on from "boxes are"; empty when it is of use.
        """
        with self._lock:
            late_s = self._image_s - report.stamp_s
            if late_s > _LATEST_S:
                return f'stamped {late_s:.1f} s before the images that come now'
            self._waiting.append(report)
        if float('-inf') < late_s < -_LATEST_S:
            return f'stamped {-late_s:.1f} s after the images that come now'
        return ''

    def take(self, stamp_s: float) -> list[FaceReport]:
        """Return the reports of the image of ``stamp_s`` and of those before it, oldest first.

        Boxes that were reported one by one, with one stamp, are one report.
        """
        boxes: dict[float, tuple[FaceBox, ...]] = {}
        with self._lock:
            self._image_s = stamp_s
            later = []
            for report in self._waiting:
                if report.stamp_s > stamp_s + STAMP_TOLERANCE_S:
                    later.append(report)
                else:
                    boxes[report.stamp_s] = boxes.get(report.stamp_s, ()) + report.boxes
            self._waiting = deque(later, _MOST_WAITING)
        return [FaceReport(of_s, boxes[of_s]) for of_s in sorted(boxes)]

    def clear(self) -> None:
        """Forget all."""
        with self._lock:
            self._waiting.clear()
            self._image_s = float('-inf')


class FaceHistory:
    """The images of the last seconds, and where the followed faces were in them."""

    def __init__(self) -> None:
        self._known: deque[tuple[float, Mapping[int, FaceBox]]] = deque()
        self._images: deque[tuple[float, ImageArray]] = deque()

    def add(self, stamp_s: float, gray: ImageArray, known: Mapping[int, FaceBox]) -> None:
        """Note an image.

        Args:
            stamp_s: Its acquisition time.
            gray: ``(H, W)`` uint8; not to be changed afterwards.
            known: Boxes of the faces in it, by their tracks' numbers.
        """
        self._known.append((stamp_s, known))
        due_s = self._images[-1][0] + _IMAGE_EVERY_S if self._images else stamp_s
        if stamp_s >= due_s - STAMP_TOLERANCE_S:
            self._images.append((stamp_s, gray))
        for kept, keep_s in ((self._known, _LATEST_S), (self._images, _IMAGES_S)):
            while stamp_s - kept[0][0] > keep_s + STAMP_TOLERANCE_S:
                kept.popleft()

    def known_at(self, stamp_s: float) -> Mapping[int, FaceBox]:
        """Return the boxes of the image whose stamp is the nearest."""
        return min(self._known, key=lambda one: abs(one[0] - stamp_s), default=(0.0, {}))[1]

    def images_since(self, stamp_s: float) -> list[ImageArray]:
        """Return the kept image whose stamp is the nearest, and those that followed it."""
        nearest_s = min((abs(of_s - stamp_s) for of_s, _ in self._images), default=0.0)
        return [gray for of_s, gray in self._images if of_s >= stamp_s - nearest_s]

    def clear(self) -> None:
        """Forget all."""
        self._known.clear()
        self._images.clear()


def finds_from_report(
    boxes: Sequence[FaceBox],
    known: Mapping[int, FaceBox],
    max_distance: float,
    find_new: Callable[[FaceBox], Find | None],
) -> list[Find]:
    """Return what a report says of the tracked faces, and which new ones it tells of.

    Args:
        boxes: Of the report.
        known: Where the tracked faces were in its image, by their tracks' numbers; of those that
            have been found since, where they are now.
        max_distance: See ``TrackerSettings``.
        find_new: Follows a new face from a square in the image of the report; see ``follow_new``.
    """
    squares = [_square(box) for box in boxes]
    owners = nearest(squares, known, max_distance, _SIZE_RATIO)
    finds = []
    for index, square in enumerate(squares):
        if index in owners:
            # It is where it was followed to: detectors take different parts of a head for a face.
            finds.append(Find(known[owners[index]], owners[index]))
        elif (find := find_new(square)) is not None:
            finds.append(find)
    return finds


def follow_new(
    box: FaceBox,
    images: Sequence[ImageArray],
    look_at: Callable[[ImageArray, FaceBox], Sighting],
) -> Find | None:
    """Return where a new face is after it was followed through images; None where it got lost.

    Args:
        box: A square around it in the first of them.
        images: ``(H, W)`` uint8, at least one.
        look_at: Returns what an image shows in a box.
    """
    for _ in range(_STEPS):
        first = look_at(images[0], box)
        box = first.landmarks.following_box()
    for gray in images[1:]:
        sighting = look_at(gray, box)
        if float(first.look @ sighting.look) < SAME_FACE:
            return None
        box = sighting.landmarks.following_box()
    return Find(box, None, first.look)


def _square(box: FaceBox) -> FaceBox:
    """Return the square of a box's area around its centre."""
    (x, y), half = box.center_px, (box.width_px * box.height_px) ** 0.5 / 2
    return FaceBox(x - half, y - half, x + half, y + half, box.score)
