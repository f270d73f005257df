"""ROS 2 nodes around the core. With ``bench/node*``, the only modules that import rclpy."""
