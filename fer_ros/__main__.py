"""``python -m fer_ros`` is the command ``fer-ros``."""

import signal

from fer_ros.commands.ending import end_in_time


def main() -> None:
    """Run the command; a signal ends it in time."""
    # Until the command has begun there is nothing to be tidied up: its imports take a second.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    end_in_time()
    from fer_ros.cli import main as command

    command()


if __name__ == '__main__':
    main()
