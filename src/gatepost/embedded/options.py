"""What a caller may decide about an embedded server. Plain data."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

SUPERUSER = "supabase_admin"

# Small when idle, fast to start; a project that needs more passes its own. `logical` lets publications work.
SETTINGS: Mapping[str, str] = {
    "shared_buffers": "32MB",
    "max_connections": "60",
    "dynamic_shared_memory_type": "posix",
    "max_wal_size": "256MB",
    "min_wal_size": "32MB",
    "wal_level": "logical",
    "max_wal_senders": "4",
    "max_replication_slots": "4",
    "max_parallel_workers_per_gather": "0",
    "autovacuum_naptime": "1min",
    "autovacuum_max_workers": "1",
    "log_min_messages": "warning",
    "log_line_prefix": "%m [%p] ",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "unix_socket_permissions": "0777",
    "cluster_name": "gatepost",
    "timezone": "UTC",
    "log_timezone": "UTC",
}


@dataclass(frozen=True, slots=True)
class Preparation:
    """What a new data folder gets before its first use: `run` is called once with a superuser's connection string.

    Its result is kept in a template that later projects copy, so `key` must change whenever its effect would.
    """

    key: str
    run: Callable[[str], object]


@dataclass(frozen=True, slots=True)
class Options:
    """How to run the server.

    `binaries` is a folder with bin, lib and share, or None for the wheel's. `account` is the operating system user
    the server runs as when we are root. `port` opens TCP on loopback (scram passwords); without it there is only the
    unix socket. `settings` are PostgreSQL's, on top of ours. `cache` holds templates and the copy of the binaries.
    `timeout` is in seconds, for start and stop each.
    """

    binaries: Path | None = None
    account: str | None = None
    port: int | None = None
    settings: Mapping[str, str] = field(default_factory=dict[str, str])
    preparation: Preparation | None = None
    cache: Path | None = None
    extensions: Path | None = None
    timeout: float = 30.0

    @property
    def socket_port(self) -> int:
        """The number in the socket's name; TCP uses the same."""
        return self.port or 5432

    def fingerprint(self, version: str) -> str:
        """Names the template that fits these options and that server version."""
        key = self.preparation.key if self.preparation else ""
        return hashlib.sha256(f"1\0{version}\0{key}".encode()).hexdigest()[:24]
