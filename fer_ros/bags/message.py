"""BagMessage: a message as yielded by every bag reader; decompression of zstandard."""

import sys
from typing import Any, NamedTuple

from fer_ros.errors import BagError, ImageError
from fer_ros.messages.definitions import typestore

# Twice the largest image: anything larger is not an image.
MOST_BYTES = 1 << 30
ZSTD_MAGIC = b'\x28\xb5\x2f\xfd'


class BagMessage(NamedTuple):
    """One recorded message.

    Attributes:
        topic: Name of its topic.
        msgtype: ``package/msg/Name``.
        log_time_ns: When it was recorded, in nanoseconds since the epoch.
        data: CDR, possibly compressed; see ``payload``.
    """

    topic: str
    msgtype: str
    log_time_ns: int
    data: bytes

    def payload(self) -> bytes:
        """Return the CDR data.

        Only ``metadata.yaml``, which may be missing, states whether messages are compressed; but
        no CDR data begins like a zstandard frame.
        """
        return unpacked(self.data) if self.data[:4] == ZSTD_MAGIC else self.data


def deserialized(message: BagMessage) -> Any:
    """Return a message of rosbags.

    Raises:
        ImageError: Its bytes are damaged.
    """
    try:
        return typestore().deserialize_cdr(message.payload(), message.msgtype)
    # On damaged bytes the parser fails with many kinds of exceptions.
    except Exception as error:
        raise ImageError(f'the message is damaged: {error or type(error).__name__}') from None


def unpacked(data: bytes) -> bytes:
    """Return the decompressible part of zstandard data that may end early.

    Raises:
        BagError: It decompresses to more than ``MOST_BYTES``, as a few crafted bytes may.
    """
    decompressor = zstd().ZstdDecompressor()
    content: bytes = decompressor.decompress(data, MOST_BYTES)
    if not decompressor.eof and not decompressor.needs_input:
        raise BagError(f'{len(data)} compressed bytes hold more than {MOST_BYTES}')
    return content


def zstd() -> Any:
    """Return the zstandard module of Python 3.14, or its backport."""
    if sys.version_info >= (3, 14):
        from compression import zstd as module
    else:
        from backports import zstd as module
    return module
