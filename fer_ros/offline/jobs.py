"""Bag jobs: process bags in this process, in several processes or on a cluster."""

import multiprocessing
import sys
import traceback
from collections.abc import Iterator, Sequence
from concurrent.futures import CancelledError, ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace
from functools import partial
from multiprocessing.synchronize import RLock
from pathlib import Path

from fer_ros.analysis.label_intervals import Labels, read_label_file
from fer_ros.analysis.label_topic import read_label_topic
from fer_ros.bags.images import bag_images
from fer_ros.bags.reader import BagReader
from fer_ros.errors import FerError, SettingError, WorkerLostError
from fer_ros.offline.output_folder import REPORT, output_folder
from fer_ros.offline.recording import RecordingRun
from fer_ros.offline.settings import RunSettings
from fer_ros.printable import printable
from fer_ros.processors import usable_processors
from fer_ros.progress import ProgressBar
from fer_ros.report.json_record import read_record
from fer_ros.report.report import Report
from fer_ros.worker_process import Lifeline, call_apart

# A bag keeps about this many processors busy.
_PROCESSORS_PER_BAG = 2


@dataclass(frozen=True)
class BagJob:
    """One bag to be processed.

    Attributes:
        bag: Folder or file of the bag.
        folder: Folder for its outputs.
        settings: Settings, shared by all bags of a command.
        force: Whether to process the bag again if an earlier run is complete.
        position: Line of its progress bar; ``None`` if there is only one.
    """

    bag: Path
    folder: Path
    settings: RunSettings
    force: bool = False
    position: int | None = None


@dataclass(frozen=True)
class Verdict:
    """Result of a job.

    Attributes:
        job: The job.
        report: Report; ``None`` if the bag could not be processed.
        failure: Why the bag could not be processed, as a sentence; empty if it was.
        kept: Whether the report is from an earlier run.
    """

    job: BagJob
    report: Report | None
    failure: str = ''
    kept: bool = False


def make_jobs(
    bags: Sequence[Path], out: Path, settings: RunSettings, force: bool = False
) -> list[BagJob]:
    """Return a job for each bag, with a folder in ``out`` that is named after the bag.

    Raises:
        SettingError: A bag is given twice.
    """
    paths = [bag.resolve() for bag in bags]
    for path in paths:
        if paths.count(path) > 1:
            raise SettingError(f'bag {path} is given twice')
    names = [printable(path.name) for path in paths]
    unique: list[str] = []
    for path, name in zip(paths, names, strict=True):
        # Bags in different folders may have the same name.
        if names.count(name) > 1:
            name = printable('-'.join(path.parts[1:]))
        # a/b-c and a-b/c are different bags.
        while name in unique:
            name += '_'
        unique.append(name)
    return [
        BagJob(path, out.resolve() / name, settings, force, line if len(paths) > 1 else None)
        for line, (path, name) in enumerate(zip(paths, unique, strict=True))
    ]


def judge_bag(job: BagJob) -> Verdict:
    """Process one bag and write its folder; errors are returned, not raised.

    A bag that was already processed with the same settings is skipped.
    """
    try:
        key = job.settings.fingerprint(job.bag)
        finished = None if job.force else _finished(job, key)
        if finished is not None:
            return Verdict(job, finished, kept=True)
        with output_folder(job.folder) as aside:
            report = _judge(job, aside, key)
        return Verdict(job, report)
    except FerError as error:
        return Verdict(job, None, str(error))
    except OSError as error:
        return Verdict(job, None, f'bag {job.bag}: {error}')
    # Whatever is wrong with this bag or this program, the other bags must still be processed.
    except Exception as error:
        traceback.print_exc()
        return Verdict(job, None, f'bag {job.bag}: {type(error).__name__}: {error}')


def judge_bags(
    jobs: Sequence[BagJob], processes: int = 0, scheduler: str = ''
) -> Iterator[Verdict]:
    """Yield a verdict for each job as soon as it is finished.

    Args:
        jobs: Jobs to run.
        processes: Number of bags processed at a time; 0: half the number of processors.
        scheduler: Address of a Dask scheduler whose workers process the bags; they must have the
            same files under the same paths. Empty: the bags are processed on this machine.

    Raises:
        SettingError: ``processes`` is negative; or the scheduler cannot be reached, or its client
            is not installed.
    """
    if processes < 0:
        raise SettingError(f'processes is {processes}, expected 0 or more')
    if scheduler:
        yield from _on_cluster(jobs, scheduler)
        return
    processes = processes or max(1, usable_processors() // _PROCESSORS_PER_BAG)
    if len(jobs) == 1 or processes == 1:
        yield from map(judge_bag, (replace(job, position=None) for job in jobs))
        return
    yield from _in_processes(jobs, min(processes, len(jobs)))


def _judge(job: BagJob, folder: Path, key: str) -> Report:
    settings = job.settings
    with BagReader(job.bag) as reader:
        if settings.progress:
            name = printable(reader.path.name)
            ProgressBar.write(f'{name}: loading models\n', sys.stderr, end='')
        run = RecordingRun(settings)
        values = settings.parameters
        stream = bag_images(
            reader,
            settings.topics,
            values['max_image_pixels'],
            values['white_level'],
            values['rectified'],
        )
        if settings.progress:
            topics = ', '.join(f'{name} ({count})' for name, count in stream.topics.items())
            # In one piece, also if the process is stopped here.
            ProgressBar.write(f'{stream.name}: images of {topics}\n', end='')
        labels: Labels | None = None
        if settings.labels is not None:
            labels = read_label_file(settings.labels, run.classes)
        elif settings.label_topic:
            labels = read_label_topic(reader, settings.label_topic, stream.origin, run.classes)
        return run.write(stream, labels, folder, str(job.bag), key, job.position)


def _finished(job: BagJob, key: str) -> Report | None:
    """Return the report of an earlier run with the same settings and at least the same outputs."""
    try:
        report = read_record(Report, job.folder / REPORT)
    except (OSError, ValueError):
        return None
    return report if report.key == key and set(job.settings.parts) <= set(report.parts) else None


def _in_processes(jobs: Sequence[BagJob], processes: int) -> Iterator[Verdict]:
    """Process each bag in its own process, so that a killed process costs one known bag."""
    # The libraries' threads do not survive a fork.
    context = multiprocessing.get_context('spawn')
    judge = partial(_judge_with_bar, context.RLock())
    with Lifeline(context) as lifeline, ThreadPoolExecutor(processes) as lanes:

        def judge_apart(job: BagJob) -> Verdict:
            try:
                return call_apart(context, lifeline, judge, job)
            except WorkerLostError as error:
                return Verdict(job, None, f'bag {job.bag}: {error}')

        futures = [lanes.submit(judge_apart, job) for job in jobs]
        try:
            for future in as_completed(futures):
                yield future.result()
        except BaseException:
            lanes.shutdown(wait=False, cancel_futures=True)
            lifeline.cut()
            raise


def _judge_with_bar(lock: RLock, job: BagJob) -> Verdict:
    ProgressBar.set_lock(lock)
    return judge_bag(job)


def _on_cluster(jobs: Sequence[BagJob], scheduler: str) -> Iterator[Verdict]:
    try:
        from distributed import Client
        from distributed import as_completed as as_finished
    except ImportError:
        raise SettingError(
            '--scheduler needs dask.distributed: pip install fer_ros[cluster]'
        ) from None
    try:
        client = Client(scheduler, timeout='10s')
    except (OSError, ValueError) as error:
        raise SettingError(f'scheduler {scheduler} cannot be reached: {error}') from None
    with client, ProgressBar(total=len(jobs), desc='bags', unit=' bags') as bar:
        # The workers' own progress bars would appear in logs that nobody reads.
        quiet = [replace(job, settings=replace(job.settings, progress=False)) for job in jobs]
        futures = {client.submit(judge_bag, job, pure=False): job for job in quiet}
        for future in as_finished(futures):
            bar.update()
            try:
                yield future.result()
            # Workers were killed more often than Dask retries, or the scheduler has gone.
            except (Exception, CancelledError) as error:
                bag = futures[future].bag
                yield Verdict(futures[future], None, f'bag {bag}: {_first_line(error)}')


def _first_line(error: BaseException) -> str:
    """Return the first line of an error's message; Dask appends lengthy advice."""
    return next(iter(str(error).splitlines()), type(error).__name__)
