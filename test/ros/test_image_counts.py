from fer_ros.ros.image_counts import ImageCounts


def test_all_answered_is_said_to_be_as_it_should():
    published, left_out, answered = ImageCounts(384, 0, 384).lines()
    assert published.endswith('camera_node     384')
    assert left_out.endswith('0   (fer_node kept up)')
    assert answered.endswith('384   (one per image that was not left out)')


def test_images_left_out_are_said_to_be_normal():
    *_, left_out, answered = ImageCounts(400, 100, 300).lines()
    assert '100   (25%; normal: ' in left_out
    assert '300   (one per image that was not left out)' in answered


def test_images_without_an_answer_are_counted():
    assert '383   (1 more were on their way' in ImageCounts(384, 0, 383).lines()[-1]


def test_count_that_camera_node_did_not_say_is_a_question_mark():
    assert ImageCounts(None, 0, 10).lines()[0].endswith('?')
