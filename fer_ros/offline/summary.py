"""The summary of several bags: a line for each, and their common figures."""

from collections.abc import Sequence
from pathlib import Path

from fer_ros.analysis.agreement import add_confusions
from fer_ros.atomic_file import atomic_file
from fer_ros.offline.jobs import Verdict
from fer_ros.printable import printable
from fer_ros.report.json_record import write_record
from fer_ros.report.page import write_summary_page
from fer_ros.report.report import Report
from fer_ros.report.summary import FailedLine, JudgedLine, Summary, SummaryAgreement


def write_summary(verdicts: Sequence[Verdict], out: Path) -> Summary:
    """Write ``summary.json`` and ``summary.html`` to a folder, and return the summary.

    Args:
        verdicts: One verdict per bag, at least one.
        out: Folder to write to; created if missing.
    """
    reports = [verdict.report for verdict in verdicts if verdict.report is not None]
    behaviours = [report.behaviour for report in reports]
    images = sum(behaviour.images for behaviour in behaviours)
    faces = sum(behaviour.faces_per_image * behaviour.images for behaviour in behaviours)
    summary = Summary(
        version=reports[0].version if reports else '',
        judged=len(reports),
        duration_s=sum(behaviour.duration_s for behaviour in behaviours),
        images=images,
        faces_per_image=faces / images if images else None,
        agreement=_agreement(reports),
        bags=tuple(_line(verdict) for verdict in verdicts),
    )
    out.mkdir(parents=True, exist_ok=True)
    with atomic_file(out / 'summary.json') as aside:
        write_record(summary, aside)
    with atomic_file(out / 'summary.html') as aside:
        write_summary_page(summary, aside)
    return summary


def _agreement(reports: Sequence[Report]) -> SummaryAgreement | None:
    labelled = [report.agreement for report in reports if report.agreement]
    if not labelled:
        return None
    return SummaryAgreement(
        images=add_confusions([agreement.images for agreement in labelled]),
        intervals=add_confusions([agreement.intervals for agreement in labelled]),
    )


def _line(verdict: Verdict) -> JudgedLine | FailedLine:
    name, source, report = verdict.job.folder.name, printable(str(verdict.job.bag)), verdict.report
    if report is None:
        return FailedLine(name, source, printable(verdict.failure))
    behaviour, agreement = report.behaviour, report.agreement
    return JudgedLine(
        name=name,
        source=source,
        failure='',
        problems=report.problems,
        page=f'{name}/report.html' if 'page' in report.parts else '',
        duration_s=behaviour.duration_s,
        images=behaviour.images,
        faces_per_image=behaviour.faces_per_image,
        flicker_per_min=behaviour.flicker_per_min,
        accuracy=agreement.images.accuracy if agreement else None,
        interval_accuracy=agreement.intervals.accuracy if agreement else None,
        frames_per_second=report.speed.frames_per_second,
        times_real_time=report.speed.times_real_time,
    )
