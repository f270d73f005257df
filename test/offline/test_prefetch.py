import threading

import pytest

from fer_ros.offline.prefetch import WriteBehind, read_ahead


def test_items_are_read_in_order():
    assert list(read_ahead(iter(range(100)), 3)) == list(range(100))


def test_items_are_read_before_they_are_requested():
    third = threading.Event()

    def items():
        yield 1
        yield 2
        third.set()
        yield 3

    ahead = read_ahead(items(), 3)
    assert next(ahead) == 1
    assert third.wait(5)
    ahead.close()


def test_no_more_than_depth_items_are_read_ahead():
    read = []

    def items():
        for number in range(100):
            read.append(number)
            yield number

    ahead = read_ahead(items(), 2)
    next(ahead)
    ahead.close()
    # One was taken, two wait, one is being read, and closing takes the next.
    assert len(read) <= 5


def test_stop_ends_items_while_the_next_one_cannot_be_read():
    stop, never = threading.Event(), threading.Event()

    def items():
        yield 1
        never.wait()
        yield 2

    ahead = read_ahead(items(), 3, stop)
    assert next(ahead) == 1
    stop.set()
    assert list(ahead) == []
    never.set()


def test_source_error_is_raised_at_its_position():
    def items():
        yield 1
        raise ValueError('torn')

    ahead = read_ahead(items(), 3)
    assert next(ahead) == 1
    with pytest.raises(ValueError, match='torn'):
        next(ahead)


def test_close_writes_everything_in_order():
    written = []
    behind = WriteBehind(written.append, 2)
    for number in range(50):
        behind.put(number)
    behind.close()
    assert written == list(range(50))


def test_writer_error_is_raised_by_close():
    def write(item):
        raise OSError('disk full')

    behind = WriteBehind(write, 2)
    behind.put(1)
    with pytest.raises(OSError, match='disk full'):
        behind.close()


def test_end_of_with_block_writes_everything():
    written = []
    with WriteBehind(written.append, 2) as behind:
        behind.put(1)
    assert written == [1]


def test_writer_error_does_not_hide_error_in_with_block():
    def write(item):
        raise OSError('disk full')

    def use():
        with WriteBehind(write, 2) as behind:
            behind.put(1)
            raise ValueError('torn')

    with pytest.raises(ValueError, match='torn'):
        use()
