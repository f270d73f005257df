from fer_ros.counted import counted


def test_one_is_counted_in_singular():
    assert counted(1, 'training face') == '1 training face'


def test_zero_and_several_are_counted_in_plural():
    assert [counted(0, 'picture'), counted(2, 'picture')] == ['0 pictures', '2 pictures']
