from fer_ros.ros.image_counts import ImageCounts


def test_all_images_answered_means_node_kept_up():
    published, left_out, answered = ImageCounts(384, 0, 384).lines()
    assert published.endswith('camera_node     384')
    assert left_out.endswith('0   (fer_node kept up)')
    assert answered.endswith('384   (one per image that was not left out)')


def test_left_out_images_are_described_as_normal():
    *_, left_out, answered = ImageCounts(400, 100, 300).lines()
    assert '100   (25%; normal: ' in left_out
    assert '300   (one per image that was not left out)' in answered


def test_unanswered_images_are_counted():
    assert '383   (1 more were on their way' in ImageCounts(384, 0, 383).lines()[-1]


def test_unknown_published_count_is_a_question_mark():
    assert ImageCounts(None, 0, 10).lines()[0].endswith('?')
