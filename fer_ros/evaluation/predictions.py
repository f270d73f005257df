"""The answers of a model to labelled faces: probabilities by stream, in the data's classes."""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import numpy.typing as npt

from fer_ros.data.face_set import FaceSet
from fer_ros.errors import DatasetError, SettingError
from fer_ros.face.alignment import align_face
from fer_ros.inference.classifier import BothSides, Classifier, softmax
from fer_ros.inference.config import OFFSETS
from fer_ros.inference.inputs import make_batch
from fer_ros.inference.prior_correction import AS_TRAINED, CorrectedClassifier
from fer_ros.smoothing import EmotionSmoother, SmoothingSettings
from fer_ros.structures import AlignedFace, FloatArray, Landmarks, ModelInput

_BATCH = 64


def aligned_faces(faces: FaceSet, crop_px: int) -> Iterator[AlignedFace]:
    """Yield the faces of a set, aligned as on a robot."""
    for image, points in zip(faces.images, faces.landmarks_px, strict=True):
        yield align_face(image, Landmarks(points), crop_px)


def answers_for(
    classifier: Classifier,
    faces: Iterable[AlignedFace],
    streams: Sequence[str],
    classes: tuple[str, ...],
) -> dict[str, FloatArray]:
    """Return the ``(N, C)`` probabilities of each stream over the classes of the data.

    Args:
        classifier: The model.
        faces: N faces.
        streams: Names of the streams; see ``ask``.
        classes: C classes of the data; see ``in_classes_of``.

    Raises:
        DatasetError: Model and data have fewer than two classes in common.
        SettingError: The model, or its backend, does not have a stream.
    """
    known = classifier.config.classes
    return {
        stream: in_classes_of(probabilities, known, classes)
        for stream, probabilities in ask(classifier, faces, streams).items()
    }


def ask(
    classifier: Classifier, faces: Iterable[AlignedFace], streams: Sequence[str]
) -> dict[str, FloatArray]:
    """Return the ``(N, C)`` probabilities of each stream over the classes of the model.

    Args:
        classifier: The model.
        faces: N faces.
        streams: ``cnn``, ``gat`` or ``fused``; streams other than the model's own need the torch
            backend. ``AS_TRAINED`` needs a ``CorrectedClassifier``.

    Raises:
        SettingError: The model, or its backend, does not have a stream.
    """
    own = classifier.config.stream
    for stream in streams:
        if stream not in (own, AS_TRAINED) and own != 'fused':
            raise SettingError(f'stream {stream!r} is not in the model, which has only {own!r}')
    if not set(streams) <= set(classifier.streams):
        raise SettingError(
            'only the torch backend answers for single streams: add --backend torch'
        )
    parts: dict[str, list[FloatArray]] = {stream: [] for stream in streams}
    for batch in batches(faces):
        logits = classifier.stream_logits(batch)
        for stream in streams:
            parts[stream].append(softmax(logits[stream]))
    nothing = np.zeros((0, len(classifier.config.classes)), np.float32)
    return {stream: np.concatenate([nothing, *rows]) for stream, rows in parts.items()}


def in_classes_of(
    probabilities: FloatArray, known: tuple[str, ...], wanted: tuple[str, ...]
) -> FloatArray:
    """Return probabilities over the classes of the data, from those over the model's.

    Classes that the data lacks are left out, and the others renormalised to a sum of 1. Classes
    that the model lacks have the probability 0.

    Args:
        probabilities: ``(N, len(known))`` probabilities.
        known: Classes of the model.
        wanted: Classes of the data.

    Raises:
        DatasetError: They have fewer than two classes in common.
    """
    if len(set(known) & set(wanted)) < 2:
        raise DatasetError(
            f'the model knows {", ".join(known)}, the data is labelled {", ".join(wanted)}: '
            'expected at least two classes in common'
        )
    mapped = in_columns_of(probabilities, known, wanted)
    return mapped / np.maximum(mapped.sum(axis=1, keepdims=True), 1e-9)


def in_columns_of(
    values: FloatArray, known: tuple[str, ...], wanted: tuple[str, ...]
) -> FloatArray:
    """Return ``(N, len(wanted))`` values for the classes of the data, from ``(N, len(known))`` for
    the model's; 0 for classes that the model lacks.
    """
    mapped = np.zeros((len(values), len(wanted)), np.float32)
    for column, name in enumerate(wanted):
        if name in known:
            mapped[:, column] = values[:, known.index(name)]
    return mapped


def describe_model(classifier: Classifier, streams: Sequence[str]) -> str:
    """Return sentences about the model and streams behind the rows of a table."""
    own = classifier.config.stream
    sentence = f'Model {classifier.path.name}, {own}.'
    base = classifier
    if isinstance(classifier, CorrectedClassifier):
        base, correction = classifier.base, classifier.correction
        offset = correction.strength > 0 and OFFSETS in base.figures
        sentence += (
            f' Its answers have a prior_correction of {correction.strength:g}'
            f'{" with the class offsets of its file" if offset else ""} and a '
            f'temperature of {correction.temperature:g}; {AS_TRAINED}: {own} without these.'
        )
    if isinstance(base, BothSides):
        sentence += ' Probabilities are averaged over each face and its mirror image.'
    parts = [stream for stream in streams if stream not in (own, AS_TRAINED)]
    if parts:
        sentence += (
            f' {" and ".join(parts)}: its classifiers for single streams, which were trained '
            'with it.'
        )
    return sentence


def describe_mapping(known: tuple[str, ...], wanted: tuple[str, ...]) -> list[str]:
    """Return a sentence for each way in which the classes of model and data differ."""
    sentences = []
    unused = [name for name in known if name not in wanted]
    if unused:
        sentences.append(
            f'Classes of the model that the data does not have: {", ".join(unused)}; they are '
            'left out and the other probabilities renormalised.'
        )
    unknown = [name for name in wanted if name not in known]
    if unknown:
        sentences.append(
            f'Classes of the data that the model does not know: {", ".join(unknown)}; every such '
            'face counts as wrong.'
        )
    return sentences


def streams_of(classifier: Classifier, wanted: Sequence[str]) -> list[str]:
    """Return the streams that have to answer, given those that a user wants to see.

    These are the model as it was trained and the wanted streams other than ``smoothed``, or the
    model's own stream if there are none.
    """
    streams = list(dict.fromkeys(name for name in wanted if name != 'smoothed'))
    return [AS_TRAINED, *(streams or [classifier.config.stream])]


def stream_to_smooth(streams: Iterable[str]) -> str:
    """Return the stream from which the row ``smoothed`` is computed."""
    names = list(streams)
    return 'fused' if 'fused' in names else names[-1]


def smoothed(
    probabilities: FloatArray,
    clips: npt.NDArray[np.str_],
    stamps_s: npt.NDArray[np.float64],
    settings: SmoothingSettings,
) -> FloatArray:
    """Return the ``(N, C)`` probabilities of the frames of clips, smoothed by ``EmotionSmoother``.

    A clip shows one person: after frames without a face, the face is taken for the same one.

    Args:
        probabilities: ``(N, C)`` probabilities of single frames.
        clips: ``(N,)`` name of each frame's clip; the frames of a clip are consecutive.
        stamps_s: ``(N,)`` time of each frame.
        settings: Settings of the smoothing.
    """
    result = np.empty_like(probabilities)
    smoother = EmotionSmoother(settings)
    for index, clip in enumerate(clips):
        if index and clip != clips[index - 1]:
            smoother.reset()
        result[index] = smoother.update(0, probabilities[index], float(stamps_s[index]))
    return result


def batches(faces: Iterable[AlignedFace]) -> Iterator[ModelInput]:
    """Yield the faces as input for the model, in batches."""
    group: list[AlignedFace] = []
    for face in faces:
        group.append(face)
        if len(group) == _BATCH:
            yield make_batch(group)
            group = []
    if group:
        yield make_batch(group)
