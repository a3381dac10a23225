"""What tests of SQLAlchemy share: a table with a rule, people, and a wire whose round trips are counted."""

import re
import socket
import threading
from contextlib import suppress
from pathlib import Path
from select import select
from typing import Any
from uuid import UUID, uuid4

from alembic.migration import MigrationContext
from alembic.operations import Operations
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import URL, create_engine, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.pool import NullPool

from gatepost.embedded import Server
from gatepost.identity import Identity

# Whom a statement runs as, as policies see it.
WHO = text("select current_user::text, coalesce(auth.uid()::text, '')")
MIGRATION = re.compile(r'^```python title="versions/notes.py"\n(.*?)^```', re.MULTILINE | re.DOTALL)
PAGE = Path(__file__).parents[3] / "docs" / "howto" / "sqlalchemy.md"


class Base(DeclarativeBase):
    pass


class Note(Base):
    __tablename__ = "notes"
    id: Mapped[int] = mapped_column(primary_key=True)
    owner: Mapped[UUID] = mapped_column(server_default=text("auth.uid()"))
    body: Mapped[str]


def lay_out(owner: URL) -> None:
    """The table of the page about SQLAlchemy, by its own migration."""
    found, module = MIGRATION.search(PAGE.read_text()), dict[str, Any]()
    assert found is not None
    exec(compile(found[1], PAGE.name, "exec"), module)
    engine = create_engine(owner, poolclass=NullPool)
    with engine.begin() as connection, Operations.context(MigrationContext.configure(connection)):
        module["upgrade"]()


def somebody(role: str = "authenticated") -> Identity:
    sub = str(uuid4())
    return Identity(role, {"sub": sub, "role": role, "email": f"{sub}@example.com"})


def seen(identity: Identity) -> tuple[str, str]:
    """What WHO answers to an identity."""
    return identity.role, identity.subject


def url_of(cluster: Server, dbname: str, driver: str = "psycopg", user: str = "authenticator") -> URL:
    known = conninfo_to_dict(cluster.dsn(user, dbname))
    query = {"host": str(known["host"]), "port": str(known["port"])}
    return URL.create(f"postgresql+{driver}", username=user, database=dbname, query=query)


class Wire:
    """A socket before a server's, on which turns are counted: a round trip begins where the client speaks again."""

    def __init__(self, folder: Path, target: str) -> None:
        self.trips, self.folder, self.target = 0, folder, target
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(folder / ".s.PGSQL.5432"))
        self._listener.listen()
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):  # it is closed
            while True:
                threading.Thread(target=self._carry, args=(self._listener.accept()[0],), daemon=True).start()

    def _carry(self, client: socket.socket) -> None:
        with client, socket.socket(socket.AF_UNIX) as server, suppress(OSError):  # one end goes first
            server.connect(self.target)
            other, speaks = {client: server, server: client}, server
            while True:
                for source in select([client, server], [], [])[0]:
                    data = source.recv(65536)
                    if not data:
                        return
                    self.trips += source is client and speaks is server
                    speaks = source
                    other[source].sendall(data)
