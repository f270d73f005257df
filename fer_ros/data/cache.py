"""Prepares data once, in parallel, and keeps the results in a cache."""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, TypeVar

import cv2
import numpy as np
import numpy.typing as npt

from fer_ros.atomic_file import atomic_file
from fer_ros.errors import DatasetError
from fer_ros.processors import usable_processors
from fer_ros.progress import ProgressBar
from fer_ros.user_folders import user_cache_folder
from fer_ros.worker_process import Lifeline, hold

CACHE = user_cache_folder()

Arrays = dict[str, npt.NDArray[Any]]
Task = TypeVar('Task')


def cache_key(method: str, *contents: bytes | npt.NDArray[Any]) -> str:
    """Return a digest that names the result of applying a method to some contents.

    Args:
        method: Name of the method with all its settings.
        *contents: Bytes or arrays that the method is applied to; arrays are not copied.
    """
    digest = hashlib.blake2b(method.encode(), digest_size=16)
    for content in contents:
        array = np.frombuffer(content, np.uint8) if isinstance(content, bytes) else content
        values = np.ascontiguousarray(array).reshape(-1).view(np.uint8)
        digest.update(len(values).to_bytes(8, 'little'))
        digest.update(values.data)
    return digest.hexdigest()


def prepare(
    work: Callable[[Task], Arrays],
    tasks: Mapping[str, Task],
    cache: Path,
    describe: str,
    sizes: Mapping[str, int] | None = None,
    progress: bool = True,
) -> dict[str, str]:
    """Do the tasks whose result is not in the cache yet, one per processor at a time.

    An interrupted call resumes where it stopped.

    Args:
        work: Function of a module, which other processes can import. A ``DatasetError`` that it
            raises becomes the problem of its task.
        tasks: Tasks by the key that ``cache_key`` returns.
        cache: Folder of the results, created if missing; see ``load_prepared``.
        describe: Label and unit of the progress bar, such as ``clips``.
        sizes: Number of units in each task; by default 1.
        progress: Whether to show the progress bar.

    Returns:
        A sentence for each key whose task failed.

    Raises:
        DatasetError: A process was killed.
    """
    cache.mkdir(parents=True, exist_ok=True)
    size = dict.fromkeys(tasks, 1) if sizes is None else sizes
    todo = [(work, key, task, cache) for key, task in tasks.items() if not _file(cache, key)]
    problems: dict[str, str] = {}
    with ProgressBar(
        total=sum(size[key] for key in tasks),
        initial=sum(size[key] for key in tasks) - sum(size[key] for _, key, _, _ in todo),
        desc=describe,
        unit=f' {describe}',
        disable=not progress,
    ) as bar:
        for key, problem in _run_all(todo):
            bar.update(size[key])
            if problem:
                problems[key] = problem
    return problems


def made_once(cache: Path, key: str, make: Callable[[], Arrays]) -> Arrays:
    """Return the cached arrays of a key; make them in this process and cache them if missing.

    Args:
        cache: Folder of the results, created if missing.
        key: Key from ``cache_key``.
        make: Returns the arrays.
    """
    if not _file(cache, key):
        cache.mkdir(parents=True, exist_ok=True)
        _keep(cache, key, make())
    return load_prepared(cache, key)


def load_prepared(cache: Path, key: str) -> Arrays:
    """Return the cached result of a task."""
    with np.load(cache / f'{key}.npz') as file:
        return {name: file[name] for name in file.files}


def _file(cache: Path, key: str) -> bool:
    return (cache / f'{key}.npz').is_file()


def _run_all(todo: list[tuple[Any, str, Any, Path]]) -> Iterator[tuple[str, str]]:
    if not todo:
        return
    workers = min(usable_processors(), len(todo))
    if workers == 1:
        yield from map(_run, todo)
        return
    context = get_context('spawn')
    with (
        Lifeline(context) as lifeline,
        ProcessPoolExecutor(workers, context, _begin, (lifeline.end,)) as pool,
    ):
        running = [pool.submit(_run, job) for job in todo]
        try:
            for done in as_completed(running):
                yield done.result()
        except BrokenProcessPool as error:
            raise DatasetError(
                'a process that prepared data was killed (out of memory?); finished work is kept, '
                'run the command again'
            ) from error
        except BaseException:
            lifeline.cut()
            raise
        finally:
            pool.shutdown(cancel_futures=True)


def _begin(lifeline_end: Connection) -> None:
    hold(lifeline_end)
    cv2.setNumThreads(1)


def _run(job: tuple[Callable[[Any], Arrays], str, Any, Path]) -> tuple[str, str]:
    work, key, task, cache = job
    try:
        arrays = work(task)
    except DatasetError as error:
        return key, str(error)
    _keep(cache, key, arrays)
    return key, ''


def _keep(cache: Path, key: str, arrays: Arrays) -> None:
    with atomic_file(cache / f'{key}.npz') as aside, aside.open('wb') as stream:
        np.savez_compressed(stream, **arrays)  # type: ignore[arg-type]
