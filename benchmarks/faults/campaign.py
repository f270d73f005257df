"""Runs kinds of faults at random and says whether all held afterwards."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from random import Random

import numpy as np
from sensor_msgs.msg import Image

from benchmarks.faults.camera import FATES, Camera
from benchmarks.faults.fault_graph import FaultGraph
from benchmarks.faults.graph_faults import begin_anew, listeners
from benchmarks.faults.kinds import KINDS, Kind
from benchmarks.faults.node_log import log_problems
from benchmarks.faults.process_state import ProcessState, process_state
from benchmarks.faults.requirements import UnfulfilledError

_QUIET_S = 1.0
_FACE_WITHIN_S = 20.0


@dataclass
class Tally:
    """What came of one kind of faults.

    Attributes:
        times: How often it was tried.
        images: That both cameras sent meanwhile.
        fates: What became of them.
        answer_s: Times until a good image was answered afterwards.
    """

    times: int = 0
    images: int = 0
    fates: dict[str, int] = field(default_factory=lambda: dict.fromkeys(FATES, 0))
    answer_s: list[float] = field(default_factory=list)


@dataclass(frozen=True)
class Allowed:
    """What is allowed after a fault.

    Attributes:
        answer_s: Seconds until a good image is answered; on a machine that is too busy for that
            without any fault, three times what 99 % of the answers took before.
        growth: Share by which memory may have grown since the node had warmed up.
    """

    answer_s: float = 1.0
    growth: float = 0.05


class Campaign:
    """Faults of one seed against one node.

    Attributes:
        usual_s: Times until a good image was answered before anything was wrong.
        tallies: By kind.
        problems: What did not hold, as sentences.
        before: What the process held when it had warmed up: memory at work, threads and
            descriptors unconfigured.
        after: The same at the end.
    """

    def __init__(self, seed: int, allowed: Allowed | None = None) -> None:
        """Args:
        seed: Decides what comes, and in which order.
        allowed: See ``Allowed``.
        """
        self._seed, self._allowed = seed, allowed or Allowed()
        self.usual_s: list[float] = []
        self.tallies: dict[str, Tally] = {}
        self.problems: list[str] = []
        self.before = self.after = ProcessState(0, 0, 0)

    def run(self, seconds: float, warm_up_images: int = 100) -> None:
        """Start the node, try one kind after another, and look at what is left.

        Args:
            seconds: How long; the kind that has begun is finished.
            warm_up_images: Good images that each camera sends before, so that memory is what it
                is going to be.

        Raises:
            SourceError: The node does not start, or ends.
        """
        graph = FaultGraph()
        try:
            self._warm_up(graph, warm_up_images)
            self.before = self._held(graph)
            end_s = time.monotonic() + seconds
            for number, kind in enumerate(self._kinds()):
                if time.monotonic() > end_s:
                    break
                self._try(graph, kind, Random(f'{self._seed} {number}'))
            self._finish(graph)
        finally:
            graph.shut_down()

    @property
    def limit_s(self) -> float:
        """Seconds within which a good image has to be answered after a fault."""
        usual_s = float(np.percentile([*self.usual_s] or [0.0], 99))
        return max(self._allowed.answer_s, 3 * usual_s)

    def _kinds(self) -> Iterator[Kind]:
        """Yield each kind once, then any."""
        random = Random(self._seed)
        yield from random.sample(KINDS, len(KINDS))
        while True:
            yield random.choice(KINDS)

    def _warm_up(self, graph: FaultGraph, images: int) -> None:
        """Have the node do once what it is going to do, with good images alone."""
        annotated = graph.tester.create_subscription(
            Image, 'raw/image_annotated', lambda msg: None, 1
        )
        for _ in range(images):
            for camera in graph.cameras:
                self.usual_s.append(graph.answer_s(camera))
        graph.tester.destroy_subscription(annotated)
        listeners(graph, Random(0))
        # What is given back to the allocator is taken from it again in other places.
        for _ in range(2):
            begin_anew(graph)

    def _held(self, graph: FaultGraph) -> ProcessState:
        at_rest = begin_anew(graph)
        graph.spin(_QUIET_S)
        return replace(at_rest, resident_mb=process_state(graph.node.pid).resident_mb)

    def _try(self, graph: FaultGraph, kind: Kind, random: Random) -> None:
        name = kind.__name__
        tally = self.tallies.setdefault(name, Tally())
        tally.times += 1
        before = [(camera, camera.sent, dict(camera.fates)) for camera in graph.cameras]
        try:
            kind(graph, random)
        except UnfulfilledError as error:
            self.problems.append(f'{name}: {error}')
        for camera in graph.cameras:
            answer_s = graph.answer_s(camera)
            tally.answer_s.append(answer_s)
            if answer_s > self.limit_s:
                self.problems.append(
                    f'{name}: a good image on {camera.topic} was answered after {answer_s:.2f} s'
                )
        for camera, sent, fates in before:
            missing = graph.unaccounted(camera)
            if missing:
                self.problems.append(
                    f'{name}: {missing} images on {camera.topic} are not accounted for'
                )
                camera.sent -= missing
            # Where the node was activated anew it counts anew.
            if camera.sent >= sent:
                tally.images += camera.sent - sent
                for fate in FATES:
                    tally.fates[fate] += camera.fates[fate] - fates[fate]

    def _finish(self, graph: FaultGraph) -> None:
        for camera in graph.cameras:
            if not self._sees_face(graph, camera):
                self.problems.append(f'no face is found on {camera.topic} afterwards')
        self.after = self._held(graph)
        grown = self.after.resident_mb / self.before.resident_mb - 1
        if grown > self._allowed.growth:
            self.problems.append(f'memory grew by {100 * grown:.1f} %')
        if self.after.threads > self.before.threads:
            self.problems.append(f'threads: {self.before.threads} became {self.after.threads}')
        if self.after.descriptors > self.before.descriptors:
            self.problems.append(
                f'descriptors: {self.before.descriptors} became {self.after.descriptors}'
            )
        self.problems.extend(log_problems(graph.node.log))

    def _sees_face(self, graph: FaultGraph, camera: Camera) -> bool:
        end_s = time.monotonic() + _FACE_WITHIN_S
        while time.monotonic() < end_s:
            graph.answer_s(camera)
            if graph.last_answer.faces == 1:
                return True
        return False
