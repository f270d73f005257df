import io
import re
import sys

import pytest

from fer_ros.progress import ProgressBar


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_log_has_a_line_for_each_tenth(capsys):
    for _ in ProgressBar(range(1000), 'faces', unit=' faces', mininterval=0, miniters=1):
        pass
    lines = capsys.readouterr().err.splitlines()
    shares = [re.match(r'faces: +(\d+)% \d+/1000 \[', line)[1] for line in lines]
    assert shares == ['10', '20', '30', '40', '50', '60', '70', '80', '90', '100']


def test_last_line_in_a_log_says_how_far_it_came(capsys):
    with ProgressBar(total=100, desc='faces') as bar:
        bar.update(7)
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith('faces:   7% 7/100 [')


def test_total_that_is_unknown_gives_the_count_at_the_end(capsys):
    with ProgressBar(desc='webcam', unit=' images') as bar:
        for _ in range(50):
            bar.update()
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith('webcam: 50 images [')


def test_sentence_in_between_does_not_repeat_lines_of_a_log(capsys):
    with ProgressBar(total=4, desc='bags', mininterval=0) as bar:
        bar.update(2)
        ProgressBar.write('monday is damaged', file=sys.stderr)
    said = capsys.readouterr().err.splitlines()
    assert [line.split()[0] for line in said] == ['bags:', 'monday']


@pytest.mark.parametrize('shown', [True, False])
def test_bar_on_a_terminal_is_drawn_if_it_is_shown(shown, monkeypatch):
    monkeypatch.setattr(sys, 'stderr', Terminal())
    with ProgressBar(total=4, desc='bags', disable=not shown) as bar:
        bar.update(4)
    said = sys.stderr.getvalue()
    assert ('\rbags: 100%|' in said) is shown


def test_nothing_is_written_to_a_log_if_it_is_not_shown(capsys):
    with ProgressBar(total=4, disable=True) as bar:
        bar.update(4)
    assert capsys.readouterr().err == ''
