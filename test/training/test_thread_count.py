import pytest

torch = pytest.importorskip('torch')
pytest.importorskip('torch_geometric')

from fer_ros.training.thread_count import fastest_thread_count


class Machine:
    """A clock that each step advances, depending on the number of torch threads."""

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
def test_number_is_the_smallest_that_is_nearly_as_fast_as_the_fastest(step_s, expected):
    assert Machine(step_s).fastest(6) == expected


def test_numbers_take_turns():
    machine = Machine({1: 1.0, 2: 1.0})
    machine.fastest(2)
    assert machine.asked[:4] == [1, 2, 1, 2]


def test_on_one_processor_nothing_is_measured():
    machine = Machine({})
    assert machine.fastest(1) == 1
    assert machine.asked == []


def test_threads_of_torch_stay_what_they_were():
    Machine({1: 1.0, 2: 0.5}).fastest(2)
    assert torch.get_num_threads() == 1
