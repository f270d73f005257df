import pytest

torch = pytest.importorskip('torch')
pytest.importorskip('torch_geometric')

from fer_ros.training.thread_count import fastest_thread_count


class Machine:
    """A clock that advances with each step, depending on the number of torch threads."""

    def __init__(self, step_s):
        self.step_s, self.now_s, self.asked = step_s, 0.0, []

    def step(self):
        threads = torch.get_num_threads()
        self.asked.append(threads)
        self.now_s += self.step_s[threads]

    def fastest(self, most):
        return fastest_thread_count(self.step, most, lambda: self.now_s)


@pytest.mark.parametrize(
    ('step_s', 'expected'),
    [
        ({1: 1.0, 2: 0.6, 4: 0.4, 6: 0.3}, 6),
        ({1: 1.0, 2: 0.6, 4: 0.5, 6: 0.7}, 4),
        ({1: 1.0, 2: 30.0, 4: 50.0, 6: 80.0}, 1),
        ({1: 1.0, 2: 0.95, 4: 0.95, 6: 0.95}, 1),
    ],
    ids=['all', 'some', 'beside a busy process', 'nothing is gained'],
)
def test_smallest_thread_count_nearly_as_fast_as_the_fastest_is_chosen(step_s, expected):
    assert Machine(step_s).fastest(6) == expected


def test_thread_counts_are_measured_in_turn():
    machine = Machine({1: 1.0, 2: 1.0})
    machine.fastest(2)
    assert machine.asked[:4] == [1, 2, 1, 2]


def test_nothing_is_measured_on_a_single_processor():
    machine = Machine({})
    assert machine.fastest(1) == 1
    assert machine.asked == []


def test_torch_thread_count_is_restored():
    Machine({1: 1.0, 2: 0.5}).fastest(2)
    assert torch.get_num_threads() == 1
