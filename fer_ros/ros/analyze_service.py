"""AnalyzeService: returns the faces in a single image, for behaviours that need one look."""

from collections.abc import Callable, Mapping
from typing import Any

from fer_ros.errors import FerError
from fer_ros.messages.images import ImageDecoder
from fer_ros.models import Models
from fer_ros.parameters.pipeline import pipeline_settings
from fer_ros.pipeline.emotion_pipeline import EmotionPipeline
from fer_ros.ros.conversions import frame_to_msg
from fer_ros.ros.guarded_node import GuardedNode
from fer_ros.srv import AnalyzeImage

_NAME = '~/analyze'


class AnalyzeService:
    """Answers ``~/analyze`` while the node is configured, with or without image topics.

    Requests are processed in the executor's thread. Topic images that arrive meanwhile wait, and
    only the newest of each topic is processed afterwards.
    """

    def __init__(self, node: GuardedNode, values: Callable[[], Mapping[str, Any]]) -> None:
        """Args:
        node: Node that offers the service.
        values: Returns the node's parameters by name.
        """
        self._node, self._values = node, values
        self._pipeline: EmotionPipeline | None = None
        node.create_service(AnalyzeImage, _NAME, self._on_request)

    def ready(self, models: Models) -> None:
        """Use these models from now on."""
        self._pipeline = EmotionPipeline(models, pipeline_settings(self._values()))

    def free(self) -> None:
        """Release the models."""
        self._pipeline = None

    def _on_request(
        self, request: AnalyzeImage.Request, response: AnalyzeImage.Response
    ) -> AnalyzeImage.Response:
        try:
            response.emotions = self._analyze(request)
            response.success = True
            response.message = f'{len(response.emotions.faces)} face(s)'
        except FerError as error:
            response.message = str(error)
        return response

    def _analyze(self, request: AnalyzeImage.Request) -> Any:
        if self._pipeline is None:
            name = self._node.get_fully_qualified_name()
            raise FerError(f'{name} is not configured: ros2 lifecycle set {name} configure')
        values = self._values()
        decoder = ImageDecoder(values['max_image_pixels'], values['white_level'])
        self._pipeline.settings = pipeline_settings(values)
        frame = self._pipeline.analyze(decoder.gray(request.image))
        return frame_to_msg(frame, request.image.header, '', values['publish_landmarks'])
