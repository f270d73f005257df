"""Campaign: injects random faults and checks the requirements after each."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from random import Random

import numpy as np
from sensor_msgs.msg import Image

from benchmarks.faults.camera import OUTCOMES, Camera
from benchmarks.faults.fault_graph import FaultGraph
from benchmarks.faults.graph_faults import listeners, restart
from benchmarks.faults.kinds import KINDS, Kind
from benchmarks.faults.node_log import log_problems
from benchmarks.faults.process_state import ProcessState, process_state
from benchmarks.faults.requirements import UnfulfilledError

_QUIET_S = 1.0
_RESTARTS = 4
_FACE_WITHIN_S = 20.0


@dataclass
class KindResult:
    """Results of one kind of fault.

    Attributes:
        times: Number of injections.
        images: Number of images that both cameras sent during these.
        outcomes: The node's counts of these images.
        answer_s: Times to the answer to a good image after each injection.
    """

    times: int = 0
    images: int = 0
    outcomes: dict[str, int] = field(default_factory=lambda: dict.fromkeys(OUTCOMES, 0))
    answer_s: list[float] = field(default_factory=list)


@dataclass(frozen=True)
class Allowed:
    """Limits after a fault.

    Attributes:
        answer_s: Longest time in seconds to the answer to a good image. If a busy machine is
            slower without faults, the limit is three times the 99th percentile of that time.
        growth: Largest growth of memory since the node had warmed up, as a fraction.
    """

    answer_s: float = 1.0
    growth: float = 0.05


class Campaign:
    """The faults that follow from a seed, injected into one node.

    Attributes:
        usual_s: Times to the answer to a good image before the first fault.
        results: Results by the name of the kind.
        problems: A sentence for each requirement that failed.
        before: Resources of the process after the warm-up: memory while active, threads and
            descriptors while unconfigured.
        after: The same after the last fault.
    """

    def __init__(self, seed: int, allowed: Allowed | None = None) -> None:
        """Args:
        seed: Seed of the faults and their order.
        allowed: Limits after a fault.
        """
        self._seed, self._allowed = seed, allowed or Allowed()
        self.usual_s: list[float] = []
        self.results: dict[str, KindResult] = {}
        self.problems: list[str] = []
        self.before = self.after = ProcessState(0, 0, 0)

    def run(self, seconds: float, warm_up_images: int = 100) -> None:
        """Start the node, inject faults one after another, and check what they leave behind.

        Args:
            seconds: Duration in seconds; the last fault is finished.
            warm_up_images: Number of good images that each camera sends first, so that memory has
                reached its normal size.

        Raises:
            SourceError: The node does not start, or ends.
        """
        graph = FaultGraph()
        try:
            self._warm_up(graph, warm_up_images)
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
        """Seconds within which a good image must be answered after a fault."""
        usual_s = float(np.percentile([*self.usual_s] or [0.0], 99))
        return max(self._allowed.answer_s, 3 * usual_s)

    def _kinds(self) -> Iterator[Kind]:
        """Yield each kind once, then random ones without end."""
        random = Random(self._seed)
        yield from random.sample(KINDS, len(KINDS))
        while True:
            yield random.choice(KINDS)

    def _warm_up(self, graph: FaultGraph, images: int) -> None:
        """Have the node do everything once with good images."""
        annotated = graph.tester.create_subscription(
            Image, 'raw/image_annotated', lambda msg: None, 1
        )
        for _ in range(images):
            for camera in graph.cameras:
                self.usual_s.append(graph.answer_s(camera))
        graph.tester.destroy_subscription(annotated)
        listeners(graph, Random(0))
        # Freed memory is reused differently after each restart: the most of some is what a node
        # that has warmed up needs.
        states = [self._resources(graph) for _ in range(_RESTARTS)]
        most_mb = max(state.resident_mb for state in states)
        self.before = replace(states[-1], resident_mb=most_mb)

    def _resources(self, graph: FaultGraph) -> ProcessState:
        at_rest = restart(graph)
        graph.spin(_QUIET_S)
        return replace(at_rest, resident_mb=process_state(graph.node.pid).resident_mb)

    def _try(self, graph: FaultGraph, kind: Kind, random: Random) -> None:
        name = kind.__name__
        result = self.results.setdefault(name, KindResult())
        result.times += 1
        before = [(camera, camera.sent, dict(camera.outcomes)) for camera in graph.cameras]
        try:
            kind(graph, random)
        except UnfulfilledError as error:
            self.problems.append(f'{name}: {error}')
        for camera in graph.cameras:
            answer_s = graph.answer_s(camera)
            result.answer_s.append(answer_s)
            if answer_s > self.limit_s:
                self.problems.append(
                    f'{name}: a good image on {camera.topic} was answered after {answer_s:.2f} s, '
                    f'allowed are {self.limit_s:.2f} s'
                )
        for camera, sent, outcomes in before:
            missing = graph.unaccounted(camera)
            if missing:
                self.problems.append(
                    f'{name}: {missing} images on {camera.topic} are not accounted for'
                )
                camera.sent -= missing
            # If the node was reactivated, its counts have restarted.
            if camera.sent >= sent:
                result.images += camera.sent - sent
                for outcome in OUTCOMES:
                    result.outcomes[outcome] += camera.outcomes[outcome] - outcomes[outcome]

    def _finish(self, graph: FaultGraph) -> None:
        for camera in graph.cameras:
            if not self._sees_face(graph, camera):
                self.problems.append(f'no face is found on {camera.topic} after the faults')
        self.after = self._resources(graph)
        grown = self.after.resident_mb / self.before.resident_mb - 1
        if grown > self._allowed.growth:
            self.problems.append(f'memory grew by {100 * grown:.1f} %')
        if self.after.threads > self.before.threads:
            self.problems.append(
                f'threads increased from {self.before.threads} to {self.after.threads}'
            )
        if self.after.descriptors > self.before.descriptors:
            self.problems.append(
                f'descriptors increased from {self.before.descriptors} to {self.after.descriptors}'
            )
        self.problems.extend(log_problems(graph.node.log))

    def _sees_face(self, graph: FaultGraph, camera: Camera) -> bool:
        end_s = time.monotonic() + _FACE_WITHIN_S
        while time.monotonic() < end_s:
            graph.answer_s(camera)
            if graph.last_answer.faces == 1:
                return True
        return False
