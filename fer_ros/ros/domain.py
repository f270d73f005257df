"""take_domain: a separate ROS domain, isolated from other nodes of the machine."""

import atexit
import errno
import socket
from contextlib import ExitStack

# On Linux the ports of these do not reach into those that are given out to any program.
_DOMAINS = range(1, 101)
# Processes of a domain that are looked for.
_PARTICIPANTS = 16


def take_domain() -> int:
    """Return a domain in which no node of this machine is, and keep it until the process ends.

    A TCP socket on the first of the domain's ports, of which DDS uses the UDP ones, keeps other
    callers away; that the UDP ones are free shows that there is no node yet, whatever made it.

    Raises:
        OSError: All domains are in use.
    """
    for domain in _DOMAINS:
        # RTPS 2.5, section 9.6.2: first port of a domain, and of each participant in it.
        first_port = 7400 + 250 * domain
        with ExitStack() as probes:
            mark = socket.socket()
            try:
                for number in range(_PARTICIPANTS):
                    probe = probes.enter_context(socket.socket(type=socket.SOCK_DGRAM))
                    probe.bind(('', first_port + 10 + 2 * number))
                mark.bind(('127.0.0.1', first_port))
            except OSError:
                mark.close()
                continue
        atexit.register(mark.close)
        return domain
    raise OSError(errno.EADDRINUSE, 'nodes are in all ROS domains from 1 to 100')
