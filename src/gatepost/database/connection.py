"""One connection, spoken to in pipelines.

In: batches, each one or more segments of commands; a segment ends with a Sync and is one implicit transaction.
Out: the batch's results, once the server has said ReadyForQuery for its last segment (deferred constraints speak
only then). Never: a decision about who may use the connection, or what a command means.
"""

import asyncio
import os
import secrets
import select
import socket
from collections import OrderedDict, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import msgspec
import psycopg
from psycopg import generators, pq
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.waiting import wait_conn_async

from .. import observe
from ..problem import Problem, Unavailable
from ..query.sql import Parameter, Statement
from .errors import LOST_STATEMENTS, problem
from .values import Result

Key = tuple[str, str, str]
# Plain numbers: they are compared for each answer.
OK = frozenset(map(int, (pq.ExecStatus.TUPLES_OK, pq.ExecStatus.COMMAND_OK, pq.ExecStatus.EMPTY_QUERY)))
SYNCED, FAILED = int(pq.ExecStatus.PIPELINE_SYNC), int(pq.ExecStatus.FATAL_ERROR)
CACHE_SIZE = 256
# A server that went without a word (a firewall forgot it, its machine is gone) is noticed within a minute or so.
LIVELY = {"keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3, "tcp_user_timeout": 60_000}
CANCEL_SECONDS = 10.0
LONGEST = 32 * 1024
"""Characters of a statement that is kept: here its text is, and in the server its plan, on every connection."""


class Command(msgspec.Struct):
    """One statement of a segment. `key` names it in the cache of prepared statements (None: always unnamed)."""

    text: str
    params: tuple[Parameter, ...] = ()
    key: Key | None = None
    silent: bool = False  # its rows are of no interest to the caller


@dataclass(slots=True)
class Step:
    """One answer to wait for: of a command, of a preparation, or of a Sync. `reads`: its rows are the caller's."""

    prepared: "Prepared | None" = None
    reads: bool = False
    prepares: bool = False


READ, SKIP, SYNC = Step(reads=True), Step(), Step()


class Prepared:
    """A statement the server knows by name; `columns` and their `types` are learnt from its first answer."""

    __slots__ = ("columns", "key", "name", "read", "skip", "types")

    def __init__(self, name: bytes, key: Key) -> None:
        self.name, self.key = name, key
        self.columns: tuple[str, ...] | None = None
        self.types: tuple[int, ...] = ()
        # The steps of all its uses: they hold nothing of one use.
        self.read, self.skip = Step(self, reads=True), Step(self)


class Batch:
    """Segments sent together and answered together. `done` is told once, with the results or the first error."""

    __slots__ = ("done", "error", "results", "steps")

    def __init__(self, done: Callable[["Batch"], None]) -> None:
        self.done = done
        self.steps: deque[Step] = deque()
        self.results: list[Result] = []
        self.error: Problem | None = None


def command(statement: Statement, role: str = "", search_path: str = "") -> Command:
    """A statement as a command; plans depend on role and search path, so a prepared statement is kept for each."""
    return Command(statement.text, statement.params, (role, search_path, statement.text))


class Connection:
    """A libpq connection in pipeline mode on the running event loop."""

    def __init__(self, pgconn: pq.abc.PGconn, *, named: bool = True) -> None:
        self.pgconn = pgconn
        self.named = named
        self.closed = False
        self.soiled = False  # a program's own SQL ran: it is washed thoroughly, whoever used it
        self.timezone = (pgconn.parameter_status(b"TimeZone") or b"UTC").decode()
        self.pending: deque[Batch] = deque()
        self._prepared: OrderedDict[Key, Prepared] = OrderedDict()
        self._seen: OrderedDict[int, None] = OrderedDict()
        self._serial = 0
        # Names nobody can guess: a function cannot PREPARE one of them with another text.
        self._stem = f"g{secrets.token_hex(6)}_"
        self._loop = asyncio.get_running_loop()
        self._socket = pgconn.socket
        self._ends = select.poll()
        self._ends.register(self._socket, 0)  # of itself it tells of errors and hang-ups
        self._writing = False
        self._silent = False
        pgconn.nonblocking = 1
        pgconn.notice_handler = _on_notice
        pgconn.enter_pipeline_mode()
        self._loop.add_reader(self._socket, self._on_readable)

    def send(self, *segments: list[Command]) -> asyncio.Future[list[Result]]:
        """Send segments in one go. The future holds the results of all commands that are not silent, or the first
        error; it is done when every segment was answered.
        """
        future: asyncio.Future[list[Result]] = self._loop.create_future()
        self.post(segments, partial(resolve, future))
        return future

    def post(self, segments: Sequence[list[Command]], done: Callable[[Batch], None]) -> None:
        """Send segments in one go, for whoever is told without waiting: at once when they are answered."""
        batch = Batch(done)
        if self.closed:
            batch.error = Unavailable()
            _settle(batch)
            return
        self.pending.append(batch)
        known, steps, send_prepared = self._prepared, batch.steps, self.pgconn.send_query_prepared
        crowded = len(known) > CACHE_SIZE // 2  # else nothing is dropped soon, and order is of no interest
        try:
            for segment in segments:
                for each in segment:
                    prepared = known.get(each.key) if each.key else None
                    if prepared is None:
                        self._send_unknown(batch, each)
                        continue
                    if crowded:
                        known.move_to_end(prepared.key)
                    send_prepared(prepared.name, each.params or None)
                    steps.append(prepared.skip if each.silent else prepared.read)
                self.pgconn.pipeline_sync()
                steps.append(SYNC)
            self._flush()
        except psycopg.Error as error:
            self._lose(str(error))
        except Exception:
            # Half a batch was sent (text that is no Unicode, say): the answers could not be told apart any more.
            self._lose("defect")
            raise

    def forget(self) -> None:
        """The server dropped its named statements (DISCARD ALL, DEALLOCATE ALL): prepare them anew."""
        self._prepared.clear()

    async def cancel(self) -> None:
        """Ask the server to end what it runs. Returns when it took that in and has answered everything, so that the
        cancel cannot hit what comes next.
        """
        asking = self.pgconn.cancel_conn()
        try:
            asking.start()
            await wait_conn_async(generators.cancel(asking), interval=CANCEL_SECONDS)
        finally:
            asking.finish()
        await self.send([])

    def watch(self) -> None:
        """Called from time to time where no answer takes long: a server that said nothing since the last call, and owes
        answers, is given up.
        """
        if self._silent and self.pending:
            self._lose("silent")
        self._silent = bool(self.pending)

    def close(self) -> None:
        """End the connection; whoever still waits for an answer gets Unavailable."""
        self._lose(None)

    def _send_unknown(self, batch: Batch, each: Command) -> None:
        """A statement without a name, which short ones get at their second use: many texts come but once."""
        key = each.key
        if key is None or not self.named or len(each.text) > LONGEST or self._is_new(key):
            self.pgconn.send_query_params(each.text.encode(), each.params or None)
            batch.steps.append(SKIP if each.silent else READ)
        else:
            prepared = self._prepare(batch, key)
            self.pgconn.send_query_prepared(prepared.name, each.params or None)
            batch.steps.append(prepared.skip if each.silent else prepared.read)

    def _is_new(self, key: Key) -> bool:
        seen = hash(key)  # texts may be long, and are many
        if seen in self._seen:
            return False
        self._seen[seen] = None
        if len(self._seen) > 4 * CACHE_SIZE:
            self._seen.popitem(last=False)
        return True

    def _prepare(self, batch: Batch, key: Key) -> Prepared:
        self._serial += 1
        prepared = self._prepared[key] = Prepared(f"{self._stem}{self._serial}".encode(), key)
        self.pgconn.send_prepare(prepared.name, key[2].encode())
        batch.steps.append(Step(prepared, prepares=True))
        if len(self._prepared) > CACHE_SIZE:
            _, oldest = self._prepared.popitem(last=False)
            self.pgconn.send_query_params(b"deallocate " + oldest.name, None)
            batch.steps.append(SKIP)
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
        self._silent = False
        try:
            while True:
                self.pgconn.consume_input()
                self._take_results()
                # uvloop never calls again for a socket with an error (libuv stops watching it), and the answers before
                # the error may have hidden it: read on until libpq meets it and raises.
                if not self._ends.poll(0):
                    break
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
        if not self.pending and self.pgconn.status != pq.ConnStatus.OK:
            self._lose("the server closed the connection")

    def _take_results(self) -> None:
        """Each result belongs to the oldest batch's next step; libpq keeps the order."""
        pending, is_busy, get_result = self.pending, self.pgconn.is_busy, self.pgconn.get_result
        ended = False
        while pending and not is_busy():
            result = get_result()
            if result is None:  # what ends a failure; a second one says that libpq waits for nothing more
                if ended:
                    raise psycopg.OperationalError("lost count of the server's answers")
                ended = True
                continue
            ended = False
            batch, status = pending[0], result.status
            if status in OK:
                get_result()  # None, at once: what ends a statement's results
                step = batch.steps.popleft()
                if step.reads:
                    batch.results.append(_read(result, step.prepared))
            elif status == SYNCED:
                batch.steps.popleft()
                if not batch.steps:
                    pending.popleft()
                    _settle(batch)
            else:
                self._take_failure(batch, result)

    def _take_failure(self, batch: Batch, result: pq.abc.PGresult) -> None:
        """The first failure is the batch's; what follows it in its segment is answered as skipped."""
        if result.status == FAILED and batch.error is None:
            batch.error = problem(result)
        if batch.steps[0] is not SYNC:  # else the commit itself failed; the Sync's own answer follows
            self._forget_failed(batch.steps.popleft(), batch)

    def _forget_failed(self, step: Step, batch: Batch) -> None:
        """A preparation that failed or was skipped left nothing behind; a lost or outdated statement is made anew."""
        lost = step.prepares or (batch.error is not None and batch.error.code in LOST_STATEMENTS)
        if lost and step.prepared is not None and self._prepared.get(step.prepared.key) is step.prepared:
            del self._prepared[step.prepared.key]

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
            if not isinstance(batch.error, Unavailable):
                batch.error = Unavailable("The database connection broke")
            _settle(batch)


def resolve(future: asyncio.Future[list[Result]], batch: Batch) -> None:
    """For whoever waits."""
    if future.done():
        return  # whoever waited was cancelled
    if batch.error is None:
        future.set_result(batch.results)
    else:
        future.set_exception(batch.error)


def _settle(batch: Batch) -> None:
    try:
        batch.done(batch)
    except Exception:
        # The connection goes on: its other answers are not this one's.
        observe.LOGGER.exception("an answer of the database was not taken")


def _read(result: pq.abc.PGresult, prepared: Prepared | None) -> Result:
    width = range(result.nfields)
    if prepared is not None and prepared.columns is not None:
        columns, types = prepared.columns, prepared.types
    else:
        columns = tuple((result.fname(index) or b"").decode() for index in width)
        types = tuple(result.ftype(index) for index in width)
        if prepared is not None:
            prepared.columns, prepared.types = columns, types
    value = result.get_value
    rows = [tuple(value(row, column) for column in width) for row in range(result.ntuples)]
    return Result(columns, rows, (result.command_status or b"").decode(), types)


def _on_notice(result: pq.abc.PGresult) -> None:
    state = result.error_field(pq.DiagnosticField.SQLSTATE) or b""
    observe.emit("database.notice", state=state.decode())


async def connect(conninfo: str, timeout: float, *, named: bool = True, options: str = "") -> Connection:
    """Open a connection (conninfo or URL). Unavailable where the server does not answer or says no."""
    return Connection(await reach(conninfo, timeout, options), named=named)


async def reach(conninfo: str, timeout: float, options: str = "") -> pq.abc.PGconn:
    """What a Connection is made of.

    Session defaults travel in the start-up packet, so that RESET ALL comes back to them; `options` adds to those that
    the conninfo has (`-c TimeZone=UTC`).
    """
    try:
        given = conninfo_to_dict(conninfo)
        settings: dict[str, str | int] = {name: value for name, value in LIVELY.items() if name not in given}
        if options:
            settings["options"] = f"{given.get('options') or ''} {options}".strip()
        async with asyncio.timeout(timeout):
            settings |= await _addressed(given)
            full = make_conninfo(conninfo, application_name="gatepost", client_encoding="UTF8", **settings)
            return await wait_conn_async(generators.connect(full), interval=timeout)
    except TimeoutError:
        raise Unavailable("The database cannot be reached", f"No answer within {timeout:g} s") from None
    except (psycopg.Error, OSError) as error:
        raise Unavailable("The database cannot be reached", _first_line(error)) from None


async def _addressed(given: Mapping[str, object]) -> dict[str, str]:
    """Addresses of a host that has a name: libpq would look it up itself, and everybody would wait meanwhile."""
    host = str(given.get("host") or os.environ.get("PGHOST") or "")
    if given.get("hostaddr") or not host or host.startswith(("/", "@")) or "," in host:
        return {}
    found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    addresses = list(dict.fromkeys(str(each[4][0]) for each in found))
    return {"host": ",".join(host for _ in addresses), "hostaddr": ",".join(addresses)}


def _first_line(error: BaseException) -> str:
    return str(error).strip().split("\n", 1)[0]
