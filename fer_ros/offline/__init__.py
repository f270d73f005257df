"""Videos, pictures and bags without a ROS graph."""
