"""taught: targets with the answers of trained models (distillation: Hinton et al. 2015)."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import torch

from fer_ros.data.cache import Arrays, cache_key, made_once
from fer_ros.data.face_set import FaceSet, within_known
from fer_ros.evaluation.predictions import in_classes_of
from fer_ros.face.alignment import align_face
from fer_ros.inference.inputs import make_batch
from fer_ros.network.fer_net import FerNet
from fer_ros.progress import ProgressBar
from fer_ros.structures import AlignedFace, FloatArray, Landmarks
from fer_ros.training.augment import AugmentConfig, mirror, moved_face
from fer_ros.training.sources import Source

# Number of faces whose answers are stored in one file: the most that an interruption loses.
_CHUNK = 512
_BATCH = 64
# How views differ from the aligned face: as in training, but without light and occlusion.
_MOVED = AugmentConfig(
    rotation_deg=5.0, scale=0.06, shift=0.04, stretch=0.0, landmark_noise=0.0, misplaced=0.0
)
_METHOD = f'teacher answers 1 {_MOVED}'


def taught(
    faces: FaceSet,
    teachers: Sequence[Source],
    share: float,
    views: int,
    cache: Path,
    device: str = 'cpu',
    progress: bool = True,
) -> FaceSet:
    """Return the faces with targets into which the answers of teachers are mixed.

    The votes of a few raters are a coarse and noisy estimate of the votes of many; teachers that
    were trained on all faces smooth them. Second targets are mixed likewise, with the answers of
    those teachers that have a second classifier for the same classes.

    Args:
        faces: Training faces.
        teachers: Models that know all classes of the faces; their answers are averaged.
        share: Share of their answers in the targets, 0 to 1.
        views: Number of views of each face over which a teacher's answers are averaged: the
            aligned face, its mirror image, then randomly shifted, rolled and scaled ones, every
            second of them mirrored.
        cache: Folder for the answers, from which an interrupted call resumes.
        device: Torch name of the device that computes the answers.
        progress: Whether to show progress bars.
    """
    answers = [_answers(faces, teacher, views, cache, device, progress) for teacher in teachers]
    known = [within_known(answer['targets'], faces.known_classes) for answer in answers]
    targets = _mixed(faces.targets, known, share)
    second = [answer['second'] for answer in answers if 'second' in answer]
    labelled = faces.second_targets.sum(axis=1, keepdims=True)
    second_targets = _mixed(faces.second_targets, [labelled * answer for answer in second], share)
    return replace(faces, targets=targets, second_targets=second_targets)


def _mixed(targets: FloatArray, answers: Sequence[FloatArray], share: float) -> FloatArray:
    if not answers:
        return targets
    mixed: FloatArray = (1 - share) * targets + share * np.mean(answers, axis=0)
    return mixed.astype(np.float32)


def _answers(
    faces: FaceSet, teacher: Source, views: int, cache: Path, device: str, progress: bool
) -> Arrays:
    """Return the probabilities ``targets`` and, if the teacher has them, ``second``, as (N, C)."""
    method, weights = f'{_METHOD} {views} {faces.classes}', teacher.path.read_bytes()
    model = teacher.checkpoint.model.to(device)
    parts: list[Arrays] = []
    with ProgressBar(total=len(faces), desc='teacher', unit='face', disable=not progress) as bar:
        for start in range(0, len(faces), _CHUNK):
            chunk = faces.select(np.arange(start, min(start + _CHUNK, len(faces))))
            shown = chunk.images.tobytes(), chunk.landmarks_px.tobytes()
            key = cache_key(f'{method} {chunk.images.shape}', weights, *shown)
            parts.append(made_once(cache, key, partial(_asked, model, chunk, views, device)))
            bar.update(len(chunk))
    model.to('cpu')
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


@torch.inference_mode()
def _asked(model: FerNet, faces: FaceSet, views: int, device: str) -> Arrays:
    sums: dict[str, list[FloatArray]] = {'targets': [], 'second': []}
    for start in range(0, len(faces), _BATCH):
        batch = faces.select(np.arange(start, min(start + _BATCH, len(faces))))
        shown = make_batch(list(_views(batch, model.config.crop_px, views)))
        crops, nodes = (torch.from_numpy(part).to(device) for part in (shown.crops, shown.nodes))
        answer = model.streams(crops.to(memory_format=torch.channels_last), nodes)
        for name, logits in (('targets', answer.logits), ('second', answer.second)):
            if logits is not None:
                probabilities = logits.float().softmax(-1).cpu().numpy()
                sums[name].append(probabilities.reshape(views, len(batch), -1).mean(axis=0))
    config = model.config
    first = in_classes_of(np.concatenate(sums['targets']), config.classes, faces.classes)
    answers = {'targets': first}
    if config.second_classes and config.second_classes == faces.second_classes:
        answers['second'] = np.concatenate(sums['second'])
    return answers


def _views(faces: FaceSet, crop_px: int, views: int) -> Iterator[AlignedFace]:
    """Yield the first view of each face, then the second of each, and so on."""
    for view in range(views):
        for image, points in zip(faces.images, faces.landmarks_px, strict=True):
            # Seeded by the face, so that it gets the same views in each call.
            rng = np.random.default_rng((view, int(image.sum())))
            landmarks = Landmarks(points)
            if view < 2:
                face = align_face(image, landmarks, crop_px)
            else:
                face = moved_face(image, landmarks, crop_px, _MOVED, rng)
            yield mirror(face) if view % 2 else face
