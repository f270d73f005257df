"""The widely used PyPI library ``fer``, if it is installed."""

from importlib import import_module
from typing import Any

from fer_ros.errors import SourceError
from fer_ros.structures import ImageArray


class FerLibrary:
    """``FER().detect_emotions`` with all defaults."""

    def __init__(self) -> None:
        """Load the library.

        Raises:
            SourceError: The library is not installed, or does not work here.
        """
        self.stage_s: dict[str, float] = {}
        # It fails in many ways if something is missing, since it does not declare all its
        # dependencies.
        try:
            self._detector: Any = _find()()
        except ModuleNotFoundError as error:
            raise SourceError(
                f'the library fer is not compared: no module {error.name}; to compare it, run pip '
                'install fer tensorflow'
            ) from None
        except Exception as error:
            raise SourceError(f'the library fer is not compared: {error}') from error

    def process(self, image: ImageArray, stamp_s: float) -> list[Any]:
        """Return its result for each face.

        Args:
            image: ``(H, W, 3)`` BGR, uint8.
            stamp_s: Unused, as the library keeps no state.
        """
        return list(self._detector.detect_emotions(image))

    def reset(self) -> None:
        """Do nothing."""


def _find() -> Any:
    """Return the class, whose module differs between versions."""
    library = import_module('fer')
    return library.FER if hasattr(library, 'FER') else import_module('fer.fer').FER
