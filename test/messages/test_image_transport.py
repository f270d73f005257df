import pytest

from fer_ros.messages.image_transport import (
    COMPRESSED,
    IMAGE_TRANSPORTS,
    RAW,
    annotated_topics,
    base_topic,
    sibling_topic,
    transport_of,
)


@pytest.mark.parametrize(
    ('topic', 'transport', 'base'),
    [
        ('/camera/image_raw', RAW, '/camera/image_raw'),
        ('/camera/image_raw/compressed', COMPRESSED, '/camera/image_raw'),
        ('/compressed_camera', RAW, '/compressed_camera'),
    ],
)
def test_topic_name_determines_transport_and_base_topic(topic, transport, base):
    assert transport_of(topic) is transport
    assert base_topic(topic) == base


@pytest.mark.parametrize('suffix', [one.suffix for one in IMAGE_TRANSPORTS.values()])
def test_sibling_topic_is_same_for_all_transports(suffix):
    assert sibling_topic(f'/robot/eye/image_raw{suffix}', 'info') == '/robot/eye/info'
    assert sibling_topic(f'/image{suffix}', 'info') == '/info'
    assert sibling_topic(f'image{suffix}', 'info') == 'info'


@pytest.mark.parametrize(
    ('topics', 'annotated'),
    [
        (['/camera/image_raw'], ['/camera/image_annotated']),
        (['/image'], ['/image_annotated']),
        (['image_raw'], ['image_annotated']),
        (['/cam/image_annotated'], ['/cam/image_annotated_annotated']),
        (['/cam/image_raw/compressed'], ['/cam/image_annotated']),
        (['/cam/left', '/cam/right'], ['/cam/left_annotated', '/cam/right_annotated']),
        (['/l/image_raw', '/r/image_raw'], ['/l/image_annotated', '/r/image_annotated']),
    ],
)
def test_annotated_topic_is_next_to_image_topic(topics, annotated):
    assert annotated_topics(topics) == annotated
