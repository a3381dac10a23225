"""Files or text → a Schema, worked out once for the same contents.

In: a path, several paths, a text, or names with their texts. Out: the schema, or every finding.
Never: a stored schema for contents, or a version of this language, that are not its own.
"""

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from functools import cache
from os import PathLike
from pathlib import Path

import msgspec

from gatepost.zmodel.build import build
from gatepost.zmodel.check import Context, check_program
from gatepost.zmodel.diagnostics import Diagnostic, Reporter, SchemaProblem, Source, Span
from gatepost.zmodel.link import SUFFIX, Program, link
from gatepost.zmodel.schema import Schema

Given = str | PathLike[str] | Sequence[str | PathLike[str]] | Mapping[str, str]

KEPT = 16
OWN = {".py", ".lark", ".zmodel"}

_turn = threading.Lock()
_memory: OrderedDict[str, tuple[Schema, Mapping[str, str | None]]] = OrderedDict()


class Stored(msgspec.Struct):
    """What the disk keeps: what was read to make the schema (None: not there), by digest, and the schema."""

    read: Mapping[str, str | None]
    schema: msgspec.Raw


class Reader:
    """Reads files, or texts given by name, and remembers what it was asked for."""

    def __init__(self, texts: Mapping[str, str] | None) -> None:
        self._texts = texts
        self.seen: dict[str, str | None] = {}

    def __call__(self, name: str) -> str | None:
        """The text of a name, or None where there is none."""
        text = self._text(name)
        self.seen[name] = _digest(text) if text is not None else None
        return text

    def _text(self, name: str) -> str | None:
        if self._texts is not None:
            return self._texts.get(name)
        try:
            return Path(name).read_text("utf-8")
        except (OSError, ValueError):
            return None


def load(given: Given, *, cache_folder: Path | None = None) -> Schema:
    """The schema of a file, of files, of a text or of texts by name; raises SchemaProblem with every finding.

    A string is a path where it ends in `.zmodel` and has one line. Several paths are one schema and see each other; of
    texts by name the first is the schema, the others are what it may import. `cache_folder` keeps schemas between
    processes.
    """
    reader, roots = _opened(given)
    key = _key(roots)
    known = _remembered(key, reader) or _stored(cache_folder, key, reader)
    if known is None:
        known = _made(roots, reader)
        _store(cache_folder, key, known, reader)
    _remember(key, known, reader)
    return known


def check(given: Given) -> list[Diagnostic]:
    """Every finding, warnings included; a sound schema may have none."""
    try:
        reader, roots = _opened(given)
    except SchemaProblem as problem:
        return list(problem.diagnostics)
    reporter = Reporter()
    _checked(roots, reader, reporter)
    return list(reporter.findings())


def _opened(given: Given) -> tuple[Reader, list[Source]]:
    """What was given, read."""
    if isinstance(given, Mapping):
        return Reader(given), [Source(name, text) for name, text in list(given.items())[:1]]
    if isinstance(given, str) and not _is_path(given):
        return Reader({}), [Source("schema.zmodel", given)]
    reader = Reader(None)
    several = [given] if isinstance(given, str | PathLike) else given
    return reader, [_root(str(each), reader) for each in several]


def _is_path(text: str) -> bool:
    return text.endswith(SUFFIX) and "\n" not in text and len(text) < 4096


def _root(name: str, reader: Reader) -> Source:
    text = reader(name)
    if text is None:
        empty = Source(name, "")
        reporter = Reporter()
        reporter.error(Span(empty, 0, 0), f"cannot read the file {name}", "it must be there, and be UTF-8 text")
        raise SchemaProblem(reporter.findings())
    return Source(name, text)


def _checked(roots: Sequence[Source], reader: Reader, reporter: Reporter) -> Context:
    program: Program = link(roots, reader, reporter)
    context = Context(program, reporter)
    if not reporter.failed:
        check_program(context)
    return context


def _made(roots: Sequence[Source], reader: Reader) -> Schema:
    reporter = Reporter()
    context = _checked(roots, reader, reporter)
    if reporter.failed:
        raise SchemaProblem(reporter.findings())
    texts = (part for name, each in context.program.documents.items() for part in (name, each.at.source.text))
    return build(context, _digest("\0".join(texts)))


# What is remembered


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def _key(roots: Sequence[Source]) -> str:
    return _digest("\0".join([_language(), *(part for root in roots for part in (root.name, root.text))]))


@cache
def _language() -> str:
    """What this version of the language is: a stored schema of another one is not used."""
    own = sorted(path for path in Path(__file__).parent.rglob("*") if path.suffix in OWN)
    return _digest("\0".join(path.read_text("utf-8") for path in own))


def _unchanged(read: Mapping[str, str | None], reader: Reader) -> bool:
    """Whether every file that was read, or looked for, is as it was."""
    for name, digest in read.items():
        if name not in reader.seen:
            reader(name)
        if reader.seen[name] != digest:
            return False
    return True


def _remember(key: str, schema: Schema, reader: Reader) -> None:
    with _turn:
        _memory[key] = (schema, dict(reader.seen))
        _memory.move_to_end(key)
        while len(_memory) > KEPT:
            _memory.popitem(last=False)


def _remembered(key: str, reader: Reader) -> Schema | None:
    found = _memory.get(key)
    return found[0] if found is not None and _unchanged(found[1], reader) else None


def _stored(folder: Path | None, key: str, reader: Reader) -> Schema | None:
    if folder is None:
        return None
    try:
        stored = msgspec.msgpack.decode((folder / f"{key}.schema").read_bytes(), type=Stored)
        return msgspec.msgpack.decode(stored.schema, type=Schema) if _unchanged(stored.read, reader) else None
    except (OSError, msgspec.MsgspecError):
        return None


def _store(folder: Path | None, key: str, schema: Schema, reader: Reader) -> None:
    """Keep it, if it can be kept: a cache that cannot be written is no failure."""
    if folder is None:
        return
    try:
        stored = Stored(reader.seen, msgspec.Raw(msgspec.msgpack.encode(schema)))
        folder.mkdir(parents=True, exist_ok=True)
        waiting = folder / f"{key}.part"
        waiting.write_bytes(msgspec.msgpack.encode(stored))
        waiting.replace(folder / f"{key}.schema")
    except (OSError, ValueError, OverflowError):
        return
