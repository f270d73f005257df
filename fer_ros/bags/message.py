"""BagMessage: what every reader of bags yields; zstandard, which bags may be compressed with."""

import sys
from typing import Any, NamedTuple

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
        if self.data[:4] == ZSTD_MAGIC:
            decompressed: bytes = zstd().decompress(self.data)
            return decompressed
        return self.data


def zstd() -> Any:
    """Return the module that knows zstandard: of Python 3.14, or its backport."""
    if sys.version_info >= (3, 14):
        from compression import zstd as module
    else:
        from backports import zstd as module
    return module
