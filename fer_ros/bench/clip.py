"""The parts of the sample clip with one face in view, held ready in memory."""

from itertools import chain, islice

from fer_ros.bench.turns import CHUNK_IMAGES, Chunk
from fer_ros.sample_clip import DURATION_S, NUM_FACES_BETWEEN_S, RATE_HZ, frames_at


def one_face_chunks(size_wh: tuple[int, int], most: int = 0) -> list[Chunk]:
    """Return the images with one face, as they come from a camera at 30 Hz.

    The parts of the clip follow each other without what lies between them; each is a recording of
    its own.

    Args:
        size_wh: Width and height in pixels; an image of 1280 x 720 takes 2.8 MB.
        most: Most images; 0: all 130.
    """
    all_s = [index / RATE_HZ for index in range(round(DURATION_S * RATE_HZ))]
    one_face = [(start, end) for start, end, count in NUM_FACES_BETWEEN_S if count == 1]
    parts = [[stamp_s for stamp_s in all_s if start <= stamp_s <= end] for start, end in one_face]
    if most:
        chosen = set(islice(chain(*parts), most))
        parts = [[stamp_s for stamp_s in part if stamp_s in chosen] for part in parts]
    images = frames_at(chain(*parts), size_wh)
    chunks = []
    for part in parts:
        for begin in range(0, len(part), CHUNK_IMAGES):
            stamps = part[begin : begin + CHUNK_IMAGES]
            chunks.append(Chunk([next(images) for _ in stamps], stamps, begin == 0))
    return chunks
