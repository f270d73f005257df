"""Chooses the number of torch threads of a training by timing a few steps."""

import time
from collections.abc import Callable
from copy import deepcopy

import torch

from fer_ros.data.face_set import FaceSet
from fer_ros.training.config import TrainConfig
from fer_ros.training.face_dataset import AlignedFaces
from fer_ros.training.learner import Learner

# Rounds of timed steps, after one round of warm-up.
_ROUNDS = 2

# More threads must be this much faster, because they suffer most from other busy processes.
_LEAST_GAIN = 1.1


def measured_thread_count(learner: Learner, faces: FaceSet, config: TrainConfig) -> int:
    """Return the fastest number of threads for a training on the CPU.

    Args:
        learner: Learner of the training, which is not changed.
        faces: Training faces; the first ones make up the batch that is timed.
        config: Settings of the training.
    """
    aligned = AlignedFaces(faces, config.model.crop_px)
    batch = aligned.collate([aligned[i] for i in range(min(len(faces), config.batch_size))])
    batch, copy = batch.to(torch.device('cpu')), deepcopy(learner).train()
    return fastest_thread_count(lambda: copy(batch).backward(), torch.get_num_threads())


def fastest_thread_count(
    step: Callable[[], object], most: int, clock: Callable[[], float] = time.perf_counter
) -> int:
    """Return the number of threads with which a training step is fastest.

    1, 2, 4 ... and ``most`` threads are tried in turns, so that load from other processes affects
    them all alike. A larger number is chosen only if it is a tenth faster.

    Args:
        step: Computes a step without side effects.
        most: Highest number of threads.
        clock: Returns the time in seconds.
    """
    counts = sorted({most, *(2**power for power in range(most.bit_length()))} - {0})
    counts = [count for count in counts if count <= most]
    if len(counts) < 2:
        return 1
    taken_s = dict.fromkeys(counts, 0.0)
    before = torch.get_num_threads()
    try:
        for turn in range(_ROUNDS + 1):
            for count in counts:
                torch.set_num_threads(count)
                start_s = clock()
                step()
                # The first round is warm-up: torch then selects its kernels.
                taken_s[count] += clock() - start_s if turn else 0
    finally:
        torch.set_num_threads(before)
    best_s = min(taken_s.values())
    return next(count for count in counts if taken_s[count] <= _LEAST_GAIN * best_s)
