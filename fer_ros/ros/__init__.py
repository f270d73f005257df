"""ROS 2 nodes around the core; the only modules that import rclpy or a message class."""
