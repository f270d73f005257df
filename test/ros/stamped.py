"""Headers for test images."""

from std_msgs.msg import Header


def header(stamp_s, frame_id='camera_optical'):
    message = Header(frame_id=frame_id)
    message.stamp.sec = int(stamp_s)
    message.stamp.nanosec = round((stamp_s - int(stamp_s)) * 1e9)
    return message
