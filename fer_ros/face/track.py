"""Track: what is known of one face that is followed."""

from dataclasses import dataclass

from fer_ros.structures import FaceBox, ImageArray, TrackedFace


@dataclass
class Track:
    """A known face.

    Attributes:
        face_id: Its number.
        box: Where it was seen last, at ``seen_s``.
        velocity_px_s: Of the box's centre.
        expected: Where it is looked for in the present image.
        confirmed_s: When the detector found it last.
        confirmed_now: Whether it did so in the present image.
        first_seen_s: Acquisition time of the first image in which it was taken for a face.
        crop: What it looked like.
    """

    face_id: int
    box: FaceBox
    seen_s: float
    expected: FaceBox
    confirmed_s: float
    confirmed_now: bool
    first_seen_s: float
    velocity_px_s: tuple[float, float] = (0.0, 0.0)
    crop: ImageArray | None = None

    def as_seen(self) -> TrackedFace:
        """Return the face where it is looked for in the present image."""
        return TrackedFace(self.face_id, self.expected, self.first_seen_s, self.confirmed_now)

    def expect(self, stamp_s: float) -> None:
        """Move ``expected`` to where the face's velocity takes it, at most by the face's size."""
        elapsed_s = stamp_s - self.seen_s
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


# Stamps are rounded, intervals are not.
STAMP_TOLERANCE_S = 5e-4


@dataclass(frozen=True, eq=False)
class Find:
    """A face that a search found.

    Attributes:
        box: Where, in the image that was searched.
        face_id: Of the known face that it is; ``None`` for a new one.
        crop: ``(S, S)`` uint8, what a new face looks like.
    """

    box: FaceBox
    face_id: int | None = None
    crop: ImageArray | None = None
