"""Ports for servers that a test starts a while later: nothing else gets them meanwhile."""

import itertools
import os
import secrets
import socket

# Lower than the ports that a system hands out by itself, so that no connection takes one.
PORTS = range(10_000, 32_000)
MOST_WORKERS = 8
# `gw0`, `gw1`, … of pytest-xdist.
WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % MOST_WORKERS
OWN_PORTS = PORTS[WORKER::MOST_WORKERS]
FIRST = secrets.randbelow(len(OWN_PORTS))
NEXT_PORTS: "itertools.cycle[int]" = itertools.cycle((*OWN_PORTS[FIRST:], *OWN_PORTS[:FIRST]))


def free_port() -> int:
    """Return a TCP port of the loopback interface that nothing uses now, another one each time."""
    return next(filter(_is_free, NEXT_PORTS))


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
