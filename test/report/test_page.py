import pytest

from fer_ros.analysis.agreement import ConfusionFigures
from fer_ros.report.page import confusion_cell, duration, shown_classes

FIGURES = ConfusionFigures(
    4, 0.75, 0.86, ('neutral', 'happiness', 'fear'), ((3, 1, 0), (0, 0, 0), (0, 0, 0))
)


@pytest.mark.parametrize(
    ('seconds', 'text'),
    [
        (0, '0.0 s'),
        (59.94, '59.9 s'),
        (61, '1 min 01 s'),
        (3600, '1 h 00 min'),
        (7380, '2 h 03 min'),
    ],
)
def test_duration_is_said_as_a_person_says_it(seconds, text):
    assert duration(seconds) == text


def test_cell_is_count_and_share_of_its_label():
    assert confusion_cell(FIGURES, 'neutral', 'happiness') == (1, 25.0)
    assert confusion_cell(FIGURES, 'fear', 'fear') == (0, 0.0)


def test_only_classes_that_occur_are_shown():
    assert shown_classes(FIGURES) == ['neutral', 'happiness']
