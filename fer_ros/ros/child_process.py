"""Child: a node of this package in its own process."""

import os
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path

from ament_index_python.packages import get_package_prefix


class Child:
    """A node in its own process, whose output is collected and printed line by line.

    Attributes:
        log: Lines that the process has printed.
        lines: The same lines without level, time and name.
    """

    def __init__(
        self,
        executable: str,
        echo: bool = True,
        domain_id: int | None = None,
        **parameters: object,
    ) -> None:
        """Start the process.

        Args:
            executable: ``fer_node`` or ``camera_node``, or the dotted name of a module that runs
                a node.
            echo: Whether to print its output here as well.
            domain_id: ROS domain; that of this process if None.
            **parameters: Parameters of the node, as on a command line.
        """
        command = [str(Path(get_package_prefix('fer_ros')) / 'lib' / 'fer_ros' / executable)]
        if '.' in executable:
            command = [sys.executable, '-m', executable]
        flags = [part for key, value in parameters.items() for part in ('-p', f'{key}:={value}')]
        self._name, self._echo = executable, echo
        # In a session of its own, so that Ctrl-C reaches only this process, which then stops it.
        self._process = subprocess.Popen(
            [*command, '--ros-args', *flags],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding='utf-8',
            errors='backslashreplace',
            env=os.environ | ({} if domain_id is None else {'ROS_DOMAIN_ID': str(domain_id)}),
            start_new_session=True,
        )
        self.log: list[str] = []
        self.lines: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int:
        """Process ID."""
        return self._process.pid

    def running(self) -> bool:
        """Return whether the process is running."""
        return self._process.poll() is None

    def interrupt(self) -> None:
        """Have the process end; ``stop`` waits for that."""
        if self.running():
            self._process.send_signal(signal.SIGINT)

    def stop(self) -> None:
        """Interrupt the process and wait until it ends; kill it after 10 s."""
        self.interrupt()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._reader.join(2)
        if self._process.stdout is not None:
            self._process.stdout.close()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.log.append(line.rstrip())
            text = re.sub(r'^\[(\w+)\] \[[\d.]+\] \[(.*?)\]: ', r'', line.rstrip())
            self.lines.append(text)
            if self._echo:
                print(f'[{self._name}] {text}', flush=True)
