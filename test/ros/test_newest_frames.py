import threading
import time

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


def test_burst_drops_all_but_newest_frame_of_each_source(frames, worker):
    assert frames.offer('left', 0) is False
    assert worker.working.acquire(timeout=30)
    dropped = [frames.offer('left', number) for number in range(1, 6)]
    assert dropped == [False, True, True, True, True]
    assert frames.offer('right', 1) is False
    worker.free.set()
    assert worker.working.acquire(timeout=30)
    assert worker.given == [{'left': 0}, {'left': 5, 'right': 1}]


def test_stop_finishes_frame_in_progress_and_drops_waiting_one(frames, worker):
    frames.offer('left', 0)
    assert worker.working.acquire(timeout=30)
    frames.offer('left', 1)
    end = threading.Thread(target=frames.stop)
    end.start()
    # Otherwise the worker may be free before the thread has called stop: another frame replaces
    # the waiting one until that has been dropped.
    while frames.offer('left', 1):
        time.sleep(0.001)
    worker.free.set()
    end.join(30)
    assert not end.is_alive()
    assert worker.given == [{'left': 0}]


def test_stop_waits_for_hanging_thread_only_as_long_as_asked(frames, worker):
    frames.offer('left', 0)
    assert worker.working.acquire(timeout=30)
    assert frames.stop(within_s=0.01) is False
    worker.free.set()
    assert frames.stop() is True


def test_busy_time_grows_while_frames_are_processed(frames, worker):
    assert frames.busy_s() == 0
    frames.offer('left', 0)
    assert worker.working.acquire(timeout=30)
    first_s = frames.busy_s()
    assert 0 < first_s < frames.busy_s()
    worker.free.set()
    frames.stop()
    assert frames.busy_s() == 0
