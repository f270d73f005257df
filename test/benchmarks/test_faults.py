from random import Random

import pytest
from required import needs

needs('rclpy')
needs('fer_ros.msg')

from std_msgs.msg import Header

from benchmarks.faults.bad_images import odd_images, random_image, unreadable_images
from benchmarks.faults.bad_pictures import bombs
from benchmarks.faults.campaign import Allowed, Campaign
from benchmarks.faults.node_log import log_problems
from fer_ros.errors import ImageError
from fer_ros.messages.images import ImageDecoder
from fer_ros.ros.conversions import bgr_to_msg


@pytest.fixture(scope='module')
def campaign():
    # Speed and memory are judged by `make faults`, on an otherwise idle machine.
    campaign = Campaign(seed=1, allowed=Allowed(answer_s=60, growth=0.2))
    campaign.run(10, warm_up_images=10)
    return campaign


def test_ten_seconds_of_faults_leave_the_node_working(campaign):
    assert campaign.problems == []
    assert campaign.results


def test_ten_seconds_of_faults_leak_no_threads_or_descriptors(campaign):
    assert campaign.after.threads <= campaign.before.threads
    assert campaign.after.descriptors <= campaign.before.descriptors


def test_unreadable_images_are_rejected_by_decoder(portrait_bgr):
    images = list(unreadable_images(bgr_to_msg(portrait_bgr, Header())))
    assert len(images) > 40
    for image in images:
        with pytest.raises(ImageError):
            ImageDecoder().gray(image)


def test_odd_images_are_accepted_by_decoder(portrait_bgr):
    for image in odd_images(bgr_to_msg(portrait_bgr, Header())):
        # A string is cut at its zero byte in transport.
        image.encoding = image.encoding.partition('\0')[0]
        assert ImageDecoder().gray(image).size


def test_random_image_is_reproducible_from_seed(portrait_bgr):
    good = bgr_to_msg(portrait_bgr, Header())
    one, same, other = (random_image(good, Random(seed)) for seed in (1, 1, 2))
    assert one == same
    assert one != other


def test_decompression_bombs_are_small_files(portrait_bgr):
    import cv2

    jpeg = cv2.imencode('.jpg', portrait_bgr)[1].tobytes()
    assert all(len(bomb) < 300_000 for bomb in bombs(jpeg))


@pytest.mark.parametrize(
    ('lines', 'problems'),
    [
        ([], []),
        (['[WARN] [1.0] [fer_node]: bad 1', '[WARN] [7.0] [fer_node]: bad 2'], []),
        (
            ['[WARN] [1.0] [fer_node]: bad 1', '[WARN] [2.0] [fer_node]: bad 2'],
            ['repeated after 1.0 s: bad 2'],
        ),
        (['[ERROR] [1.0] [fer_node]: broken'], ['ERROR: broken']),
        (
            ['Traceback (most recent'],
            ['not a log message: Traceback (most recent'],
        ),
    ],
)
def test_log_check_allows_only_occasional_warnings(lines, problems):
    assert list(log_problems(lines)) == problems
