import pytest

torch = pytest.importorskip('torch')
pytest.importorskip('torch_geometric')

from dataclasses import replace

from small_training import CONFIG

from fer_ros.training.data_parallel import Rank
from fer_ros.training.epoch_batches import EpochBatches, even_batches, step_count


@pytest.mark.parametrize(
    ('faces', 'batch_size', 'processes', 'steps'),
    [(8, 4, 1, 2), (9, 4, 1, 3), (129, 128, 1, 2), (3, 2, 1, 1), (9, 4, 2, 2), (24, 24, 1, 1)],
)
def test_step_count_follows_batch_size_but_keeps_two_faces_per_process(
    faces, batch_size, processes, steps
):
    assert step_count(faces, batch_size, processes) == steps


def test_draws_are_split_into_batches_of_nearly_equal_size():
    assert even_batches(list(range(11)), 4) == [[0, 1], [2, 3, 4], [5, 6, 7], [8, 9, 10]]


def sums(faces, rank, epoch=0):
    """Return the number of faces, weight and sum of landmarks of each batch of an epoch."""
    config = replace(CONFIG, batch_size=16)
    batches = EpochBatches(faces, config, rank).of_epoch(epoch)
    return [(len(b.crops), weight, float(b.nodes.double().sum())) for b, weight in batches]


def test_processes_split_the_faces_that_one_process_would_draw(faces):
    odd = faces.select(list(range(23)))
    one, first, second = (sums(odd, rank) for rank in (Rank(), Rank(0, 2), Rank(1, 2)))
    for (count, weight, total), a, b in zip(one, first, second, strict=True):
        assert (weight, a[0] + b[0]) == (1, count)
        assert a[2] + b[2] == pytest.approx(total)
        # The weight makes each process count by its faces in the mean over processes.
        assert [part[1] for part in (a, b)] == pytest.approx([2 * a[0] / count, 2 * b[0] / count])


def test_epoch_is_reproducible_and_differs_from_the_next(faces):
    assert sums(faces, Rank()) == sums(faces, Rank())
    assert sums(faces, Rank()) != sums(faces, Rank(), epoch=1)


def test_number_of_workers_does_not_change_faces(faces):
    config = replace(CONFIG, batch_size=16)
    alone, helped = (
        [b.crops for b, _ in EpochBatches(faces, replace(config, workers=n), Rank()).of_epoch(0)]
        for n in (0, 1)
    )
    assert all((a == b).all() for a, b in zip(alone, helped, strict=True))
