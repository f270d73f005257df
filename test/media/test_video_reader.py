import sys
from pathlib import Path

import av
import numpy as np
import pytest
from video_files import gray_image, shared_file, write_video

from fer_ros.errors import SourceError
from fer_ros.media.video_reader import VideoReader

# Three seconds at 15 images per second, then nine at 5, as from phones and screen recorders.
VARIABLE_S = [index / 15 for index in range(45)] + [3 + index / 5 for index in range(45)]
# As from a browser's recorder: a time base of one millisecond and no frame rate.
BROWSER_S = [round(index * 0.0667 + 0.011 * (index * 7 % 5), 3) for index in range(90)]


def read(path):
    problems = []
    timed = list(VideoReader(path, problems.append))
    return [time_s for time_s, _ in timed], [float(bgr.mean()) for _, bgr in timed], problems


def noise(count):
    rng = np.random.default_rng(0)
    return [rng.integers(0, 256, (48, 64, 3), np.uint8) for _ in range(count)]


@pytest.mark.parametrize(
    ('name', 'codec', 'times_s'),
    [('phone.mp4', 'libx264', VARIABLE_S), ('browser.webm', 'libvpx', BROWSER_S)],
)
def test_image_times_are_those_of_the_container(tmp_path, name, codec, times_s):
    path = write_video(tmp_path / name, [(time_s, gray_image(90)) for time_s in times_s], codec)
    found, _, problems = read(path)
    assert found == pytest.approx(times_s, abs=0.001)
    assert problems == []


def test_implausible_frame_rate_is_ignored():
    reader = VideoReader(shared_file('cases/browser_webm/browser.webm'), print)
    times_s = [time_s for time_s, _ in reader]
    assert reader.rate_hz == 30
    assert len(times_s) == 90
    assert times_s[-1] == pytest.approx(5.963)


def test_times_of_variable_rate_video_are_read():
    times_s, _, _ = read(shared_file('cases/vfr_video/vfr.mp4'))
    assert times_s[45] == pytest.approx(3.0)
    assert times_s[-1] == pytest.approx(11.8)


def test_gif_keeps_its_frame_delays(tmp_path):
    from PIL import Image

    pictures = [Image.new('RGB', (32, 24), (level, level, level)) for level in (20, 120, 220)]
    pictures[0].save(
        tmp_path / 'g.gif', save_all=True, append_images=pictures[1:], duration=[500, 200, 300]
    )
    times_s, levels, _ = read(tmp_path / 'g.gif')
    assert times_s == pytest.approx([0, 0.5, 0.7])
    assert levels == pytest.approx([20, 120, 220], abs=3)


def test_file_whose_last_image_is_shown_for_long_is_complete(tmp_path):
    from PIL import Image

    pictures = [Image.new('RGB', (32, 24), (level, level, level)) for level in (20, 120)]
    pictures[0].save(
        tmp_path / 'g.gif', save_all=True, append_images=pictures[1:], duration=[100, 3000]
    )
    times_s, _, problems = read(tmp_path / 'g.gif')
    assert times_s == pytest.approx([0, 0.1])
    assert problems == []


def test_file_name_with_colon_is_not_an_address(tmp_path, monkeypatch):
    write_video(tmp_path / 'v.mp4', [(0, gray_image(90)), (0.1, gray_image(90))])
    (tmp_path / 'v.mp4').rename(tmp_path / '12:30:05.mp4')
    monkeypatch.chdir(tmp_path)
    times_s, _, _ = read(Path('12:30:05.mp4'))
    assert times_s == pytest.approx([0, 0.1])


def test_video_damaged_in_middle_is_read_to_end_with_correct_times(tmp_path):
    times_s = [index / 10 for index in range(60)]
    every_image_whole = {'g': '1', 'crf': '30'}
    path = write_video(
        tmp_path / 'v.mp4', list(zip(times_s, noise(60), strict=True)), options=every_image_whole
    )
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + len(content) // 20] = bytes(len(content) // 20)
    path.write_bytes(content)
    found, _, problems = read(path)
    assert 40 <= len(found) < 60
    assert set(np.round(found, 3)) < set(np.round(times_s, 3))
    assert found[-1] == pytest.approx(5.9)
    assert (
        f'v.mp4 is damaged: {60 - len(found)} images could not be read, the first after'
        in (problems[0])
    )


def test_truncated_file_is_reported(tmp_path):
    timed = [(index / 10, image) for index, image in enumerate(noise(60))]
    header_first = {'movflags': '+faststart'}
    path = write_video(tmp_path / 'v.mp4', timed, container_options=header_first)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) * 2 // 3])
    found, _, problems = read(path)
    assert 20 < len(found) < 60
    assert any('its header states 5.94 s: the rest is lost' in sentence for sentence in problems)


def test_audio_only_file_is_an_error(tmp_path):
    with av.open(str(tmp_path / 's.wav'), 'w') as container:
        stream = container.add_stream('pcm_s16le', rate=8000)
        stream.layout = 'mono'
        silence = np.zeros((1, 800), np.int16)
        frame = av.AudioFrame.from_ndarray(silence, format='s16', layout='mono')
        frame.sample_rate = 8000
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    with pytest.raises(SourceError, match=r's\.wav contains no images: there is only audio'):
        VideoReader(tmp_path / 's.wav', print)


def test_empty_file_is_an_error(tmp_path):
    (tmp_path / 'v.mp4').touch()
    with pytest.raises(SourceError, match=r'v\.mp4 is empty: it has 0 bytes'):
        VideoReader(tmp_path / 'v.mp4', print)


def test_error_for_missing_pyav_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, 'av', None)
    with pytest.raises(SourceError, match="not installed: pip install 'av>=15'"):
        VideoReader(tmp_path / 'v.mp4', print)


def test_pyav_that_does_not_know_rotations_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(av, '__version__', '11.0.0')
    with pytest.raises(SourceError, match=r"PyAV 11\.0\.0 is too old.*; pip install 'av>=15'"):
        VideoReader(tmp_path / 'v.mp4', print)
