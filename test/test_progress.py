import io
import re
import sys

import pytest

from fer_ros.progress import ProgressBar


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_log_has_a_line_for_every_ten_percent(capsys):
    for _ in ProgressBar(range(1000), 'faces', unit=' faces', mininterval=0, miniters=1):
        pass
    lines = capsys.readouterr().err.splitlines()
    shares = [re.match(r'faces: +(\d+)% \d+/1000 \[', line)[1] for line in lines]
    assert shares == ['10', '20', '30', '40', '50', '60', '70', '80', '90', '100']


def test_last_log_line_shows_how_far_it_got(capsys):
    with ProgressBar(total=100, desc='faces') as bar:
        bar.update(7)
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith('faces:   7% 7/100 [')


def test_unknown_total_logs_count_at_the_end(capsys):
    with ProgressBar(desc='webcam', unit=' images') as bar:
        for _ in range(50):
            bar.update()
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith('webcam: 50 images [')


def test_message_in_between_does_not_repeat_log_lines(capsys):
    with ProgressBar(total=4, desc='bags', mininterval=0) as bar:
        bar.update(2)
        ProgressBar.write('monday is damaged', file=sys.stderr)
    said = capsys.readouterr().err.splitlines()
    assert [line.split()[0] for line in said] == ['bags:', 'monday']


@pytest.mark.parametrize('shown', [True, False])
def test_bar_is_drawn_on_terminal_unless_disabled(shown, monkeypatch):
    monkeypatch.setattr(sys, 'stderr', Terminal())
    with ProgressBar(total=4, desc='bags', disable=not shown) as bar:
        bar.update(4)
    said = sys.stderr.getvalue()
    assert ('\rbags: 100%|' in said) is shown


def test_disabled_bar_writes_nothing_to_log(capsys):
    with ProgressBar(total=4, disable=True) as bar:
        bar.update(4)
    assert capsys.readouterr().err == ''
