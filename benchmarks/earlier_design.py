"""EarlierDesign: an earlier design of such a pipeline, with random weights.

Rebuilt from its description: full-size face detection in every image, a ResNet-18 on the face, a
perceptron on its landmarks, and a recurrent network over the last images. Its cost does not depend
on the values of its weights.
"""

import os
import statistics
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

import cv2
import numpy as np
import torch
from torch import Tensor, nn

from benchmarks.landmark_drift import FullFrameDetector
from fer_ros.bench.turns import Chunk, OneByOne, warm_up
from fer_ros.counted import counted
from fer_ros.face.landmarks import LandmarkPredictor
from fer_ros.stage_timer import StageTimer
from fer_ros.structures import NUM_LANDMARKS, FaceBox, FloatArray, ImageArray, Landmarks

STAGES = ('gray', 'detector', 'landmarks', 'crop', 'resnet', 'mlp', 'gru')
NUM_CLASSES = 8
# Number of images whose features the recurrent network sees.
HISTORY = 8
_CROP_PX = 224
_RESNET_FEATURES, _MLP_FEATURES, _GRU_FEATURES = 512, 128, 128
# Mean and standard deviation of ImageNet, which pretrained ResNets expect; RGB in [0, 1].
_MEAN = np.array([0.485, 0.456, 0.406], np.float32)
_STD = np.array([0.229, 0.224, 0.225], np.float32)


class EarlierDesign:
    """Image in, probabilities of the most certain face out."""

    def __init__(self, landmarks: LandmarkPredictor, num_threads: int = 0) -> None:
        """Create the networks.

        Args:
            landmarks: The 68-point model; may be shared.
            num_threads: Threads of torch and OpenCV; 0: their default, one for each processor.
        """
        self.num_threads = num_threads or os.cpu_count() or 1
        self._timer = StageTimer()
        self._detector = FullFrameDetector()
        self._landmarks = landmarks
        self._history: deque[Tensor] = deque(maxlen=HISTORY)
        with torch.random.fork_rng():
            torch.manual_seed(0)
            self._resnet = ResNet18().eval()
            self._mlp = perceptron().eval()
            self._classifier = RecurrentClassifier().eval()

    @property
    def stage_s(self) -> dict[str, float]:
        """Seconds that each of ``STAGES`` took for the last image, if it ran."""
        return self._timer.stage_s

    @contextmanager
    def threads(self) -> Iterator[None]:
        """Set the number of threads of torch and OpenCV, which is global to the process, for this
        design.
        """
        before = torch.get_num_threads(), cv2.getNumThreads()
        torch.set_num_threads(self.num_threads)
        cv2.setNumThreads(self.num_threads)
        try:
            yield
        finally:
            torch.set_num_threads(before[0])
            cv2.setNumThreads(before[1])

    def process(self, image: ImageArray, stamp_s: float) -> FloatArray:
        """Return ``(F, 8)`` probabilities of the face; F is 1, or 0 if there is none.

        Args:
            image: ``(H, W, 3)`` BGR, uint8.
            stamp_s: Unused: every image is one step.
        """
        self._timer.clear()
        with self._timer.time('gray'):
            gray = np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), np.uint8)
        with self._timer.time('detector'):
            boxes = self._detector.detect(gray)
        if not boxes:
            return np.zeros((0, NUM_CLASSES), np.float32)
        with self._timer.time('landmarks'):
            landmarks = self._landmarks.predict(gray, boxes[0])
        with torch.inference_mode():
            return self._estimate(image, boxes[0], landmarks)

    def reset(self) -> None:
        """Forget the earlier images."""
        self._history.clear()

    def _estimate(self, image: ImageArray, box: FaceBox, landmarks: Landmarks) -> FloatArray:
        with self._timer.time('crop'):
            crop = torch.from_numpy(_crop(image, box))  # (1, 3, 224, 224)
        with self._timer.time('resnet'):
            appearance = self._resnet(crop)  # (1, 512)
        with self._timer.time('mlp'):
            geometry = self._mlp(torch.from_numpy(_coordinates(landmarks, box)))  # (1, 128)
        with self._timer.time('gru'):
            self._history.append(torch.cat([appearance, geometry], dim=1))
            logits = self._classifier(torch.stack(list(self._history), dim=1))  # (1, 8)
            probabilities: FloatArray = logits.softmax(dim=1).numpy()
        return probabilities


def quickest(
    landmarks: LandmarkPredictor, chunk: Chunk, num_threads: int = 0
) -> tuple[EarlierDesign, str]:
    """Return the design with one thread or with all, whichever is faster, and a sentence about it.

    If other processes are busy, torch's threads keep waiting for each other.

    Args:
        landmarks: The 68-point model.
        chunk: Images on which both are timed in turns.
        num_threads: Largest number of threads; 0: the number of processors.
    """
    designs = [EarlierDesign(landmarks, 1), EarlierDesign(landmarks, num_threads)]
    sides = [OneByOne('', design, during=design.threads) for design in designs]
    for side in sides:
        warm_up(side, chunk)
    ms = [1e3 * statistics.median(warm_up(side, chunk).times_s) for side in sides]
    best = designs[ms[1] < ms[0]]
    return best, (
        f'the earlier design uses {counted(best.num_threads, "thread")}: {ms[0]:.1f} ms per image '
        f'with 1, {ms[1]:.1f} ms with {designs[1].num_threads}'
    )


class ResidualBlock(nn.Module):
    """Two convolutions beside a shortcut (He et al. 2016): ``y = relu(x' + f(x))``.

    Shapes:
        input ``(B, C_in, H, W)``, output ``(B, C_out, H / stride, W / stride)``.
    """

    def __init__(self, in_channels: int, channels: int, stride: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            _convolution(in_channels, channels, 3, stride),
            nn.ReLU(inplace=True),
            _convolution(channels, channels, 3, 1),
        )
        same = in_channels == channels and stride == 1
        self.shortcut = nn.Identity() if same else _convolution(in_channels, channels, 1, stride)

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(self.shortcut(x) + self.body(x))


class ResNet18(nn.Sequential):
    """ResNet-18 (He et al. 2016) up to its pooled features.

    Shapes:
        input ``(B, 3, 224, 224)``, output ``(B, 512)``.
    """

    def __init__(self) -> None:
        layers: list[nn.Module] = [
            _convolution(3, 64, 7, 2),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(3, stride=2, padding=1),
        ]
        in_channels = 64
        for channels in (64, 128, 256, _RESNET_FEATURES):
            stride = 1 if channels == in_channels else 2
            layers += [ResidualBlock(in_channels, channels, stride)]
            layers += [ResidualBlock(channels, channels, 1)]
            in_channels = channels
        super().__init__(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten())


class RecurrentClassifier(nn.Module):
    """Two bidirectional GRU layers (Cho et al. 2014); the newest step is classified.

    Shapes:
        input ``(B, T, 640)``, output ``(B, 8)`` logits.
    """

    def __init__(self) -> None:
        super().__init__()
        self.gru = nn.GRU(
            _RESNET_FEATURES + _MLP_FEATURES,
            _GRU_FEATURES,
            num_layers=2,
            batch_first=True,
            bidirectional=True,
        )
        self.head = nn.Linear(2 * _GRU_FEATURES, NUM_CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        steps, _ = self.gru(x)
        logits: Tensor = self.head(steps[:, -1])
        return logits


def perceptron() -> nn.Sequential:
    """Return the perceptron for the landmarks: ``(B, 136)`` to ``(B, 128)``."""
    return nn.Sequential(
        nn.Linear(2 * NUM_LANDMARKS, 256),
        nn.ReLU(),
        nn.Linear(256, _MLP_FEATURES),
        nn.ReLU(),
    )


def _convolution(in_channels: int, channels: int, size: int, stride: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(in_channels, channels, size, stride, padding=size // 2, bias=False),
        nn.BatchNorm2d(channels),
    )


def _crop(image: ImageArray, box: FaceBox) -> FloatArray:
    """Return the face as ``(1, 3, 224, 224)`` float32 RGB, normalised."""
    x0, y0 = max(int(box.x0_px), 0), max(int(box.y0_px), 0)
    face = image[y0 : int(box.y1_px), x0 : int(box.x1_px)]
    rgb = cv2.cvtColor(cv2.resize(face, (_CROP_PX, _CROP_PX)), cv2.COLOR_BGR2RGB)
    normalised = (rgb.astype(np.float32) / 255 - _MEAN) / _STD
    return np.ascontiguousarray(normalised.transpose(2, 0, 1)[None])


def _coordinates(landmarks: Landmarks, box: FaceBox) -> FloatArray:
    """Return the landmarks relative to the box as ``(1, 136)`` float32."""
    corner = np.array([box.x0_px, box.y0_px], np.float32)
    return ((landmarks.points_px - corner) / np.float32(box.width_px)).reshape(1, -1)
