"""BagMessage: what every reader of bags yields; zstandard, which bags may be compressed with."""

import sys
from typing import Any, NamedTuple

from fer_ros.errors import BagError

# Twice the largest image: what is more is none.
MOST_BYTES = 1 << 30
ZSTD_MAGIC = b'\x28\xb5\x2f\xfd'


class BagMessage(NamedTuple):
    """One recorded message.

    Attributes:
        topic: Name of its topic.
        msgtype: ``package/msg/Name``.
        log_time_ns: When it was recorded, in nanoseconds since the epoch.
        data: In CDR, perhaps compressed: see ``payload``.
    """

    topic: str
    msgtype: str
    log_time_ns: int
    data: bytes

    def payload(self) -> bytes:
        """Return the CDR data.

        What compressed each message is said in ``metadata.yaml`` alone, which may be missing; no
        CDR begins like a zstandard frame.
        """
        return unpacked(self.data) if self.data[:4] == ZSTD_MAGIC else self.data


def unpacked(data: bytes) -> bytes:
    """Return what can be decompressed of data that zstandard compressed, and that may end early.

    Raises:
        BagError: It is more than ``MOST_BYTES``, which a few bytes may unfold to.
    """
    decompressor = zstd().ZstdDecompressor()
    content: bytes = decompressor.decompress(data, MOST_BYTES)
    if not decompressor.eof and not decompressor.needs_input:
        raise BagError(f'{len(data)} compressed bytes hold more than {MOST_BYTES}')
    return content


def zstd() -> Any:
    """Return the module that knows zstandard: of Python 3.14, or its backport."""
    if sys.version_info >= (3, 14):
        from compression import zstd as module
    else:
        from backports import zstd as module
    return module
