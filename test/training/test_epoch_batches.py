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
def test_steps_are_as_few_as_the_batch_allows_with_two_faces_for_each_process(
    faces, batch_size, processes, steps
):
    assert step_count(faces, batch_size, processes) == steps


def test_every_draw_is_in_one_batch_and_batches_are_alike_large():
    assert even_batches(list(range(11)), 4) == [[0, 1], [2, 3, 4], [5, 6, 7], [8, 9, 10]]


def sums(faces, rank, epoch=0):
    """The batches of an epoch: number of faces, weight, and sum of landmarks."""
    config = replace(CONFIG, batch_size=16)
    batches = EpochBatches(faces, config, rank).of_epoch(epoch)
    return [(len(b.crops), weight, float(b.nodes.double().sum())) for b, weight in batches]


def test_processes_share_out_the_faces_that_one_would_draw(faces):
    odd = faces.select(list(range(23)))
    one, first, second = (sums(odd, rank) for rank in (Rank(), Rank(0, 2), Rank(1, 2)))
    for (count, weight, total), a, b in zip(one, first, second, strict=True):
        assert (weight, a[0] + b[0]) == (1, count)
        assert a[2] + b[2] == pytest.approx(total)
        # The weight makes each process count by its number of faces in the mean over processes.
        assert [part[1] for part in (a, b)] == pytest.approx([2 * a[0] / count, 2 * b[0] / count])


def test_epoch_is_the_same_each_time_and_another_than_the_next(faces):
    assert sums(faces, Rank()) == sums(faces, Rank())
    assert sums(faces, Rank()) != sums(faces, Rank(), epoch=1)


def test_workers_give_the_same_faces(faces):
    config = replace(CONFIG, batch_size=16)
    alone, helped = (
        [b.crops for b, _ in EpochBatches(faces, replace(config, workers=n), Rank()).of_epoch(0)]
        for n in (0, 1)
    )
    assert all((a == b).all() for a, b in zip(alone, helped, strict=True))
