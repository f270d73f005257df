"""fer_node: a lifecycle node from camera images to /emotion and annotated images."""

import gc
import time
from collections.abc import Callable, Sequence
from typing import Any

import cv2
from rcl_interfaces.msg import SetParametersResult
from rclpy.clock import Clock, ClockType
from rclpy.lifecycle import LifecycleState, TransitionCallbackReturn
from rclpy.parameter import Parameter
from rclpy.timer import Timer
from sensor_msgs.msg import CompressedImage, Image
from std_srvs.srv import SetBool, Trigger

from fer_ros.errors import FerError, SettingError
from fer_ros.face.detectors.choice import HOG_ALONE
from fer_ros.inference.prior_correction import PriorCorrection
from fer_ros.parameters.fer_node import FER_NODE
from fer_ros.parameters.models import pipeline_models
from fer_ros.parameters.pipeline import pipeline_settings
from fer_ros.ros.analyze_service import AnalyzeService
from fer_ros.ros.guarded_node import GuardedNode
from fer_ros.ros.guarded_transition import guarded_transition
from fer_ros.ros.image_processor import ImageProcessor
from fer_ros.ros.image_topic import ImageTopic, make_image_topics
from fer_ros.ros.newest_frames import NewestFrames
from fer_ros.ros.outputs.choice import make_outputs
from fer_ros.ros.outputs.output import Output
from fer_ros.ros.parameters import declare, values
from fer_ros.ros.reports import Reports
from fer_ros.ros.run_node import run_node

_REPORT_PERIOD_S = 1.0
_MATCH_PERIOD_S = 0.2
# How long to wait for the images in process when the node stops.
_END_WITHIN_S = 1.5
_FIXED = {spec.name for spec in FER_NODE if not spec.live}


class EmotionNode(GuardedNode):
    """Publishes the emotions of the faces in the images of its topics.

    Attributes:
        transition_error: Why the last transition failed; empty if it did not.

    ``configure`` loads the models and ``activate`` subscribes; ``deactivate`` and ``cleanup`` undo
    these.
    """

    def __init__(self, **kwargs: Any) -> None:
        """Declare parameters and services; with ``autostart``, activate as soon as it spins.

        Args:
            **kwargs: Passed to ``LifecycleNode``.

        Raises:
            SettingError: A parameter is not allowed.
        """
        super().__init__('fer_node', **kwargs)
        self._phase = 'unconfigured'
        self._enabled = True
        self.transition_error = ''
        self._detector = ''
        self._topics: list[ImageTopic] = []
        self._frames: NewestFrames[ImageTopic, Any] | None = None
        self._outputs: list[Output] = []
        self._processor: ImageProcessor | None = None
        declare(self, FER_NODE)
        self._values = values(self, FER_NODE)
        self.add_on_set_parameters_callback(self._check_live)
        self.add_post_set_parameters_callback(self._on_parameters)
        self._reports = Reports(self, self.log)
        self.create_service(SetBool, '~/set_enabled', self._on_set_enabled)
        self.create_service(Trigger, '~/reset', self._on_reset)
        self._analyze = AnalyzeService(self, lambda: self._values)
        self._create_steady_timer(_REPORT_PERIOD_S, self._report)
        self._create_steady_timer(_MATCH_PERIOD_S, self._match_publishers)
        if self._values['autostart']:
            self._autostart = self._create_steady_timer(0.0, self._on_autostart)

    @guarded_transition
    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Load the models and create the outputs."""
        self._values = values(self, FER_NODE)
        models = pipeline_models(self._values)
        # Crops are too small for several threads, which would only compete with other processes.
        cv2.setNumThreads(1)
        self._topics = make_image_topics(self, models, self._values)
        self._outputs = make_outputs(self, self._topics, self._values, self.log)
        self._processor = ImageProcessor(self, self._outputs, self.log, self._values)
        self._analyze.ready(models)
        classifier = models.classifier
        self._detector = _finder(self._topics) or models.detector.description
        self._phase = 'inactive'
        self.get_logger().info(
            f'configured: model {classifier.path.name} ({", ".join(classifier.config.classes)}), '
            f'face detector {self._detector}, landmark model {models.landmarks.path}'
        )
        alone = self._values['detector'] == 'auto' and models.detector.name == 'hog'
        if alone and not _finder(self._topics):
            self.get_logger().warning(HOG_ALONE)
        return TransitionCallbackReturn.SUCCESS

    @guarded_transition
    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Subscribe to the image topics."""
        assert self._processor is not None, 'only what is configured is activated'
        if self._frames is not None and not self._frames.stop(0):
            raise FerError(f'{self._hanging()}: clean up and configure to reload the models')
        self.log.clear()
        self._processor.stopped = False
        for output in self._outputs:
            output.activate()
        self._frames = NewestFrames(self._processor.process)
        for topic in self._topics:
            topic.subscribe(self, self._values['image_reliability'], self._on_image, self.log.say)
        self._phase = 'active'
        names = ', '.join(topic.name for topic in self._topics)
        self.get_logger().info(f'active: {names} -> {", ".join(self._values["outputs"])}')
        return TransitionCallbackReturn.SUCCESS

    @guarded_transition
    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Unsubscribe and forget the faces."""
        self._unsubscribe()
        self._phase = 'inactive'
        return TransitionCallbackReturn.SUCCESS

    @guarded_transition
    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Free models and publishers."""
        self._free()
        self._phase = 'unconfigured'
        return TransitionCallbackReturn.SUCCESS

    @guarded_transition
    def on_shutdown(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Free everything, from any state."""
        self._unsubscribe()
        self._free()
        self._phase = 'finalized'
        return TransitionCallbackReturn.SUCCESS

    def transition_failed(self, name: str, error: Exception) -> None:
        """Report why a transition failed and undo its partial effects.

        Args:
            name: Name of the transition.
            error: What went wrong.
        """
        self.transition_error = f'cannot {name}: {error}'
        self.log.error(self.transition_error, error)
        self._unsubscribe()
        if self._phase == 'unconfigured':
            self._free()

    def destroy_node(self) -> None:
        """End the thread, unless it hangs, before the objects that it uses are destroyed."""
        self._unsubscribe()
        super().destroy_node()

    def _create_steady_timer(self, period_s: float, callback: Callable[[], None]) -> Timer:
        """Return a timer that keeps running while the clock of ``use_sim_time`` is paused."""
        clock = Clock(clock_type=ClockType.STEADY_TIME)
        return self.create_timer(period_s, callback, clock=clock)

    def _on_autostart(self) -> None:
        self._autostart.cancel()
        if self._phase != 'unconfigured':
            return
        if self.trigger_configure() == TransitionCallbackReturn.SUCCESS:
            self.trigger_activate()

    def _match_publishers(self) -> None:
        for topic in self._topics:
            if topic.subscription is not None:
                topic.subscription.match()

    def _unsubscribe(self) -> None:
        """Stop taking images and forget the faces; a hanging thread is abandoned."""
        for topic in self._topics:
            topic.unsubscribe()
        if self._frames is not None and self._frames.stop(_END_WITHIN_S):
            self._frames = None
        if self._frames is not None:
            self.log.say(self.get_name(), f'{self._hanging()}; its thread is abandoned')
        if self._processor is not None:
            self._processor.stopped = True
        for topic in self._topics:
            topic.reset()
        for output in self._outputs:
            output.deactivate()

    def _free(self) -> None:
        for output in self._outputs:
            output.close()
        self._topics, self._outputs, self._processor = [], [], None
        self._analyze.free()
        self._frames = None
        # Pipelines are in reference cycles, which keep the models alive.
        gc.collect()
        self._detector = ''

    def _on_image(self, topic: ImageTopic, msg: Image | CompressedImage) -> None:
        if not topic.takes(msg):
            topic.statistics.on_left_out(time.monotonic())
            return
        topic.statistics.on_received(time.monotonic(), awaited=self._enabled)
        if self._enabled and self._frames is not None and self._frames.offer(topic, msg):
            topic.statistics.on_dropped()

    def _report(self) -> None:
        state = self._phase if self._enabled else f'{self._phase}, disabled'
        facts = {
            'state': state,
            'detector': self._detector,
            'callback_errors': str(self.callback_errors),
            'last_error': self.transition_error or self._standstill() or self.recent_error(),
        }
        self._reports.publish(facts, self._topics, self._values['no_image_warning_s'])

    def _standstill(self) -> str:
        busy_s = self._frames.busy_s() if self._frames is not None else 0.0
        return self._hanging() if busy_s > self._values['no_image_warning_s'] else ''

    def _hanging(self) -> str:
        assert self._frames is not None
        busy_s = self._frames.busy_s()
        return f'processing hangs: the same images have been in process for {busy_s:.0f} s'

    # Parameters and services.

    def _check_live(self, parameters: list[Parameter]) -> SetParametersResult:
        """Refuse values that do not fit the node's state or its model."""
        for parameter in parameters:
            reason = self._refusal(parameter)
            if reason:
                return SetParametersResult(successful=False, reason=reason)
        return SetParametersResult(successful=True)

    def _refusal(self, parameter: Parameter) -> str:
        """Return why a value is refused; empty if it is not."""
        if parameter.name in _FIXED and self._phase != 'unconfigured':
            return (
                f'parameter {parameter.name} can be changed only while the node is unconfigured, '
                f'it is {self._phase}: deactivate and clean it up first'
            )
        strength = parameter.value
        if parameter.name == 'prior_correction' and isinstance(strength, int | float):
            try:
                for topic in self._topics[:1]:
                    PriorCorrection(topic.pipeline.models.classifier, strength)
            except SettingError as error:
                return str(error)
        return ''

    def _on_parameters(self, parameters: list[Parameter]) -> None:
        self._values = values(self, FER_NODE)
        if self._processor is not None:
            self._processor.values = self._values
        settings = pipeline_settings(self._values)
        for topic in self._topics:
            topic.settings = settings

    def _on_set_enabled(
        self, request: SetBool.Request, response: SetBool.Response
    ) -> SetBool.Response:
        self._enabled = request.data
        response.success = True
        response.message = 'enabled' if request.data else 'disabled: images are ignored'
        return response

    def _on_reset(self, request: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        for topic in self._topics:
            topic.reset()
        hangs = self._standstill()
        response.success = not hangs
        response.message = f'faces of {len(self._topics)} camera(s) forgotten'
        if hangs:
            response.message = f'{hangs}; faces are forgotten once it continues'
        return response


def _finder(topics: Sequence[ImageTopic]) -> str:
    """Return the topics of faces from other nodes; empty if the node detects faces itself."""
    return ', '.join(topic.boxes.name for topic in topics if topic.boxes is not None)


def main() -> None:
    """Run the node until it is stopped."""
    run_node(EmotionNode)
