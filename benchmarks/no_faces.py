"""False detections in pictures without faces, which are shipped with Python packages.

    pip install arcade matplotlib pygame scikit-image scikit-learn ursina
    python -m benchmarks.no_faces

Photographs of things, animals, rooms and landscapes, cartoons, diagrams, microscope images, and
generated textures. Pictures of people are excluded by name; packages that are not installed are
skipped with a message. Each picture and its middle half are shown on an image of 640 x 480.
"""

import argparse
import importlib.util
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from benchmarks.detection import SIZE_WH, load_detectors
from fer_ros.progress import ProgressBar
from fer_ros.structures import ImageArray

PACKAGES = ('arcade', 'matplotlib', 'pygame', 'skimage', 'sklearn', 'ursina')
SUFFIXES = ('.png', '.jpg', '.jpeg', '.gif')
# Photographs and drawings of people or parts of them.
PEOPLE = ('astronaut', 'camera', 'grace_hopper', 'person', 'adventurer', 'zombie', 'robot')
NUM_TEXTURES = 100
_LEAST_SIDE_PX = 32
_PLAIN = 128


def package_pictures(package: str) -> Iterator[tuple[str, ImageArray]]:
    """Yield the pictures in a package as gray images, each with a name."""
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        print(f'without {package}, which is not installed')
        return
    root = Path(spec.submodule_search_locations[0])
    for path in sorted(p for p in root.rglob('*') if p.suffix.lower() in SUFFIXES):
        name = str(path.relative_to(root.parent))
        image = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
        if image is None or min(image.shape[:2]) < _LEAST_SIDE_PX or image.dtype != np.uint8:
            continue
        if not any(word in name for word in PEOPLE):
            yield name, _gray(np.asarray(image, np.uint8))


def _gray(image: ImageArray) -> ImageArray:
    if image.ndim == 2:
        return image
    if image.shape[2] == 4:
        # Transparent areas get the colour of the margin.
        alpha = image[:, :, 3:] / np.float32(255)
        image = (image[:, :, :3] * alpha + _PLAIN * (1 - alpha)).astype(np.uint8)
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), np.uint8)


def texture(seed: int) -> ImageArray:
    """Return a texture chosen by the seed: noise at several scales, blobs, stripes or tiles."""
    rng = np.random.default_rng(seed)
    width, height = SIZE_WH
    field = np.zeros((height, width), np.float32)
    for octave in range(2, 8):
        cells = rng.normal(size=(2**octave * 3 // 4 + 1, 2**octave)).astype(np.float32)
        field += cv2.resize(cells, SIZE_WH, interpolation=cv2.INTER_CUBIC) * rng.uniform(0, 1)
    y, x = np.mgrid[:height, :width].astype(np.float32)
    period = rng.uniform(8, 80)
    kind = seed % 4
    if kind == 1:
        field = np.where(field > np.quantile(field, rng.uniform(0.3, 0.9)), 1.0, -1.0)
    elif kind == 2:
        field += 3 * np.sin((x * rng.normal() + y * rng.normal()) * 6.28 / period + field)
    elif kind == 3:
        tiles = (x // period + y // (period * rng.uniform(0.4, 1))).astype(int)
        field = field / 3 + rng.normal(size=tiles.max() + 1)[tiles]
    low, high = np.quantile(field, [0.01, 0.99])
    gray: ImageArray = np.clip((field - low) / (high - low) * 255, 0, 255).astype(np.uint8)
    return gray


def views(gray: ImageArray) -> Iterator[ImageArray]:
    """Yield the whole picture and its middle half, each fitted into ``SIZE_WH``."""
    height, width = gray.shape
    yield _fitted(gray)
    yield _fitted(gray[height // 4 : height - height // 4, width // 4 : width - width // 4])


def _fitted(gray: ImageArray) -> ImageArray:
    height, width = gray.shape
    scale = min(SIZE_WH[0] / width, SIZE_WH[1] / height)
    size_wh = max(1, round(width * scale)), max(1, round(height * scale))
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    right, below = SIZE_WH[0] - size_wh[0], SIZE_WH[1] - size_wh[1]
    return np.asarray(
        cv2.copyMakeBorder(
            cv2.resize(gray, size_wh, interpolation=method),
            *(below // 2, below - below // 2, right // 2, right - right // 2),
            cv2.BORDER_CONSTANT,
            value=(_PLAIN,),
        ),
        np.uint8,
    )


def main() -> None:
    """Count and print; with ``--out``, save pictures of the false detections."""
    options = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    options.add_argument('--yunet', type=Path, nargs='*', default=[], help='YuNet model files')
    options.add_argument('--out', type=Path, help='folder for pictures with false detections')
    chosen = options.parse_args()
    cv2.setNumThreads(1)
    detectors = load_detectors(chosen.yunet)
    sources = [source for package in PACKAGES for source in package_pictures(package)]
    sources += [(f'texture {seed}', texture(seed)) for seed in range(NUM_TEXTURES)]
    found: dict[str, list[str]] = {name: [] for name in detectors}
    images = [(name, view) for name, gray in sources for view in views(gray)]
    for number, (name, gray) in enumerate(ProgressBar(images)):
        for kind, detector in detectors.items():
            for box in detector.detect(gray):
                x, y = (round(place) for place in box.center_px)
                found[kind].append(f'{name}: score {box.score:.2f} at {x}, {y}')
            if chosen.out and found[kind] and found[kind][-1].startswith(f'{name}: '):
                chosen.out.mkdir(parents=True, exist_ok=True)
                cv2.imwrite(str(chosen.out / f'{kind} {number}.png'), gray)
    print(f'{len(sources)} sources, {len(images)} images without people')
    for kind, finds in found.items():
        print(f'{kind}: {len(finds)} false detections', *finds, sep='\n    ')


if __name__ == '__main__':
    main()
