"""Is a server there? Asked in PostgreSQL's own protocol, without a login.

In: a socket's path. Out: yes or no. Never: an exception, or a wait of more than two seconds.
"""

import contextlib
import socket
from pathlib import Path

STARTING_UP = b"C57P03"


def answers(path: Path) -> bool:
    """True once the server takes connections; whether it would let us in does not matter."""
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as client:
        client.settimeout(2)
        client.connect(str(path))
        body = b"\0\3\0\0user\0supabase_admin\0database\0postgres\0\0"
        client.sendall((len(body) + 4).to_bytes(4, "big") + body)
        reply = client.recv(4096)
        return reply[:1] == b"R" or (reply[:1] == b"E" and STARTING_UP not in reply)
    return False


def port_taken(port: int) -> bool:
    """True where something else listens on that loopback port."""
    with socket.socket(socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False
