import threading

import pytest

from fer_ros.ros.newest_frames import NewestFrames


class Worker:
    """Records the frames that it is given, and blocks until it is released."""

    def __init__(self):
        self.given = []
        self.free = threading.Event()
        self.working = threading.Semaphore(0)

    def __call__(self, frames):
        self.given.append(dict(frames))
        self.working.release()
        assert self.free.wait(30)


@pytest.fixture
def worker():
    return Worker()


@pytest.fixture
def frames(worker):
    frames = NewestFrames(worker)
    yield frames
    worker.free.set()
    frames.stop()


def test_burst_drops_all_but_the_newest_frame_of_each_source(frames, worker):
    assert frames.offer('left', 0) is False
    assert worker.working.acquire(timeout=30)
    dropped = [frames.offer('left', number) for number in range(1, 6)]
    assert dropped == [False, True, True, True, True]
    assert frames.offer('right', 1) is False
    worker.free.set()
    assert worker.working.acquire(timeout=30)
    assert worker.given == [{'left': 0}, {'left': 5, 'right': 1}]


def test_frame_that_is_being_processed_is_finished_before_the_end(frames, worker):
    frames.offer('left', 0)
    assert worker.working.acquire(timeout=30)
    frames.offer('left', 1)
    end = threading.Thread(target=frames.stop)
    end.start()
    worker.free.set()
    end.join(30)
    assert not end.is_alive()
    assert worker.given == [{'left': 0}]


def test_thread_that_hangs_is_waited_for_as_long_as_is_asked(frames, worker):
    frames.offer('left', 0)
    assert worker.working.acquire(timeout=30)
    assert frames.stop(within_s=0.01) is False
    worker.free.set()
    assert frames.stop() is True


def test_time_at_the_same_frames_is_told(frames, worker):
    assert frames.busy_s() == 0
    frames.offer('left', 0)
    assert worker.working.acquire(timeout=30)
    first_s = frames.busy_s()
    assert 0 < first_s < frames.busy_s()
    worker.free.set()
    frames.stop()
    assert frames.busy_s() == 0
