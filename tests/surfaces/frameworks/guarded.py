"""What tests of SQLAlchemy share: a table with a rule, people, and a wire whose round trips are counted."""

import socket
import threading
from contextlib import suppress
from pathlib import Path
from uuid import UUID, uuid4

from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import URL, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from gatepost.embedded import Server
from gatepost.identity import Identity
from tests.conftest import Connect

# Whom a statement runs as, as policies see it.
WHO = text("select current_user::text, coalesce(auth.uid()::text, '')")
TABLE = b"""
create table public.notes (
    id bigint generated always as identity primary key, owner uuid not null default auth.uid(), body text not null
);
alter table public.notes enable row level security;
create policy own on public.notes to authenticated using (owner = auth.uid()) with check (owner = auth.uid());
grant select, insert, update, delete on public.notes to authenticated;
grant select on public.notes to anon
"""


class Base(DeclarativeBase):
    pass


class Note(Base):
    __tablename__ = "notes"
    id: Mapped[int] = mapped_column(primary_key=True)
    owner: Mapped[UUID] = mapped_column(server_default=text("auth.uid()"))
    body: Mapped[str]


def lay_out(connect: Connect, dbname: str) -> None:
    connect("postgres", dbname).execute(TABLE)


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
        self._wires: list[bool] = []  # whether the client speaks
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.socket(socket.AF_UNIX)
            server.connect(self.target)
            number = len(self._wires)
            self._wires.append(False)
            for ends in ((client, server, True), (server, client, False)):
                threading.Thread(target=self._pass, args=(*ends, number), daemon=True).start()

    def _pass(self, source: socket.socket, sink: socket.socket, is_client: bool, wire: int) -> None:
        while data := source.recv(65536):
            if is_client and not self._wires[wire]:
                self.trips += 1
            self._wires[wire] = is_client
            sink.sendall(data)
        with suppress(OSError):  # the other end has gone first
            sink.shutdown(socket.SHUT_WR)
        if not is_client:
            source.close()
            sink.close()
