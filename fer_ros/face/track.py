"""Track: the state of one tracked face; Sighting: what one image shows of it."""

from dataclasses import dataclass, field
from functools import cached_property

from fer_ros.face.appearance import Appearance, look_of
from fer_ros.structures import AlignedFace, FaceBox, FloatArray, Landmarks, TrackedFace

# How long a face is assumed to keep its velocity after it was last seen.
_MOTION_S = 0.2

# Tolerance: stamps are rounded, intervals are not.
STAMP_TOLERANCE_S = 5e-4


@dataclass(eq=False)
class Track:
    """A face that is tracked, or that was lost and may come back.

    Attributes:
        number: Unique number of the track.
        box: Box in which it was last seen, at ``seen_s``.
        seen_s: Stamp of the image in which it was last seen or was found.
        expected: Box in which it is expected in the current image.
        confirmed_s: Stamp of the image in which the detector last found it.
        confirmed_now: Whether ``expected`` is where the detector found it, in the current image or
            in one from which it was followed.
        first_seen_s: Stamp of the first image in which it was accepted as a face.
        face_id: Id of the face; ``None`` until it is certain to be a face and known which one.
        velocity_px_s: Velocity of the box's centre in pixels per second.
        appearance: What it has looked like so far.
    """

    number: int
    box: FaceBox
    seen_s: float
    expected: FaceBox
    confirmed_s: float
    confirmed_now: bool
    first_seen_s: float
    face_id: int | None = None
    velocity_px_s: tuple[float, float] = (0.0, 0.0)
    appearance: Appearance = field(default_factory=Appearance)

    def as_seen(self) -> TrackedFace:
        """Return the face where it is expected in the current image, in which it was seen."""
        assert self.face_id is not None
        detected = self.seen_s - self.confirmed_s <= STAMP_TOLERANCE_S
        return TrackedFace(self.face_id, self.expected, self.first_seen_s, detected)

    def expect(self, stamp_s: float) -> None:
        """Move ``expected`` to where the face's velocity takes it, at most by the face's size.

        After a gap in the images it is expected where it was last seen.
        """
        elapsed_s = stamp_s - self.seen_s
        self.confirmed_now = False
        self.expected = self.box
        if elapsed_s <= _MOTION_S:
            limit = self.box.width_px
            x, y = (min(max(v * elapsed_s, -limit), limit) for v in self.velocity_px_s)
            self.expected = self.box.shifted(x, y)

    def see(self, box: FaceBox, stamp_s: float) -> None:
        """Update position and velocity."""
        elapsed_s = stamp_s - self.seen_s
        if elapsed_s > 0:
            (x, y), (last_x, last_y) = box.center_px, self.box.center_px
            self.velocity_px_s = (x - last_x) / elapsed_s, (y - last_y) / elapsed_s
        self.box, self.seen_s = box, stamp_s


@dataclass(frozen=True, eq=False)
class Sighting:
    """What an image shows in a box where a face is expected.

    Attributes:
        landmarks: Landmarks predicted in the box.
        aligned: Face aligned by these landmarks.
    """

    landmarks: Landmarks
    aligned: AlignedFace

    @cached_property
    def look(self) -> FloatArray:
        """Look of the face; see ``appearance.look_of``."""
        return look_of(self.aligned.crop)


@dataclass(frozen=True, eq=False)
class Find:
    """A face that a search found in an earlier image.

    Attributes:
        box: Box in the image that was searched.
        number: Number of the track that it belongs to; ``None`` for a new face.
        look: Look of a new face; see ``appearance.look_of``.
    """

    box: FaceBox
    number: int | None = None
    look: FloatArray | None = None
