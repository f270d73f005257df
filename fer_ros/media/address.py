"""Addresses of streams and of files on the network, and how they are shown."""

import re

# A password may contain any character, so everything up to the last @ may be part of it; what
# follows ? may be one as well.
_ADDRESS = re.compile(r'(\w+://)(?:.*@)?(\[[^]]*\]|[^/?#:]*)(?::\d*)?([^?#]*)', re.DOTALL)


def is_address(source: str) -> bool:
    """Return whether a source is an address such as ``rtsp://…`` rather than a device or path."""
    return '://' in source


def shown_source(source: str) -> str:
    """Return a source as it may be shown and recorded: an address has only its scheme, host and
    path, without user, password and what follows ``?``; everything else is unchanged.
    """
    address = _ADDRESS.match(source)
    return ''.join(address.groups()) if address else source
