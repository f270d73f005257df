import pytest

from fer_ros.bench.ratio import busy_sentence, speed_ratio


def test_ratio_is_the_median_over_rounds_with_its_range():
    ratio = speed_ratio([20.0, 24.0, 30.0], [10.0, 10.0, 12.0])
    assert str(ratio) == '2.40 (2.00-2.50)'
    assert ratio.figures() == {
        'spread_of_rounds': pytest.approx(1.5),
        'first_is_times_as_fast': 2.4,
        'first_is_times_as_fast_by_round': [2.0, 2.4, 2.5],
    }


@pytest.mark.parametrize(
    ('first', 'other'),
    [
        pytest.param([16.0, 10.0], [1.0, 1.0], id='rounds of the first differ'),
        pytest.param([10.0, 10.0], [1.6, 1.0], id='rounds of the other differ'),
        pytest.param([12.0, 10.0], [1.0, 1.4], id='ratios differ'),
    ],
)
def test_no_ratio_is_given_if_rounds_differ_by_more_than_half(first, other):
    ratio = speed_ratio(first, other)
    assert not ratio.steady
    assert str(ratio) == 'machine is busy'
    assert ratio.figures().keys() == {'spread_of_rounds'}


def test_busy_machine_is_reported_with_unsteady_ratios():
    ratios = {'ours': speed_ratio([1, 1], [1, 1]), 'theirs': speed_ratio([1, 1], [1, 2])}
    assert busy_sentence(ratios) == (
        'the machine is busy: rounds differ by more than a factor of 1.5 (theirs: 2.0), so that '
        'no ratio is given; measure again when nothing else runs'
    )
    del ratios['theirs']
    assert busy_sentence(ratios) == ''
