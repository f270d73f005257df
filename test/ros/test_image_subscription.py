"""One image topic, received from real publishers."""

import pytest
from sensor_msgs.msg import Image

from fer_ros.ros.image_subscription import ImageSubscription

TOPIC = '/camera/image_raw'


@pytest.fixture
def heard(graph):
    """Return the widths of the received images, and what is reported as lost, as growing lists."""
    images, lost = [], []
    subscription = ImageSubscription(
        graph.tester, TOPIC, 'reliable', lambda msg: images.append(msg.width), lost.append
    )
    yield images, lost
    subscription.close()


def publish(graph, heard, publisher, *widths):
    images, _ = heard
    for width in widths:
        publisher.publish(Image(width=width))
        assert graph.spin_until(lambda width=width: images[-1:] == [width])


def test_images_of_departed_publisher_are_not_counted_as_lost(graph, heard):
    first = graph.tester.create_publisher(Image, TOPIC, 1)
    graph.spin_until_matched(TOPIC)
    publish(graph, heard, first, 1, 2, 3, 4, 5)
    second = graph.tester.create_publisher(Image, TOPIC, 1)
    assert graph.spin_until(lambda: graph.tester.count_publishers(TOPIC) == 2)
    graph.spin_until_matched(TOPIC)
    publish(graph, heard, second, 6)
    graph.tester.destroy_publisher(second)
    assert graph.spin_until(lambda: graph.tester.count_publishers(TOPIC) == 1)
    publish(graph, heard, first, 7)
    assert heard[1] == []
