"""JPEG and PNG files that are truncated, damaged, or decompression bombs."""

import struct
import zlib
from collections.abc import Iterator
from random import Random

_PNG = b'\x89PNG\r\n\x1a\n'


def cut(picture: bytes, random: Random) -> bytes:
    """Return a file, truncated at random."""
    return picture[: random.randrange(len(picture))]


def flipped(picture: bytes, random: Random) -> bytes:
    """Return a file in which 1 to 50 random bits are flipped."""
    data = bytearray(picture)
    for _ in range(random.randint(1, 50)):
        data[random.randrange(len(data))] ^= 1 << random.randrange(8)
    return bytes(data)


def bombs(jpeg: bytes) -> Iterator[bytes]:
    """Yield small files that decode to hundreds of megabytes or more.

    Args:
        jpeg: JPEG file, which is copied with larger sizes in its header.
    """
    # Complete files with valid checksums: only their size is wrong.
    for width, height in ((10_000, 10_000), (30_000, 30_000), (2**31 - 1, 1), (2**31 - 1,) * 2):
        rows = min(height, 100)
        yield png(width, height, bytes(rows * (1 + min(width, 100_000))))
    # Small pictures with large metadata.
    text = zlib.compress(bytes(100_000_000), 9)
    pixels = bytes(16 * 17)
    yield png(16, 16, pixels, [(b'zTXt', b'Comment\0\0' + text)])
    yield png(16, 16, pixels, [(b'iCCP', b'profile\0\0' + text)])
    frame = jpeg.index(b'\xff\xc0') + 5
    yield jpeg[:frame] + struct.pack('>HH', 65_500, 65_500) + jpeg[frame + 4 :]
    yield jpeg[:frame] + struct.pack('>HH', 65_535, 65_535) + jpeg[frame + 4 :]


def png(
    width: int, height: int, rows: bytes, extra: list[tuple[bytes, bytes]] | None = None
) -> bytes:
    """Return an 8-bit gray PNG.

    Args:
        width: Width in its header.
        height: Height in its header.
        rows: Pixels, with a byte 0 before each row.
        extra: Types and contents of further chunks.
    """
    header = struct.pack('>IIBBBBB', width, height, 8, 0, 0, 0, 0)
    chunks = [(b'IHDR', header), *(extra or ()), (b'IDAT', zlib.compress(rows, 9)), (b'IEND', b'')]
    return _PNG + b''.join(
        struct.pack('>I', len(content))
        + kind
        + content
        + struct.pack('>I', zlib.crc32(kind + content))
        for kind, content in chunks
    )
