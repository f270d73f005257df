"""Track: what is known of one face that is followed; Sighting: what an image shows of it."""

from dataclasses import dataclass, field
from functools import cached_property

from fer_ros.face.appearance import Appearance, look_of
from fer_ros.structures import AlignedFace, FaceBox, FloatArray, Landmarks, TrackedFace

# For how long after it was seen a face is taken to move on as it did.
_MOTION_S = 0.2

# Stamps are rounded, intervals are not.
STAMP_TOLERANCE_S = 5e-4


@dataclass(eq=False)
class Track:
    """A face that is followed, or was and may come back.

    Attributes:
        number: Its own, of all tracks.
        box: Where it was seen last, at ``seen_s``.
        seen_s: Stamp of the image in which it was seen last, or of that in which it was found.
        expected: Where it is looked for in the present image.
        confirmed_s: When the detector found it last.
        confirmed_now: Whether it did so in the present image.
        first_seen_s: Acquisition time of the first image in which it was taken for a face.
        face_id: ``None`` until it is clear that it is a face, and which one.
        velocity_px_s: Velocity of the box's centre.
        appearance: What it has looked like.
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
        """Return the face where it is looked for in the present image."""
        assert self.face_id is not None
        return TrackedFace(self.face_id, self.expected, self.first_seen_s, self.confirmed_now)

    def expect(self, stamp_s: float) -> None:
        """Move ``expected`` to where the face's velocity takes it, at most by the face's size.

        After a gap in the images it is looked for where it was seen last.
        """
        elapsed_s = stamp_s - self.seen_s
        self.confirmed_now = False
        self.expected = self.box
        if elapsed_s <= _MOTION_S:
            limit = self.box.width_px
            x, y = (min(max(v * elapsed_s, -limit), limit) for v in self.velocity_px_s)
            self.expected = self.box.shifted(x, y)

    def see(self, box: FaceBox, stamp_s: float) -> None:
        """Take a new position."""
        elapsed_s = stamp_s - self.seen_s
        if elapsed_s > 0:
            (x, y), (last_x, last_y) = box.center_px, self.box.center_px
            self.velocity_px_s = (x - last_x) / elapsed_s, (y - last_y) / elapsed_s
        self.box, self.seen_s = box, stamp_s


@dataclass(frozen=True, eq=False)
class Sighting:
    """What an image shows in a box where a face is looked for.

    Attributes:
        landmarks: Predicted in the box.
        aligned: The aligned face from them.
    """

    landmarks: Landmarks
    aligned: AlignedFace

    @cached_property
    def look(self) -> FloatArray:
        """What it looks like; see ``appearance.look_of``."""
        return look_of(self.aligned.crop)


@dataclass(frozen=True, eq=False)
class Find:
    """A face that a search found in an earlier image.

    Attributes:
        box: Where, in the image that was searched.
        number: Number of the track it belongs to; ``None`` for a new face.
        look: What a new face looks like; see ``appearance.look_of``.
    """

    box: FaceBox
    number: int | None = None
    look: FloatArray | None = None
