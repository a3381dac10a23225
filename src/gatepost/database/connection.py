"""One connection, spoken to in pipelines.

In: batches, each one or more segments of commands; a segment ends with a Sync and is one implicit transaction.
Out: the batch's results, once the server has said ReadyForQuery for its last segment (deferred constraints speak
only then). Never: a decision about who may use the connection, or what a command means.
"""

import asyncio
import secrets
from collections import OrderedDict, deque
from dataclasses import dataclass, field

import psycopg
from psycopg import generators, pq
from psycopg.conninfo import make_conninfo
from psycopg.waiting import wait_conn_async

from .. import observe
from ..problem import Problem, Unavailable
from ..query.sql import Parameter, Statement
from .errors import LOST_STATEMENTS, problem
from .values import Result

OK = (pq.ExecStatus.TUPLES_OK, pq.ExecStatus.COMMAND_OK, pq.ExecStatus.EMPTY_QUERY)
CACHE_SIZE = 256


@dataclass(slots=True)
class Command:
    """One statement of a segment. `key` names it in the cache of prepared statements (None: always unnamed)."""

    text: str
    params: tuple[Parameter, ...] = ()
    key: tuple[str, str, str] | None = None
    silent: bool = False  # its rows are of no interest to the caller


@dataclass(slots=True)
class Prepared:
    """A statement the server knows by name; `columns` are learnt from its first answer."""

    name: bytes
    columns: tuple[str, ...] | None = None


@dataclass(slots=True)
class Step:
    """One answer to wait for: of a command, of a preparation (`command` None), or of a Sync (both None)."""

    command: Command | None
    prepared: Prepared | None = None
    key: tuple[str, str, str] | None = None
    sync: bool = False


@dataclass(slots=True)
class Batch:
    """Segments sent together and answered together."""

    future: asyncio.Future[list[Result]]
    steps: deque[Step] = field(default_factory=deque[Step])
    results: list[Result] = field(default_factory=list[Result])
    error: Problem | None = None


def command(statement: Statement, role: str = "", search_path: str = "") -> Command:
    """A statement as a command; plans depend on role and search path, so a prepared statement is kept for each."""
    return Command(statement.text, statement.params, (role, search_path, statement.text))


class Connection:
    """A libpq connection in pipeline mode on the running event loop."""

    def __init__(self, pgconn: pq.abc.PGconn, *, named: bool = True) -> None:
        self.pgconn = pgconn
        self.named = named
        self.closed = False
        self.timezone = (pgconn.parameter_status(b"TimeZone") or b"UTC").decode()
        self.pending: deque[Batch] = deque()
        self._prepared: OrderedDict[tuple[str, str, str], Prepared] = OrderedDict()
        self._seen: OrderedDict[tuple[str, str, str], None] = OrderedDict()
        self._serial = 0
        # Names nobody can guess: a function cannot PREPARE one of them with another text.
        self._stem = f"g{secrets.token_hex(6)}_"
        self._loop = asyncio.get_running_loop()
        self._socket = pgconn.socket
        self._writing = False
        pgconn.nonblocking = 1
        pgconn.notice_handler = _on_notice
        pgconn.enter_pipeline_mode()
        self._loop.add_reader(self._socket, self._on_readable)

    @property
    def depth(self) -> int:
        """How many batches wait for their answers."""
        return len(self.pending)

    def send(self, *segments: list[Command]) -> asyncio.Future[list[Result]]:
        """Send segments in one go. The future holds the results of all commands that are not silent, or the first
        error; it is done when every segment was answered.
        """
        batch = Batch(self._loop.create_future())
        if self.closed:
            batch.future.set_exception(Unavailable())
            return batch.future
        self.pending.append(batch)
        try:
            for segment in segments:
                for each in segment:
                    self._send_command(batch, each)
                self.pgconn.pipeline_sync()
                batch.steps.append(Step(None, sync=True))
            self._flush()
        except psycopg.Error as error:
            self._lose(str(error))
        return batch.future

    def forget(self) -> None:
        """The server dropped its named statements (DISCARD ALL, DEALLOCATE ALL): prepare them anew."""
        self._prepared.clear()

    def close(self) -> None:
        """End the connection; whoever still waits for an answer gets Unavailable."""
        self._lose(None)

    def _send_command(self, batch: Batch, each: Command) -> None:
        prepared = self._find_prepared(batch, each)
        if prepared is None:
            self.pgconn.send_query_params(each.text.encode(), each.params or None)
        else:
            self.pgconn.send_query_prepared(prepared.name, each.params or None)
        batch.steps.append(Step(each, prepared, each.key))

    def _find_prepared(self, batch: Batch, each: Command) -> Prepared | None:
        """The statement's name, preparing it at its second use; the first is unnamed, since many texts come once."""
        key = each.key
        if key is None or not self.named:
            return None
        prepared = self._prepared.get(key)
        if prepared is not None:
            self._prepared.move_to_end(key)
            return prepared
        if key not in self._seen:
            self._seen[key] = None
            if len(self._seen) > 4 * CACHE_SIZE:
                self._seen.popitem(last=False)
            return None
        return self._prepare(batch, key)

    def _prepare(self, batch: Batch, key: tuple[str, str, str]) -> Prepared:
        self._serial += 1
        prepared = self._prepared[key] = Prepared(f"{self._stem}{self._serial}".encode())
        self.pgconn.send_prepare(prepared.name, key[2].encode())
        batch.steps.append(Step(None, prepared, key))
        if len(self._prepared) > CACHE_SIZE:
            _, oldest = self._prepared.popitem(last=False)
            drop = Command(f"deallocate {oldest.name.decode()}", silent=True)
            self.pgconn.send_query_params(drop.text.encode(), None)
            batch.steps.append(Step(drop))
        return prepared

    def _flush(self) -> None:
        unsent = self.pgconn.flush()
        if unsent and not self._writing:
            self._writing = True
            self._loop.add_writer(self._socket, self._on_writable)
        elif not unsent and self._writing:
            self._writing = False
            self._loop.remove_writer(self._socket)

    def _on_writable(self) -> None:
        try:
            self._flush()
        except psycopg.Error as error:
            self._lose(str(error))

    def _on_readable(self) -> None:
        pgconn, pending = self.pgconn, self.pending
        try:
            pgconn.consume_input()
            while pending and not pgconn.is_busy():
                result = pgconn.get_result()
                if result is not None:
                    self._take(pending[0], result)
            if self._writing:
                self._flush()
        except psycopg.Error as error:
            self._lose(str(error))
            return
        except Exception:
            # Nobody may wait for ever on a connection whose answers we lost count of.
            observe.LOGGER.exception("a database connection is given up")
            self._lose("defect")
            return
        if not pending and pgconn.status != pq.ConnStatus.OK:
            self._lose("the server closed the connection")

    def _take(self, batch: Batch, result: pq.abc.PGresult) -> None:
        """One result belongs to the oldest batch's next step; libpq keeps the order."""
        status = result.status
        if status == pq.ExecStatus.PIPELINE_SYNC:
            batch.steps.popleft()
            if not batch.steps:
                self.pending.popleft()
                _settle(batch)
            return
        if status == pq.ExecStatus.FATAL_ERROR and batch.error is None:
            batch.error = problem(result)
        if batch.steps[0].sync:
            return  # the commit itself failed; the Sync's own answer follows
        step = batch.steps.popleft()
        if status not in OK:
            self._forget_failed(step, batch)
        elif step.command is not None and not step.command.silent:
            batch.results.append(_read(result, step.prepared))

    def _forget_failed(self, step: Step, batch: Batch) -> None:
        """A preparation that failed or was skipped left nothing behind; a lost or outdated statement is made anew."""
        lost = step.command is None or (batch.error is not None and batch.error.code in LOST_STATEMENTS)
        if lost and step.key is not None and self._prepared.get(step.key) is step.prepared:
            del self._prepared[step.key]

    def _lose(self, reason: str | None) -> None:
        if self.closed:
            return
        self.closed = True
        self._loop.remove_reader(self._socket)
        if self._writing:
            self._loop.remove_writer(self._socket)
        self.pgconn.finish()
        if reason is not None:
            observe.emit("database.lost", waiting=len(self.pending))
        while self.pending:
            batch = self.pending.popleft()
            if not batch.future.done():
                lost = (
                    batch.error
                    if isinstance(batch.error, Unavailable)
                    else Unavailable("The database connection broke")
                )
                batch.future.set_exception(lost)


def _settle(batch: Batch) -> None:
    if batch.future.done():
        return  # whoever waited was cancelled
    if batch.error is None:
        batch.future.set_result(batch.results)
    else:
        batch.future.set_exception(batch.error)


def _read(result: pq.abc.PGresult, prepared: Prepared | None) -> Result:
    width = range(result.nfields)
    columns = prepared.columns if prepared is not None else None
    if columns is None:
        columns = tuple((result.fname(index) or b"").decode() for index in width)
        if prepared is not None:
            prepared.columns = columns
    value = result.get_value
    rows = [tuple(value(row, column) for column in width) for row in range(result.ntuples)]
    return Result(columns, rows, (result.command_status or b"").decode())


def _on_notice(result: pq.abc.PGresult) -> None:
    state = result.error_field(pq.DiagnosticField.SQLSTATE) or b""
    observe.emit("database.notice", state=state.decode())


async def connect(conninfo: str, timeout: float, *, named: bool = True) -> Connection:
    """Open a connection (conninfo or URL). Unavailable where the server does not answer or says no.

    Session defaults travel in the start-up packet, so that RESET ALL comes back to them.
    """
    try:
        full = make_conninfo(conninfo, application_name="gatepost", client_encoding="UTF8")
        pgconn = await asyncio.wait_for(wait_conn_async(generators.connect(full)), timeout)
    except (psycopg.Error, OSError, TimeoutError) as error:
        raise Unavailable("The database cannot be reached", _first_line(error)) from None
    return Connection(pgconn, named=named)


def _first_line(error: BaseException) -> str:
    return str(error).strip().split("\n", 1)[0]
