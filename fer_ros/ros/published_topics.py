"""published_topics: the names that a replay keeps for the node's own messages."""

from collections.abc import Iterable, Mapping
from typing import Any

from fer_ros.messages.image_transport import annotated_topics, base_topic

NODE = '/fer_node'
# What the node publishes whatever its parameters.
_ALWAYS = ('/diagnostics', f'{NODE}/transition_event', '/parameter_events', '/rosout')


def published_topics(images: Iterable[str], values: Mapping[str, Any]) -> str:
    """Return a pattern of the topics that ``fer_node`` publishes, apart from ``/tf``.

    Args:
        images: Image topics of the node.
        values: Its parameters by name.
    """
    of_output = {
        'emotion': '/emotion',
        'hri': f'/{values["hri_namespace"].strip("/")}/faces/.*',
        'vision_msgs': '/face_detections',
    }
    outputs = [of_output[name] for name in values['outputs'] if name in of_output]
    annotated = annotated_topics(list(dict.fromkeys(map(base_topic, images))))
    return '|'.join([*_ALWAYS, *annotated, *outputs])
