"""``python -m fer_ros`` is the command ``fer-ros``."""

from fer_ros.cli import main

if __name__ == '__main__':
    main()
