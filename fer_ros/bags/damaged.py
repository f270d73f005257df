"""Reads the intact part of truncated storage files, as left by a power failure."""

import io
import sqlite3
import struct
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import BinaryIO

from fer_ros.bags.message import MOST_BYTES, BagMessage, unpacked
from fer_ros.errors import BagError

_MCAP_MAGIC = b'\x89MCAP0\r\n'
_SCHEMA, _CHANNEL, _MESSAGE, _CHUNK, _DATA_END = 0x03, 0x04, 0x05, 0x06, 0x0F


def cut_messages(path: Path) -> Iterator[BagMessage]:
    """Yield the messages of a storage file from its start to the point where it is cut off.

    Args:
        path: ``.mcap`` or ``.db3`` file.

    Raises:
        BagError: Not even the beginning can be read.
    """
    return _Mcap().messages(path) if path.suffix == '.mcap' else _sqlite3_messages(path)


class _Mcap:
    """Reads the records of an MCAP file from its start, without the index at its end.

    The format: https://mcap.dev/spec
    """

    def __init__(self) -> None:
        self._schemas: dict[int, str] = {}
        self._channels: dict[int, tuple[str, str]] = {}

    def messages(self, path: Path) -> Iterator[BagMessage]:
        with path.open('rb') as stream:
            if stream.read(len(_MCAP_MAGIC)) != _MCAP_MAGIC:
                raise BagError(f'file {path} is not an MCAP file: it does not begin like one')
            yield from self._records(stream)

    def _records(self, stream: BinaryIO) -> Iterator[BagMessage]:
        while len(head := stream.read(9)) == 9:
            opcode, size = head[0], int.from_bytes(head[1:], 'little')
            # A size from damaged bytes may be anything; never read more than the file has.
            content = stream.read(min(size, 1 << 32))
            if opcode == _CHUNK:
                # The beginning of a truncated chunk contains messages too.
                yield from self._chunk(content)
            if len(content) < size or opcode in (0, _DATA_END):
                return
            if opcode == _SCHEMA:
                self._schemas[_uint16(content, 0)] = _texts(content[2:], 1)[0]
            elif opcode == _CHANNEL:
                schema = self._schemas.get(_uint16(content, 2), '')
                self._channels[_uint16(content, 0)] = _texts(content[4:], 1)[0], schema
            elif opcode == _MESSAGE:
                yield from self._message(content)

    def _chunk(self, content: bytes) -> Iterator[BagMessage]:
        # start, end, uncompressed size (8 bytes each), checksum (4), compression, size (8)
        if len(content) < 32:
            return
        (compression,) = _texts(content[28:], 1)
        records = content[32 + len(compression) + 8 :]
        yield from self._records(io.BytesIO(_decompressed(records, compression)))

    def _message(self, content: bytes) -> Iterator[BagMessage]:
        channel, _, log_time_ns, _ = struct.unpack_from('<HIQQ', content)
        if channel in self._channels:
            topic, msgtype = self._channels[channel]
            yield BagMessage(topic, msgtype, log_time_ns, content[22:])


def _decompressed(data: bytes, compression: str) -> bytes:
    """Return the decompressible part of data that may end early."""
    if compression == 'zstd':
        return unpacked(data)
    if compression == 'lz4':
        from lz4.frame import LZ4FrameDecompressor

        return LZ4FrameDecompressor().decompress(data, MOST_BYTES)
    return data


def _texts(data: bytes, count: int) -> list[str]:
    found = []
    for _ in range(count):
        size = int.from_bytes(data[:4], 'little')
        found.append(data[4 : 4 + size].decode(errors='replace'))
        data = data[4 + size :]
    return found


def _uint16(data: bytes, offset: int) -> int:
    return int.from_bytes(data[offset : offset + 2], 'little')


def _sqlite3_messages(path: Path) -> Iterator[BagMessage]:
    """Yield rows in file order until one lies beyond the end of the file."""
    # Data that SQLite had not yet moved into the file is in the journal next to it, and is read
    # too.
    mode = 'mode=ro' if path.with_name(f'{path.name}-wal').exists() else 'immutable=1'
    with closing(sqlite3.connect(f'{path.absolute().as_uri()}?{mode}', uri=True)) as database:
        # Without this, SQLite refuses to open a file that is shorter than its header says.
        database.execute('PRAGMA writable_schema = ON')
        try:
            topics = {
                number: (name, msgtype)
                for number, name, msgtype in database.execute('SELECT id, name, type FROM topics')
            }
        except sqlite3.DatabaseError as error:
            raise BagError(f'file {path} is not a SQLite3 bag: {error}') from None
        rows = database.execute('SELECT topic_id, timestamp, data FROM messages ORDER BY id')
        while True:
            try:
                row = next(rows, None)
            except sqlite3.DatabaseError:
                return
            if row is None:
                return
            if row[0] in topics:
                yield BagMessage(*topics[row[0]], row[1], row[2])
