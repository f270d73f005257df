import pytest

from fer_ros.report.time_text import duration, emotions_text, time_span


@pytest.mark.parametrize(
    ('seconds', 'text'),
    [
        (0, '0.0 s'),
        (59.94, '59.9 s'),
        (59.96, '1 min 00 s'),
        (61, '1 min 01 s'),
        (119.7, '2 min 00 s'),
        (3600, '1 h 00 min'),
        (7380, '2 h 03 min'),
    ],
)
def test_duration_is_human_readable(seconds, text):
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ('start_s', 'end_s', 'text'),
    [
        (0, 15.43, '0.0–15.4 s'),
        (3.5, 3.5, '3.5–3.5 s'),
        (59.7, 185.2, '1:00–3:05'),
        (0, 3725, '0:00–1:02:05'),
    ],
)
def test_span_is_in_seconds_or_clock_time(start_s, end_s, text):
    assert time_span(start_s, end_s) == text


def test_text_lists_only_predominant_emotions():
    shares = {'happiness': 0.57, 'neutral': 0.41, 'fear': 0.02}
    assert emotions_text(shares) == 'happiness 57 %, neutral 41 %'


def test_text_lists_one_to_three_emotions_if_there_are_any():
    assert emotions_text({'fear': 0.04}) == 'fear 4 %'
    assert emotions_text(dict.fromkeys('abcd', 0.25)) == 'a 25 %, b 25 %, c 25 %'
    assert emotions_text({}) == ''
