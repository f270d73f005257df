import av
import numpy as np
import pytest
from video_files import gray_image, times_of

from fer_ros.errors import SourceError
from fer_ros.media.video_file import VideoFile


def write(path, timed):
    video = VideoFile(path)
    for stamp_s, bgr in timed:
        video.write(bgr, stamp_s)
    video.close()
    return video


def test_images_are_written_at_their_own_times(tmp_path):
    levels = ((5.0, 50), (5.1, 100), (5.5, 200), (7.25, 20))
    write(tmp_path / 'v.mp4', [(stamp_s, gray_image(level)) for stamp_s, level in levels])
    assert times_of(tmp_path / 'v.mp4') == pytest.approx([0, 0.1, 0.5, 2.25])
    with av.open(str(tmp_path / 'v.mp4')) as container:
        found = [float(f.to_ndarray(format='gray').mean()) for f in container.decode(video=0)]
    assert found == pytest.approx([50, 100, 200, 20], abs=16)


def test_video_is_h264_with_its_index_before_its_data(tmp_path):
    video = write(tmp_path / 'v.mp4', [(0, gray_image(50)), (0.1, gray_image(60))])
    with av.open(str(tmp_path / 'v.mp4')) as container:
        stream = container.streams.video[0]
        assert (stream.codec_context.name, stream.pix_fmt) == ('h264', 'yuv420p')
    content = (tmp_path / 'v.mp4').read_bytes()
    assert content.index(b'moov') < content.index(b'mdat')
    assert video.note == ''


def test_without_h264_encoder_video_is_vp9_and_note_says_so(tmp_path, monkeypatch):
    codec = av.codec.Codec

    def without_h264(name, mode):
        return codec('no such encoder' if name == 'libx264' else name, mode)

    monkeypatch.setattr(av.codec, 'Codec', without_h264)
    video = write(tmp_path / 'v.mp4', [(0, gray_image(50)), (0.1, gray_image(60))])
    with av.open(str(tmp_path / 'v.mp4')) as container:
        assert container.streams.video[0].codec_context.name == 'vp9'
    assert video.note == 'v.mp4 is VP9, because this build of PyAV cannot write H.264'


def test_file_appears_only_when_closed(tmp_path):
    video = VideoFile(tmp_path / 'v.mp4')
    video.write(gray_image(50), 0.0)
    assert not (tmp_path / 'v.mp4').exists()
    video.close()
    assert [path.name for path in tmp_path.iterdir()] == ['v.mp4']


def test_video_without_images_leaves_no_file(tmp_path):
    VideoFile(tmp_path / 'v.mp4').close()
    assert list(tmp_path.iterdir()) == []


def test_image_not_later_than_previous_is_skipped(tmp_path):
    write(tmp_path / 'v.mp4', [(s, gray_image(50)) for s in (0.0, 0.1, 0.1, 0.05, 0.2)])
    assert times_of(tmp_path / 'v.mp4') == pytest.approx([0, 0.1, 0.2])


def test_odd_image_size_is_rounded_up_to_even(tmp_path):
    write(tmp_path / 'v.mp4', [(0.0, np.full((37, 51, 3), 90, np.uint8))])
    with av.open(str(tmp_path / 'v.mp4')) as container:
        (frame,) = container.decode(video=0)
    assert (frame.width, frame.height) == (52, 38)
    assert frame.to_ndarray(format='gray').std() < 3


def test_missing_folder_is_an_error_naming_the_video(tmp_path):
    video = VideoFile(tmp_path / 'nowhere' / 'v.mp4')
    with pytest.raises(SourceError, match=r'nowhere/v\.mp4 cannot be written: No such file'):
        video.write(gray_image(50), 0.0)


def test_video_states_its_colours(tmp_path):
    write(tmp_path / 'v.mp4', [(0.0, np.full((720, 1280, 3), (0, 94, 213), np.uint8))])
    with av.open(str(tmp_path / 'v.mp4')) as container:
        said = container.streams.video[0].codec_context
        names = ('color_primaries', 'color_trc', 'colorspace', 'color_range')
        # sRGB by the matrix of BT.601: players would take HD for BT.709.
        assert [int(getattr(said, name)) for name in names] == [1, 13, 6, 1]
