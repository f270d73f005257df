"""run_bag and run_video: what ``fer-ros bag`` and ``fer-ros video`` run and print."""

import argparse
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from fer_ros.analysis.agreement import ConfusionFigures
from fer_ros.analysis.label_intervals import read_label_file
from fer_ros.atomic_file import require_folder, sole_writer
from fer_ros.config_files import find_parameter_file
from fer_ros.counted import counted
from fer_ros.errors import FerError, SettingError
from fer_ros.finished_by_signal import finished_by_signal
from fer_ros.media.address import is_address, shown_source
from fer_ros.media.image_stream import ImageStream
from fer_ros.media.source_stream import source_stream
from fer_ros.offline.jobs import BagJob, Verdict, judge_bags, make_jobs
from fer_ros.offline.output_folder import OUTPUT_OF_PART, OUTPUTS, PARTS, REPORT, output_folder
from fer_ros.offline.picture_run import PictureRun
from fer_ros.offline.recording import RecordingRun
from fer_ros.offline.settings import RunSettings, chosen_parameters
from fer_ros.offline.summary import write_summary
from fer_ros.report.answer import answer, faces_text
from fer_ros.report.report import Report
from fer_ros.report.time_text import duration


def run_bag(options: argparse.Namespace) -> None:
    """Process bags and print a line for each; exit with 1 if one could not be processed."""
    settings = _settings(
        options, topics=tuple(options.topic or ()), label_topic=options.label_topic
    )
    require_folder(options.out.resolve())
    jobs = make_jobs(options.bags, options.out, settings, options.force)
    with sole_writer(options.out.resolve()):
        _judge(jobs, options)


def _judge(jobs: Sequence[BagJob], options: argparse.Namespace) -> None:
    verdicts: list[Verdict] = []
    for verdict in judge_bags(jobs, options.processes, options.scheduler):
        if verdict.report is None and len(jobs) == 1:
            raise FerError(verdict.failure)
        verdicts.append(verdict)
        _say(verdict)
    verdicts.sort(key=lambda verdict: [job.folder for job in jobs].index(verdict.job.folder))
    write_summary(verdicts, options.out)
    print(f'summary: {options.out}/summary.html', flush=True)
    failed = sum(verdict.report is None for verdict in verdicts)
    if failed:
        raise FerError(f'{failed} of {len(verdicts)} bags could not be processed')


def run_video(options: argparse.Namespace) -> None:
    """Analyse a video, an image, a folder of images or a webcam; print a summary and the paths of
    the outputs.
    """
    settings = _settings(options)
    stream = source_stream(
        options.source,
        settings.parameters['max_image_pixels'],
        options.rate_hz,
        options.seconds,
        not options.no_cuts,
    )
    out = options.out or default_folder(options.source, stream)
    print(f'{stream.name}: loading models', file=sys.stderr, flush=True)
    if stream.stills:
        _run_pictures(options, settings, stream, out)
        return
    run = RecordingRun(settings)
    labels = read_label_file(options.labels, run.classes) if options.labels else None
    if stream.live and not options.seconds:
        print('press Ctrl-C to stop')
    # What a camera has shown cannot be recorded again.
    finishing = finished_by_signal(stream.stop) if stream.live else nullcontext()
    with finishing, output_folder(out.resolve()) as aside:
        report = run.write(stream, labels, aside, shown_source(options.source))
    print(_sentence(stream.name, report))
    for problem in report.problems:
        print(problem)
    _say_answer(report, out)


def default_folder(source: str, stream: ImageStream) -> Path:
    """Return the folder of the outputs of a source without ``--out``.

    Only a file's name has a suffix: folders 2024.05.12 and 2024.05.13, or cameras at 10.0.0.1 and
    10.0.0.2, must not share one. Those whose addresses differ only in port or query do, because
    these, which may be part of a password, are in no name.
    """
    file = Path(source).is_file() or (is_address(source) and not stream.live)
    name = Path(stream.name).stem if file else stream.name.strip('/').replace('/', '_')
    return Path(f'{name}_emotion')


def _run_pictures(
    options: argparse.Namespace, settings: RunSettings, stream: ImageStream, out: Path
) -> None:
    """Analyse pictures one by one, and print a summary and the paths of the outputs."""
    if options.labels:
        raise SettingError(
            'labels need times, which pictures do not have; --rate-hz turns them into a film'
        )
    if options.foxglove:
        raise SettingError('--foxglove is for recordings: no bag is written for pictures')
    with output_folder(out.resolve()) as aside:
        report = PictureRun(settings).write(stream, aside, options.source)
    names = [name for name in OUTPUTS if (out / name).exists()]
    print(report)
    for problem in report.problems:
        print(f'{report.name}: {problem}')
    print(f'  files in {_nearby(out)}: {", ".join(names)}')


def _settings(options: argparse.Namespace, **more: Any) -> RunSettings:
    given = {
        'model': str(Path(options.model).resolve()) if options.model else None,
        'min_face_px': options.min_face_px,
        'min_quality': options.min_quality,
        'mirror': options.mirror,
        'prior_correction': options.prior_correction,
        'rotate_deg': options.rotate_deg,
        'annotate': options.annotate.split(',') if options.annotate else None,
    }
    return RunSettings(
        labels=options.labels.resolve() if options.labels else None,
        parameters=chosen_parameters(
            find_parameter_file(options.params) if options.params else None,
            {name: value for name, value in given.items() if value is not None},
            options.node,
        ),
        foxglove=options.foxglove,
        parts=tuple(part for part in PARTS if not getattr(options, f'no_{part}')),
        **more,
    )


def _say(verdict: Verdict) -> None:
    name = verdict.job.folder.name
    if verdict.report is None:
        print(f'fer-ros: {verdict.failure}', file=sys.stderr)
        return
    print(_sentence(name, verdict.report) + (' (from an earlier run)' if verdict.kept else ''))
    for problem in verdict.report.problems:
        print(f'{name}: {problem}')
    _say_answer(verdict.report, verdict.job.folder)


def _say_answer(report: Report, folder: Path) -> None:
    """Print what each face showed, and the paths of the files."""
    for line in answer(report.behaviour):
        print(f'  {line}')
    names = [name for part, name in OUTPUT_OF_PART.items() if part in report.parts]
    videos = report.videos if 'video' in report.parts else ()
    print(f'  files in {_nearby(folder)}: {", ".join((*names, *videos, REPORT))}')


def _nearby(folder: Path) -> Path:
    """Return a path relative to the working directory if it is inside."""
    path, here = folder.resolve(), Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def _sentence(name: str, report: Report) -> str:
    behaviour, agreement = report.behaviour, report.agreement
    said = (
        f'{name}: {counted(behaviour.images, "image")} of {", ".join(behaviour.topics)} in '
        f'{duration(behaviour.duration_s)}, {faces_text(behaviour)}'
    )
    if agreement and agreement.images.count:
        said += f'; correct in {_share_right(agreement.images)} labelled images'
        said += f' and {_share_right(agreement.intervals)} labels'
    return said


def _share_right(figures: ConfusionFigures) -> str:
    return f'{figures.accuracy:.1%} of {figures.count}'
