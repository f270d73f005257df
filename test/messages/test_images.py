"""What holds without ROS; the encodings one by one are in ros/test_conversions.py."""

import sys

import numpy as np
import pytest
from bag_files import jpeg, raw

from fer_ros.errors import ImageError
from fer_ros.messages.images import bgr_from_msg, gray_from_msg


def test_messages_of_rosbags_are_read(portrait_bgr):
    assert (bgr_from_msg(raw(portrait_bgr, 1)) == portrait_bgr).all()
    assert bgr_from_msg(jpeg(portrait_bgr, 1)).shape == portrait_bgr.shape
    assert gray_from_msg(raw(portrait_bgr, 1)).shape == portrait_bgr.shape[:2]


def test_encoding_of_four_channels_is_converted():
    pixels = np.zeros((4, 6, 4), np.uint8) + np.array([30, 200, 120, 255], np.uint8)
    assert (bgr_from_msg(raw(pixels, 1, 'bgra8')) == [30, 200, 120]).all()


def test_unknown_encoding_is_an_error():
    with pytest.raises(ImageError, match="encoding '16UC1' cannot be read, supported are mono8"):
        gray_from_msg(raw(np.zeros((4, 6, 2), np.uint8), 1, '16UC1'))


def test_without_the_library_the_sentence_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, 'rosbags.image', None)
    with pytest.raises(ImageError, match='needs the pip package rosbags-image'):
        bgr_from_msg(raw(np.zeros((4, 6, 4), np.uint8), 1, 'bgra8'))
