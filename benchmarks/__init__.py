"""Measurements that are not installed: fer_ros beside other designs, and what following costs."""
