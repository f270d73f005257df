"""BagReader: the messages of a rosbag2 recording, intact or damaged."""

import re
import shutil
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path, PurePath
from tempfile import TemporaryDirectory
from typing import Any

import yaml

from fer_ros.bags.damaged import cut_messages
from fer_ros.bags.message import BagMessage, zstd
from fer_ros.errors import BagError

_SUFFIXES = ('.mcap', '.db3', '.mcap.zstd', '.db3.zstd')


@dataclass(frozen=True)
class Topic:
    """A recorded topic.

    Attributes:
        msgtype: ``package/msg/Name``.
        count: Number of messages that can be read.
    """

    msgtype: str
    count: int


class BagReader:
    """Reads a rosbag2 folder or one of its files; a context manager.

    Reads SQLite3 and MCAP, uncompressed or compressed by file, chunk or message.

    Attributes:
        path: Folder or file of the bag.
        topics: The topics by name.
        problems: A sentence for each problem, such as lost messages.
    """

    def __init__(self, path: Path) -> None:
        """Open a bag and list its topics.

        Args:
            path: Folder, or ``.mcap`` or ``.db3`` file, optionally followed by ``.zstd``.

        Raises:
            BagError: There is no such bag, or nothing in it can be read.
        """
        if find_spec('rosbags') is None:
            raise BagError('reading bags needs the pip package rosbags, which is not installed')
        self.path = path
        self.topics: dict[str, Topic] = {}
        self.problems: list[str] = []
        self._stack = ExitStack()
        # In recording order. The files are read one by one, as damage in one leaves the others.
        self._parts: list[_WholePart | _CutPart] = []
        try:
            self._open()
        except BaseException:
            self.close()
            raise

    def messages(self, topics: Collection[str]) -> Iterator[BagMessage]:
        """Yield the messages of some topics in recording order."""
        for part in self._parts:
            last_ns = first_ns = 0
            try:
                for message in part.messages(topics):
                    yield message
                    last_ns = message.log_time_ns
                    first_ns = first_ns or last_ns
            # Damage appears as an error from the storage, a decompressor or a parser.
            except Exception as error:
                self.problems.append(
                    f'{part.path.name} is damaged after {(last_ns - first_ns) * 1e-9:.2f} s '
                    f'({error}): the rest is lost'
                )

    def close(self) -> None:
        """Close the bag."""
        self._stack.close()

    def __enter__(self) -> 'BagReader':
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _open(self) -> None:
        if not self.path.exists():
            raise BagError(f'bag {self.path} does not exist')
        files = _storage_files(self.path)
        expected, listed = _recorded(self.path / 'metadata.yaml')
        if self.path.is_dir():
            files = self._listed_files(files, listed)
        self._open_files(files)
        for part in self._parts:
            for name, topic in part.topics.items():
                known = self.topics.get(name, Topic(topic.msgtype, 0))
                self.topics[name] = Topic(topic.msgtype, known.count + topic.count)
        read = sum(topic.count for topic in self.topics.values())
        if expected is not None and read < expected:
            self.problems.append(f'{expected - read} of {expected} recorded messages are lost')
        if not read:
            raise BagError(f'bag {self.path} is empty: it contains no message')

    def _listed_files(self, files: list[Path], listed: Sequence[str]) -> list[Path]:
        """Return the files that ``metadata.yaml`` lists, or all if it lists others."""
        if not listed:
            there = (self.path / 'metadata.yaml').is_file()
            reason = 'metadata.yaml cannot be read' if there else 'no metadata.yaml'
            self.problems.append(f'{reason}: topics and times are taken from the data')
        by_name = {file.name: file for file in files}
        missing = [name for name in listed if name not in by_name]
        if missing:
            self.problems.append(f'metadata.yaml names missing files: {", ".join(missing)}')
        return files if missing or not listed else [by_name[name] for name in listed]

    def _open_files(self, files: Sequence[Path]) -> None:
        failures: list[BagError] = []
        for file in files:
            try:
                part = self._open_file(file)
            except BagError as error:
                failures.append(error)
                continue
            self._parts += [part] if part else []
        if len(failures) == len(files):
            raise failures[0]
        self.problems += map(str, failures)

    def _open_file(self, file: Path) -> '_WholePart | _CutPart | None':
        if not file.stat().st_size:
            self.problems.append(f'{file.name} is empty: it has 0 bytes')
            return None
        plain = self._decompressed(file)
        try:
            return self._stack.enter_context(_WholePart(plain, self._as_in_address(plain)))
        # Besides ReaderError, parsers and decompressors raise errors of their own.
        except Exception as error:
            part = _CutPart(plain)
            self.problems.append(
                f'{file.name} is truncated or damaged ({_sentence(error)}): {part.count} messages '
                f'were read, up to {part.duration_s:.2f} s; the rest is lost'
            )
            return part

    def _as_in_address(self, file: Path) -> Path:
        """Return a path of a file by which rosbags can open it: it makes an address of the path,
        in which these characters have a meaning.
        """
        if file.suffix != '.db3' or not re.search('[?#%]', str(file)):
            return file
        folder = Path(self._stack.enter_context(TemporaryDirectory(prefix='fer_ros_')))
        link = folder / 'bag.db3'
        link.symlink_to(file.absolute())
        return link

    def _decompressed(self, file: Path) -> Path:
        """Return the storage file, decompressed into a temporary folder if necessary."""
        if file.suffix != '.zstd':
            return file
        folder = Path(self._stack.enter_context(TemporaryDirectory(prefix='fer_ros_')))
        plain = folder / file.stem
        # For a truncated file, the part that could be decompressed is there.
        with (
            suppress(EOFError, zstd().ZstdError),
            zstd().open(file, 'rb') as packed,
            plain.open('wb') as unpacked,
        ):
            shutil.copyfileobj(packed, unpacked, 1 << 20)
        return plain


class _WholePart:
    """A file that ``rosbags`` reads; a context manager."""

    def __init__(self, path: Path, opened: Path) -> None:
        from rosbags.rosbag2 import Reader

        if _journal(path):
            raise BagError('its last messages are still in the journal of SQLite')
        self.path = path
        self._reader: Any = Reader(opened)
        self.topics: dict[str, Topic] = {}

    def __enter__(self) -> '_WholePart':
        self._reader.open()
        for name, topic in self._reader.topics.items():
            self.topics[name] = Topic(topic.msgtype or '', topic.msgcount)
        return self

    def __exit__(self, *exception: object) -> None:
        self._reader.close()

    def messages(self, topics: Collection[str]) -> Iterator[BagMessage]:
        connections = [c for c in self._reader.connections if c.topic in topics]
        if connections:
            for connection, log_time_ns, data in self._reader.messages(connections):
                yield BagMessage(connection.topic, connection.msgtype, log_time_ns, data)


class _CutPart:
    """A file that is read from its start to the point of damage."""

    def __init__(self, path: Path) -> None:
        self.path = path
        counts: Counter[tuple[str, str]] = Counter()
        times_ns = [0, 0]
        for message in cut_messages(path):
            counts[message.topic, message.msgtype] += 1
            times_ns = [times_ns[0] or message.log_time_ns, message.log_time_ns]
        self.topics = {name: Topic(kind, count) for (name, kind), count in counts.items()}
        self.count = counts.total()
        self.duration_s = (times_ns[1] - times_ns[0]) * 1e-9

    def messages(self, topics: Collection[str]) -> Iterator[BagMessage]:
        return (message for message in cut_messages(self.path) if message.topic in topics)


def _storage_files(path: Path) -> list[Path]:
    """Return the storage files of a bag in recording order."""
    if path.is_dir():
        files = [file for file in path.iterdir() if file.name.endswith(_SUFFIXES)]
        if not files:
            raise BagError(
                f'folder {path} contains no bag: it has no file ending in {", ".join(_SUFFIXES)}'
            )
        # run_2 comes before run_10.
        return sorted(
            files,
            key=lambda file: [
                int(part) if part.isdecimal() else part for part in re.split(r'(\d+)', file.name)
            ],
        )
    if path.suffix == '.bag':
        raise BagError(f'{path} is a bag of ROS 1: convert it with rosbags-convert')
    if not path.name.endswith(_SUFFIXES):
        raise BagError(
            f'{path} is not a bag, expected a folder or a file ending in {", ".join(_SUFFIXES)}'
        )
    return [path]


def _journal(file: Path) -> bool:
    """Return whether SQLite left data in a file's journal."""
    journal = Path(f'{file}-wal')
    return journal.is_file() and journal.stat().st_size > 0


def _recorded(metadata: Path) -> tuple[int | None, list[str]]:
    """Return the number of messages and the names of the files that ``metadata.yaml`` states;
    ``None`` and none if it cannot be read.
    """
    try:
        content = yaml.safe_load(metadata.read_text(encoding='utf-8'))
        content = content['rosbag2_bagfile_information']
        names = dict.fromkeys(PurePath(path).name for path in content['relative_file_paths'])
        return int(content['message_count']), list(names)
    # It may state an infinite number, or be nested deeper than the parser can go.
    except (OSError, yaml.YAMLError, LookupError, TypeError, ValueError, ArithmeticError):
        return None, []
    except RecursionError:
        return None, []


def _sentence(error: Exception) -> str:
    return (str(error) or type(error).__name__).rstrip('.')
