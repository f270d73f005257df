"""Messages of vision_msgs, as from a detector of another package."""

from message_types import new


def detection(x, y, width, height, *classes):
    """Return a ``Detection2D`` around a centre, with hypotheses as pairs of class and score."""
    results = [
        new(
            'vision_msgs/msg/ObjectHypothesisWithPose',
            hypothesis=new('vision_msgs/msg/ObjectHypothesis', class_id=name, score=score),
        )
        for name, score in classes
    ]
    point = new('vision_msgs/msg/Point2D', x=x, y=y)
    center = new('vision_msgs/msg/Pose2D', position=point)
    box = new('vision_msgs/msg/BoundingBox2D', center=center, size_x=width, size_y=height)
    return new('vision_msgs/msg/Detection2D', results=results, bbox=box)


def detections(stamp_ns, *found):
    """Return a ``Detection2DArray``."""
    sec, nanosec = divmod(stamp_ns, 1_000_000_000)
    stamp = new('builtin_interfaces/msg/Time', sec=sec, nanosec=nanosec)
    header = new('std_msgs/msg/Header', stamp=stamp, frame_id='camera_optical')
    return new('vision_msgs/msg/Detection2DArray', header=header, detections=list(found))
