"""PublishedFile: a file published by others, downloaded on request and verified."""

import hashlib
import os.path
from dataclasses import dataclass
from pathlib import Path

from fer_ros.atomic_file import atomic_file
from fer_ros.errors import ModelFileError
from fer_ros.user_folders import user_data_folder

_TIMEOUT_S = 30.0


@dataclass(frozen=True)
class PublishedFile:
    """A file with a URL and a checksum.

    Attributes:
        name: Name of the file.
        url: URL at which it is published.
        sha256: SHA-256 of its content in hexadecimal digits.
        size_bytes: Size of its content in bytes.
        by_hand: Source and destination for a user without internet, such as ``of the OpenCV Zoo to
            {path}``.
    """

    name: str
    url: str
    sha256: str
    size_bytes: int
    by_hand: str

    @property
    def path(self) -> Path:
        """Return the path of this user's file, whether or not it exists."""
        return user_data_folder() / self.name

    @property
    def is_there(self) -> bool:
        """Return whether the user has the file; not if its folder cannot be read."""
        # Path.is_file() raises an error then.
        return os.path.isfile(self.path)

    def fetch(self, url: str = '') -> Path:
        """Download the file to ``path`` unless it is there, and return the path.

        Args:
            url: Alternative URL of the same file.

        Raises:
            ModelFileError: The file cannot be downloaded or written, or a different file arrives.
        """
        url = url or self.url
        target = self.path
        if self.is_there and self._is_published(target.read_bytes()):
            return target
        content = self._downloaded(url)
        if not self._is_published(content):
            raise ModelFileError(
                f'{url} sent {len(content)} bytes that are not the published {self.name} of '
                f'{self.size_bytes} bytes: nothing was saved; {self._advice()}'
            )
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            with atomic_file(target) as aside:
                aside.write_bytes(content)
        except OSError as error:
            raise ModelFileError(f'{target} cannot be written: {error.strerror}') from error
        return target

    def _downloaded(self, url: str) -> bytes:
        # Imported here because it takes 9 MB of memory, and a node downloads nothing.
        import http.client
        import urllib.request

        try:
            with urllib.request.urlopen(url, timeout=_TIMEOUT_S) as answer:
                # One extra byte reveals a file that is too long.
                content: bytes = answer.read(self.size_bytes + 1)
        # A failed transfer raises OSError, a bad URL ValueError, a bad response neither.
        except (OSError, ValueError, http.client.HTTPException) as error:
            raise ModelFileError(f'cannot download {url}: {error}; {self._advice()}') from error
        return content

    def _advice(self) -> str:
        return f'without internet, copy {self.name} {self.by_hand.format(path=self.path)}'

    def _is_published(self, content: bytes) -> bool:
        return hashlib.sha256(content).hexdigest() == self.sha256
