"""Faces reported by an external detector, whose boxes arrive some images late."""

import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from threading import Lock
from typing import TypeVar

from fer_ros.face.appearance import SAME_FACE
from fer_ros.face.matching import distance, nearest
from fer_ros.face.track import STAMP_TOLERANCE_S, Find, Sighting
from fer_ros.structures import FaceBox, ImageArray

# Boxes of older images say too little about the current one.
_LATEST_S = 2.0
# Least ratio of widths for a match: an external detector's boxes may cover a whole head, or no
# more than eyes and mouth.
_SIZE_RATIO = 0.35
# Starting from any box around a face, landmarks lead to a box that suits the predictor: in two
# steps from boxes 0.8 to 1.8 times as large, in four from boxes around whole heads.
_STEPS = 4
# A new face is followed through the images of at most this time, one every so often.
_IMAGES_S = 1.0
_IMAGE_EVERY_S = 0.1
# Where the image of a box was not seen, the box says where a face is in images this near in time.
_SAME_IMAGE_S = 0.1
# More reports can wait for their images only if the two have different clocks.
_MOST_WAITING = 100

T = TypeVar('T')


@dataclass(frozen=True)
class FaceReport:
    """The boxes of all faces that a detector found in one image.

    Attributes:
        stamp_s: Acquisition time of the image.
        boxes: Boxes of any shape and size around a face; empty if there is no face.
        normalised: Whether the boxes are in widths and heights of the image instead of pixels.
    """

    stamp_s: float
    boxes: tuple[FaceBox, ...]
    normalised: bool = False

    def boxes_px(self, size_wh: tuple[int, int]) -> tuple[FaceBox, ...]:
        """Return the boxes in pixels of an image of a width and height."""
        if not self.normalised:
            return self.boxes
        return tuple(box.scaled(*size_wh) for box in self.boxes)


class ReportQueue:
    """Keeps reports until their image arrives; one thread may fill it while another empties it."""

    def __init__(self) -> None:
        self._waiting: deque[FaceReport] = deque(maxlen=_MOST_WAITING)
        self._image_s = self._taken_s = float('-inf')
        self._lock = Lock()

    def put(self, report: FaceReport) -> str:
        """Add a report.

        Returns:
            Why the report is of no use, as the rest of a sentence that begins "boxes are"; empty
            if it is of use.
        """
        with self._lock:
            late_s = self._image_s - report.stamp_s
            if late_s > _LATEST_S:
                return f'stamped {late_s:.1f} s before the images that come now'
            self._waiting.append(report)
            waited_s = time.monotonic() - self._taken_s
        # While the node is disabled, or with a low max_rate_hz, the detector goes on without it.
        if late_s > float('-inf') and -late_s - waited_s > _LATEST_S:
            return f'stamped {-late_s:.1f} s after the images that come now'
        return ''

    def take(self, stamp_s: float) -> list[FaceReport]:
        """Return the reports on the image of ``stamp_s`` and on earlier images, oldest first.

        Boxes reported one by one with the same stamp become one report.
        """
        boxes: dict[tuple[float, bool], tuple[FaceBox, ...]] = {}
        with self._lock:
            self._image_s, self._taken_s = stamp_s, time.monotonic()
            later = []
            for report in self._waiting:
                if report.stamp_s > stamp_s + STAMP_TOLERANCE_S:
                    later.append(report)
                else:
                    key = report.stamp_s, report.normalised
                    boxes[key] = boxes.get(key, ()) + report.boxes
            self._waiting = deque(later, _MOST_WAITING)
        return [FaceReport(of_s, boxes[of_s, norm], norm) for of_s, norm in sorted(boxes)]

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._waiting.clear()
            self._image_s = float('-inf')


class FaceHistory:
    """The images of the last few seconds and the boxes of the tracked faces in them."""

    def __init__(self) -> None:
        self._known: deque[tuple[float, Mapping[int, FaceBox]]] = deque()
        self._images: deque[tuple[float, ImageArray]] = deque()

    def add(self, stamp_s: float, gray: ImageArray, known: Mapping[int, FaceBox]) -> None:
        """Add an image.

        Args:
            stamp_s: Its acquisition time.
            gray: ``(H, W)`` uint8; must not be changed afterwards.
            known: Boxes of the faces in it, by track number.
        """
        self._known.append((stamp_s, known))
        due_s = self._images[-1][0] + _IMAGE_EVERY_S if self._images else stamp_s
        if stamp_s >= due_s - STAMP_TOLERANCE_S:
            self._images.append((stamp_s, gray))
        for kept, keep_s in ((self._known, _LATEST_S), (self._images, _IMAGES_S)):
            while stamp_s - kept[0][0] > keep_s + STAMP_TOLERANCE_S:
                kept.popleft()

    def known_at(
        self, stamp_s: float, current_s: float, expected: Mapping[int, FaceBox]
    ) -> Mapping[int, FaceBox]:
        """Return the boxes of the image with the nearest stamp.

        Args:
            stamp_s: Acquisition time of the image that is wanted.
            current_s: Acquisition time of the current image, which has not been added yet.
            expected: Boxes in the current image.
        """
        return _nearest([*self._known, (current_s, expected)], stamp_s)[0]

    def beside_images(self, reports: Sequence[FaceReport], current_s: float) -> list[FaceReport]:
        """Return the reports that say where new faces are in one of the images: those on an image,
        and of the others the nearest to each image with those close to it in time: a detector may
        report each face for itself.

        A detector may see more images than come here. A face has moved since a box in an image
        that was left out, and there is no image in which to follow it.

        Args:
            reports: Reports on any images.
            current_s: Acquisition time of the current image, which has not been added yet.
        """
        stamps = [*(of_s for of_s, _ in self._images), current_s]
        image_of = [min(stamps, key=lambda of_s: abs(of_s - one.stamp_s)) for one in reports]
        nearest_of: dict[float, float] = {}
        for image_s, report in zip(image_of, reports, strict=True):
            known_s = nearest_of.get(image_s, float('inf'))
            if abs(report.stamp_s - image_s) < abs(known_s - image_s):
                nearest_of[image_s] = report.stamp_s
        return [
            report
            for image_s, report in zip(image_of, reports, strict=True)
            if min(abs(report.stamp_s - at_s) for at_s in (image_s, nearest_of[image_s]))
            <= _SAME_IMAGE_S + STAMP_TOLERANCE_S
        ]

    def images_since(
        self, stamp_s: float, current_s: float, current: ImageArray
    ) -> list[ImageArray]:
        """Return the image with the nearest stamp, the stored ones that followed it, and the
        current one.

        Args:
            stamp_s: Acquisition time of the image that is wanted.
            current_s: Acquisition time of the current image, which has not been added yet.
            current: ``(H, W)`` uint8.
        """
        return _nearest([*self._images, (current_s, current)], stamp_s)

    def clear(self) -> None:
        """Forget everything."""
        self._known.clear()
        self._images.clear()


def _nearest(timed: Sequence[tuple[float, T]], stamp_s: float) -> list[T]:
    """Return the values from that with the nearest time on."""
    first = min(range(len(timed)), key=lambda index: abs(timed[index][0] - stamp_s))
    return [value for _, value in timed[first:]]


def finds_from_report(
    boxes: Sequence[FaceBox],
    known: Mapping[int, FaceBox],
    max_distance: float,
    max_faces: int,
    find_new: Callable[[FaceBox], Find | None],
) -> list[Find]:
    """Return the tracked faces and the new faces that a report contains.

    Args:
        boxes: Boxes of the report, best first.
        known: Boxes of the tracked faces in the report's image, by track number; for faces found
            since then, their current boxes.
        max_distance: Largest distance of a match in face widths; see ``TrackerSettings``.
        max_faces: Largest number of faces; tracked faces come before new ones.
        find_new: Follows a new face from a square box in the report's image; see ``follow_new``.
    """
    squares = [_square(box) for box in boxes]
    owners = nearest(squares, known, max_distance, _SIZE_RATIO)
    # Keep the tracked positions: detectors differ in which part of a head they box.
    finds = [Find(known[number], number) for number in owners.values()]
    # Each new box costs landmarks in several images, and no more faces are tracked.
    new = [box for index, box in enumerate(squares) if index not in owners]
    found = map(find_new, new[: max(max_faces - len(finds), 0)])
    return finds + [find for find in found if find is not None]


def newest_boxes(reports: Sequence[FaceReport], max_distance: float) -> FaceReport:
    """Return the newest report, with the boxes of faces that were reported just before it.

    A detector may report each face for itself.

    Args:
        reports: Reports, oldest first, at least one.
        max_distance: Least distance of another face from those of newer reports, in face widths.
    """
    newest, *older = reversed(reports)
    boxes = newest.boxes
    for report in older:
        if newest.stamp_s - report.stamp_s <= _SAME_IMAGE_S + STAMP_TOLERANCE_S:
            boxes += tuple(
                box
                for box in report.boxes
                if all(distance(box, known, _SIZE_RATIO) > max_distance for known in boxes)
            )
    return replace(newest, boxes=boxes)


def follow_near(
    box: FaceBox,
    boxes: Sequence[FaceBox],
    reach: float,
    images: Sequence[ImageArray],
    look_at: Callable[[ImageArray, FaceBox], Sighting],
) -> list[FaceBox]:
    """Return where the reported faces near a box are now.

    Args:
        box: Box in the last image.
        boxes: Boxes of a report on the first image.
        reach: Largest distance in face widths.
        images: See ``follow_new``.
        look_at: See ``follow_new``.
    """
    near = [one for one in map(_square, boxes) if distance(one, box, _SIZE_RATIO) <= reach]
    finds = [follow_new(one, images, look_at) for one in near]
    return [find.box for find in finds if find is not None]


def follow_new(
    box: FaceBox,
    images: Sequence[ImageArray],
    look_at: Callable[[ImageArray, FaceBox], Sighting],
) -> Find | None:
    """Return a new face after following it through images, or ``None`` if it was lost.

    Args:
        box: Square box around the face in the first image.
        images: Images of ``(H, W)`` uint8, at least one.
        look_at: Returns what an image shows in a box.
    """
    for _ in range(_STEPS):
        first = look_at(images[0], box)
        box = first.landmarks.following_box()
    for gray in images[1:]:
        # It may have moved by a good part of its width since the last one.
        for _ in range(_STEPS):
            sighting = look_at(gray, box)
            box = sighting.landmarks.following_box()
            if float(first.look @ sighting.look) >= SAME_FACE:
                break
        else:
            return None
    return Find(box, None, first.look)


def _square(box: FaceBox) -> FaceBox:
    """Return the square with the area and centre of a box."""
    (x, y), half = box.center_px, (box.width_px * box.height_px) ** 0.5 / 2
    return FaceBox(x - half, y - half, x + half, y + half, box.score)
