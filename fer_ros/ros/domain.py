"""take_domain: a separate ROS domain, isolated from other nodes on the machine."""

import atexit
import errno
import socket
from contextlib import ExitStack

# On Linux, the ports of these domains are below the ephemeral ones.
_DOMAINS = range(1, 101)
# Number of participants per domain whose ports are probed.
_PARTICIPANTS = 16


def take_domain() -> int:
    """Reserve a domain without nodes on this machine until the process ends.

    A domain is free of nodes if its UDP ports, which DDS uses, are free. A TCP socket bound to
    the domain's first port number reserves it against other callers.

    Returns:
        Number of the domain.

    Raises:
        OSError: All domains are in use.
    """
    for domain in _DOMAINS:
        # RTPS 2.5, section 9.6.2: first port of a domain and, below, of each participant in it.
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
    raise OSError(errno.EADDRINUSE, 'all ROS domains from 1 to 100 are in use')
