import pytest

from fer_ros.bench.images import one_face_chunks
from fer_ros.bench.turns import Chunk, OneByOne, Turn, images_per_second, take_turns


class Letters:
    """Records its calls in a shared log."""

    def __init__(self, log, letter):
        self.log, self.letter = log, letter
        self.stage_s = {'think': 0.25}

    def process(self, image, stamp_s):
        self.log.append(f'{self.letter}{image}')
        return [image] if image else []

    def reset(self):
        self.log.append(f'{self.letter}-')


def chunk(*images, first=False):
    return Chunk(images, [image / 30 for image in images], first)


def test_sides_alternate_by_chunk_and_reset_at_first_one():
    log = []
    sides = [OneByOne(letter, Letters(log, letter)) for letter in 'ab']
    taken = take_turns(sides, [chunk(1, 2, first=True), chunk(3)], 1, rest_s=0)
    warm_up = 'a- a1 a2 b- b1 b2'
    assert ' '.join(log) == f'{warm_up} a- a1 a2 b- b1 b2 a3 b3'
    assert [turn.results for turn in taken['b'][0]] == [[[1], [2]], [[3]]]


def test_turn_waits_for_unfinished_work():
    log = []
    side = OneByOne('a', Letters(log, 'a'), settle=lambda: log.append('settled'))
    turn = side.run(chunk(1, 0))
    assert log == ['a1', 'a0', 'settled']
    assert turn.found == 1
    assert turn.stages_s == [{'think': 0.25}] * 2
    assert turn.elapsed_s >= sum(turn.times_s)


def test_speed_is_images_per_second_of_each_round():
    rounds = [[Turn([1, 2], 2, 0.5), Turn([3], 1, 0.25)], [Turn([1], 1, 0.5)]]
    assert images_per_second(rounds) == [4.0, 2.0]


def test_one_face_chunks_show_one_person_after_another():
    chunks = one_face_chunks((64, 48))
    assert [len(chunk.images) for chunk in chunks] == [60] * 6
    assert [chunk.first for chunk in chunks] == [True, False] * 3
    assert chunks[2].stamps_s[0] == pytest.approx(3.4)
    # Backwards from the middle on.
    assert (chunks[1].images[0] == chunks[0].images[59]).all()
    assert chunks[0].images[0].shape == (48, 64, 3)


def test_one_face_chunks_can_be_limited_in_length():
    assert [len(chunk.images) for chunk in one_face_chunks((64, 48), 62)] == [60, 2]
