"""PublishedFile: a file that others publish, fetched when a user says so and checked."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from fer_ros.atomic_file import atomic_file
from fer_ros.errors import ModelFileError

_TIMEOUT_S = 30.0


def user_data_folder() -> Path:
    """Return where this user's files of fer_ros lie: by the XDG rules for a user's data."""
    data = Path(os.environ.get('XDG_DATA_HOME', ''))
    # The rules say that a relative path is to be ignored.
    return (data if data.is_absolute() else Path.home() / '.local' / 'share') / 'fer_ros'


@dataclass(frozen=True)
class PublishedFile:
    """A file with an address and a checksum.

    Attributes:
        name: Of the file.
        url: Where it is published.
        sha256: Of its content, hexadecimal.
        size_bytes: Of its content.
        by_hand: Where a user without internet copies it from and to, as ``of the OpenCV Zoo to
            {path}``.
    """

    name: str
    url: str
    sha256: str
    size_bytes: int
    by_hand: str

    @property
    def path(self) -> Path:
        """Return where this user's file is, or would be put."""
        return user_data_folder() / self.name

    def fetch(self, url: str = '') -> Path:
        """Download the file to ``path``, if it is not there, and return where it is.

        Args:
            url: Another address of the same file.

        Raises:
            ModelFileError: It cannot be downloaded or written, or what comes is another file.
        """
        url = url or self.url
        target = self.path
        if target.is_file() and self._is_published(target.read_bytes()):
            return target
        content = self._downloaded(url)
        if not self._is_published(content):
            raise ModelFileError(
                f'{url} gave {len(content)} bytes that are not the published {self.name} of '
                f'{self.size_bytes} bytes: nothing was kept; {self._advice()}'
            )
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            with atomic_file(target) as aside:
                aside.write_bytes(content)
        except OSError as error:
            raise ModelFileError(f'{target} cannot be written: {error.strerror}') from error
        return target

    def _downloaded(self, url: str) -> bytes:
        # 9 MB of memory that a node, which downloads nothing, does without.
        import http.client
        import urllib.request

        try:
            with urllib.request.urlopen(url, timeout=_TIMEOUT_S) as answer:
                # One byte more than there should be tells that there are too many.
                content: bytes = answer.read(self.size_bytes + 1)
        # What fails on the way is an OSError, a bad address a ValueError, a bad answer neither.
        except (OSError, ValueError, http.client.HTTPException) as error:
            raise ModelFileError(f'cannot download {url}: {error}; {self._advice()}') from error
        return content

    def _advice(self) -> str:
        return f'without internet, copy {self.name} {self.by_hand.format(path=self.path)}'

    def _is_published(self, content: bytes) -> bool:
        return hashlib.sha256(content).hexdigest() == self.sha256
