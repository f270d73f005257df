"""Measurements that are not installed: fer_ros compared with other designs, and the cost of
tracking.
"""
