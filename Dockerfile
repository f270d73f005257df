# fer_ros on a ROS 2 distribution: docker build -t fer_ros . builds the package and runs its tests.
# docker run --rm --network host --device /dev/video0 fer_ros ros2 launch fer_ros webcam.launch.py rviz:=false
FROM ros:jazzy

SHELL ["/bin/bash", "-eo", "pipefail", "-c"]
ENV PIP_BREAK_SYSTEM_PACKAGES=1
WORKDIR /ros2_ws
COPY . src/fer_ros
RUN apt-get update \
    && apt-get install -y --no-install-recommends libdlib-data python3-pip python3-pytest \
    && rosdep update \
    && rosdep install --from-paths src --ignore-src -y --skip-keys rviz2 \
    && pip install --no-cache-dir 'av>=15' \
    && rm -rf /var/lib/apt/lists/*
RUN source /opt/ros/jazzy/setup.bash \
    && colcon build --packages-select fer_ros \
    && colcon test --packages-select fer_ros \
    && colcon test-result --verbose
# The image's entrypoint, for the workspace on top of the distribution.
RUN printf '#!/bin/bash\nset -e\nsource /ros2_ws/install/setup.bash --\nexec "$@"\n' > /fer_ros_entrypoint.sh \
    && chmod +x /fer_ros_entrypoint.sh
ENTRYPOINT ["/fer_ros_entrypoint.sh"]
CMD ["ros2", "launch", "fer_ros", "fer.launch.py"]
