from benchmarks.new_face import new_face_delays


def test_new_face_is_reported_within_one_second(maker):
    (delay_s,) = new_face_delays(maker, (480, 360), 1, phases=1)
    # 3 s would mean that it was never reported.
    assert 0 <= delay_s < 1
