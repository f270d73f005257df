"""The parameters of the nodes, and the parameter file; with and without ROS."""
