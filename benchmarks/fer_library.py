"""The PyPI library ``fer``, which many use, where it is installed."""

from importlib import import_module
from typing import Any

from fer_ros.errors import SourceError
from fer_ros.structures import ImageArray


class FerLibrary:
    """``FER().detect_emotions`` with all defaults."""

    def __init__(self) -> None:
        """Load it.

        Raises:
            SourceError: It is not installed, or it does not work here.
        """
        self.stage_s: dict[str, float] = {}
        # It writes what it is missing in many ways: its own dependencies are not all declared.
        try:
            self._detector: Any = _find()()
        except ModuleNotFoundError as error:
            raise SourceError(
                f'the library fer is not compared: no module {error.name}; pip install fer '
                'tensorflow brings it'
            ) from None
        except Exception as error:
            raise SourceError(f'the library fer is not compared: {error}') from error

    def process(self, image: ImageArray, stamp_s: float) -> list[Any]:
        """Return what it says of each face.

        Args:
            image: ``(H, W, 3)`` BGR, uint8.
            stamp_s: Not used: it remembers nothing.
        """
        return list(self._detector.detect_emotions(image))

    def reset(self) -> None:
        """Do nothing."""


def _find() -> Any:
    """Return the class, which has moved between versions."""
    library = import_module('fer')
    return library.FER if hasattr(library, 'FER') else import_module('fer.fer').FER
