"""PostgreSQL of our own: binaries found, a data folder made, a server started, attached to and stopped.

In: a home folder and a few options. Out: a Server with connection strings for its unix socket.
Never: a write outside the home and cache folders, or a server that runs as root.
"""

from .binaries import Binaries
from .folders import project_home
from .options import Options, Preparation
from .server import Server, start

__all__ = ["Binaries", "Options", "Preparation", "Server", "project_home", "start"]
