"""A free port of this machine, below those the system gives to outgoing connections."""

from __future__ import annotations

import random
import socket

OWN = random.SystemRandom()  # not the seeded one: suites run side by side must not agree


def free_port() -> int:
    while True:
        port = OWN.randrange(15_000, 32_000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port
