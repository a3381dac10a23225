"""Files → one program: what is declared, and which file sees it.

In: sources and a way to read more. Out: a Program: names → declarations, fields and attributes with what is inherited.
Never: the same file twice, or a name found in a file that the asking file does not import.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from importlib.resources import files
from os.path import basename, dirname, join, normpath
from typing import NamedTuple

from gatepost.zmodel import nodes
from gatepost.zmodel.diagnostics import Reporter, SchemaProblem, Source, Span
from gatepost.zmodel.parse import parse

Read = Callable[[str], str | None]

SUFFIX = ".zmodel"
STDLIB = "stdlib.zmodel"
PLUGIN = "plugin.zmodel"
NOT_INHERITED = {"@@map", "@@unique", "@@index", "@@delegate", "@@delegateMap", "@@auth", "@@ignore"}


class Owned(NamedTuple):
    """A field with the declaration that wrote it, and the delegate base it came through."""

    field: nodes.Field
    owner: nodes.Container
    base: nodes.Model | None = None


class Applied(NamedTuple):
    """An attribute of a model or type with the declaration that wrote it, and the delegate base it came through."""

    application: nodes.Application
    owner: nodes.Container
    base: nodes.Model | None = None


TypeNode = nodes.Model | nodes.TypeDefinition | nodes.Enum


class Program:
    """All files together. Look-ups take the name of the file that asks."""

    def __init__(self, documents: dict[str, nodes.Document], reach: dict[str, frozenset[str]]) -> None:
        self.documents = documents
        self.reach = reach
        self.types: dict[str, list[TypeNode]] = {}
        self.functions: dict[str, nodes.Function] = {}
        self.attributes: dict[str, nodes.Attribute] = {}
        self.procedures: list[nodes.Procedure] = []
        self.configurations: list[nodes.Configuration] = []
        self.members: dict[str, list[tuple[nodes.Enum, nodes.Member]]] = {}
        self._fields: dict[int, tuple[Owned, ...]] = {}
        self._by_name: dict[int, dict[str, Owned]] = {}
        for document in (*documents.values(), stdlib()):
            for declaration in document.declarations:
                self._declare(declaration)
        self.models = [each for each in self._declared() if isinstance(each, nodes.Model)]
        self.shapes = [each for each in self._declared() if isinstance(each, nodes.TypeDefinition)]
        self.enums = [each for each in self._declared() if isinstance(each, nodes.Enum)]
        containers: list[nodes.Container] = [*self.models, *self.shapes]
        self.containers = {each.name: each for each in reversed(containers)}
        self.auth = self._auth(containers)

    def _declare(self, declaration: nodes.Declaration) -> None:
        match declaration:
            case nodes.Model() | nodes.TypeDefinition():
                self.types.setdefault(declaration.name, []).append(declaration)
            case nodes.Enum():
                self.types.setdefault(declaration.name, []).append(declaration)
                for member in declaration.members:
                    self.members.setdefault(member.name, []).append((declaration, member))
            case nodes.Function():
                self.functions.setdefault(declaration.name, declaration)
            case nodes.Attribute():
                self.attributes.setdefault(declaration.name, declaration)
            case nodes.Procedure():
                self.procedures.append(declaration)
            case nodes.Configuration():
                self.configurations.append(declaration)

    def _declared(self) -> Iterable[nodes.Declaration]:
        return (each for document in self.documents.values() for each in document.declarations)

    def _auth(self, containers: list[nodes.Container]) -> nodes.Container | None:
        marked = [each for each in containers if applied(each, "@@auth")]
        return next(iter(marked), None) or next((each for each in containers if each.name == "User"), None)

    def sees(self, file: str, declared_in: str) -> bool:
        """Whether a file may use what another declares: itself, what it imports, near or far, the standard library."""
        return declared_in == STDLIB or declared_in in self.reach.get(file, frozenset())

    def type_named(self, name: str, file: str) -> TypeNode | None:
        """The model, type or enum of a name; a schema's own go before the standard library's."""
        return next((each for each in self.types.get(name, ()) if self.sees(file, each.at.source.name)), None)

    def enum_members(self, name: str, file: str) -> list[nodes.Enum]:
        """The enums that have a member of this name, the schema's own first."""
        return [enum for enum, _ in self.members.get(name, ()) if self.sees(file, enum.at.source.name)]

    def mixins(self, container: nodes.Container) -> list[nodes.TypeDefinition]:
        """The types mixed in, those that exist."""
        found = (self.type_named(mixin.text, mixin.at.source.name) for mixin in container.mixins)
        return [each for each in found if isinstance(each, nodes.TypeDefinition)]

    def base(self, container: nodes.Container) -> nodes.Model | None:
        """The model that a model extends, if it exists."""
        if isinstance(container, nodes.TypeDefinition) or container.base is None:
            return None
        found = self.type_named(container.base.text, container.base.at.source.name)
        return found if isinstance(found, nodes.Model) else None

    def bases(self, container: nodes.Container) -> list[nodes.Model]:
        """All models extended, the nearest first; a circle is walked once."""
        found: list[nodes.Model] = []
        current = self.base(container)
        seen = {id(container)}
        while current is not None and id(current) not in seen:
            seen.add(id(current))
            found.append(current)
            current = self.base(current)
        return found

    def fields(self, container: nodes.Container) -> tuple[Owned, ...]:
        """All fields in order: mixins' depth first, the base's, own; what comes by two ways counts once."""
        key = id(container)
        if key not in self._fields:
            self._fields[key] = tuple(self._closure(container, None, set()))
        return self._fields[key]

    def field(self, container: nodes.Container, name: str) -> Owned | None:
        """The field of a name, inherited ones included."""
        key = id(container)
        if key not in self._by_name:
            self._by_name[key] = {each.field.name: each for each in self.fields(container)}
        return self._by_name[key].get(name)

    def _closure(self, container: nodes.Container, base: nodes.Model | None, seen: set[int]) -> Iterable[Owned]:
        if id(container) in seen:
            return
        seen.add(id(container))
        for mixin in self.mixins(container):
            yield from self._closure(mixin, base, seen)
        parent = self.base(container)
        if parent is not None:
            yield from self._closure(parent, parent, seen)
        yield from (Owned(field, container, base) for field in container.fields)

    def applied(self, container: nodes.Container) -> list[Applied]:
        """All attributes of a model or type with those it inherits: names, keys and indexes of a base stay there."""
        return list(self._applied(container, None, set()))

    def _applied(self, container: nodes.Container, base: nodes.Model | None, seen: set[int]) -> Iterable[Applied]:
        if id(container) in seen:
            return
        seen.add(id(container))
        for mixin in self.mixins(container):
            yield from self._applied(mixin, base, seen)
        parent = self.base(container)
        if parent is not None:
            inherited = self._applied(parent, parent, seen)
            yield from (each for each in inherited if each.application.name not in NOT_INHERITED)
        yield from (Applied(application, container, base) for application in container.attributes)


def applied(
    node: nodes.Container | nodes.Field | nodes.Enum | nodes.Member | nodes.Function | nodes.Attribute, name: str
) -> nodes.Application | None:
    """The attribute of a name that a node itself carries."""
    return next((each for each in node.attributes if each.name == name), None)


@cache
def stdlib() -> nodes.Document:
    """What every file may use."""
    text = files("gatepost.zmodel").joinpath(STDLIB).read_text("utf-8")
    return parse(Source(STDLIB, text))


def link(roots: Sequence[Source], read: Read, reporter: Reporter) -> Program:
    """Reads what the roots import, near and far, and their plugins; files given together see each other."""
    documents: dict[str, nodes.Document] = {}
    imports: dict[str, set[str]] = {}
    waiting = list(reversed(roots))
    while waiting:
        source = waiting.pop()
        if source.name in documents:
            continue
        document = _parsed(source, reporter)
        documents[source.name], imports[source.name] = document, set()
        for wanted in [*_imports(document, source, read, reporter), *_plugins(document, source, read)]:
            imports[source.name].add(wanted.name)
            waiting.append(wanted)
    together = {root.name for root in roots}
    shared = {name for name in documents if basename(name) == PLUGIN}
    reach = {name: frozenset(_reachable(name, imports, together) | shared) for name in documents}
    return Program(documents, reach | {STDLIB: frozenset({STDLIB})})


def _parsed(source: Source, reporter: Reporter) -> nodes.Document:
    try:
        return parse(source)
    except SchemaProblem as problem:
        reporter.add(problem.diagnostics)
        return nodes.Document(Span(source, 0, 0), (), ())


def _imports(document: nodes.Document, source: Source, read: Read, reporter: Reporter) -> Iterable[Source]:
    for each in document.imports:
        path = each.path if each.path.endswith(SUFFIX) else each.path + SUFFIX
        name = normpath(join(dirname(source.name), path))
        text = read(name)
        if text is None:
            reporter.error(each.at, f"cannot find the file {name}", "a path is relative to the file that imports it")
        else:
            yield Source(name, text)


def _plugins(document: nodes.Document, source: Source, read: Read) -> Iterable[Source]:
    """What plugins on disk declare: a provider that is a .zmodel file, or has a plugin.zmodel beside it."""
    for each in document.declarations:
        if isinstance(each, nodes.Configuration) and each.kind == "plugin":
            provider = next((setting.value for setting in each.settings if setting.name == "provider"), None)
            if isinstance(provider, nodes.Text) and provider.value.startswith((".", "/")):
                path = normpath(join(dirname(source.name), provider.value))
                names = [path] if path.endswith(SUFFIX) else [join(path, PLUGIN), join(dirname(path), PLUGIN)]
                found = ((name, read(name)) for name in names)
                yield from [Source(name, text) for name, text in found if text is not None][:1]


def _reachable(name: str, imports: dict[str, set[str]], together: set[str]) -> set[str]:
    found: set[str] = set()
    waiting = [name, *(together if name in together else ())]
    while waiting:
        current = waiting.pop()
        if current not in found:
            found.add(current)
            waiting.extend(imports.get(current, ()))
    return found
