"""The parts of the sample clip with one face in view, held ready in memory."""

import sys

from fer_ros.bench.turns import CHUNK_IMAGES, Chunk
from fer_ros.media.sample_clip import NUM_FACES_BETWEEN_S, RATE_HZ, frames_at


def one_face_chunks(size_wh: tuple[int, int], most: int = 0) -> list[Chunk]:
    """Return the images with one face, as they come from a camera at 30 Hz.

    Each of the clip's two parts with one face is a recording of its own; it runs forwards and then
    backwards, so that somebody is looked at for some seconds.

    Args:
        size_wh: Width and height in pixels; an image of 1280 x 720 takes 2.8 MB.
        most: Most images; 0: all 258.
    """
    chunks = []
    left = most or sys.maxsize
    for start_s, end_s, count in NUM_FACES_BETWEEN_S:
        if count != 1 or not left:
            continue
        times_s = [start_s + step / RATE_HZ for step in range(round((end_s - start_s) * RATE_HZ))]
        images = list(frames_at(times_s[:left], size_wh))
        images = (images + images[::-1])[:left]
        left -= len(images)
        for begin in range(0, len(images), CHUNK_IMAGES):
            part = images[begin : begin + CHUNK_IMAGES]
            stamps_s = [start_s + (begin + step) / RATE_HZ for step in range(len(part))]
            chunks.append(Chunk(part, stamps_s, first=begin == 0))
    return chunks
