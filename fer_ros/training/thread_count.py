"""How many threads torch computes a training with."""

import time
from collections.abc import Callable
from copy import deepcopy

import torch

from fer_ros.data.face_set import FaceSet
from fer_ros.training.config import TrainConfig
from fer_ros.training.face_dataset import AlignedFaces
from fer_ros.training.learner import Learner

# Of measured steps, after one for each number of threads that is not counted.
_ROUNDS = 2

# More threads have to gain this much: beside another busy process they lose the most.
_LEAST_GAIN = 1.1


def measured_thread_count(learner: Learner, faces: FaceSet, config: TrainConfig) -> int:
    """Return the fastest number of threads for a training on the CPU; the learner stays as it is.

    Args:
        learner: What is trained.
        faces: Of the first of which a batch is made.
        config: The settings.
    """
    aligned = AlignedFaces(faces, config.model.crop_px)
    batch = aligned.collate([aligned[i] for i in range(min(len(faces), config.batch_size))])
    batch, copy = batch.to(torch.device('cpu')), deepcopy(learner).train()
    return fastest_thread_count(lambda: copy(batch).backward(), torch.get_num_threads())


def fastest_thread_count(
    step: Callable[[], object], most: int, clock: Callable[[], float] = time.perf_counter
) -> int:
    """Return the number of threads with which a step of a training is fastest.

    Tried are 1, 2, 4 ... and ``most`` threads, in turns, so that another process that comes or
    goes meanwhile concerns them all. A larger number is taken only if it gains a tenth.

    Args:
        step: Computes a step that changes nothing.
        most: Highest number.
        clock: In seconds.
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
                # The first time torch chooses how to compute.
                taken_s[count] += clock() - start_s if turn else 0
    finally:
        torch.set_num_threads(before)
    best_s = min(taken_s.values())
    return next(count for count in counts if taken_s[count] <= _LEAST_GAIN * best_s)
