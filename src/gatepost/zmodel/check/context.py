"""What every check works with.

In: a program and a reporter. Out: types, a resolver, bound attributes, look-ups by attribute.
Never: a finding of its own.
"""

from collections.abc import Iterable

from gatepost.zmodel import nodes
from gatepost.zmodel.diagnostics import Reporter
from gatepost.zmodel.expressions.apply import Applications, Bound, Subject
from gatepost.zmodel.expressions.resolve import Resolver
from gatepost.zmodel.expressions.types import Types
from gatepost.zmodel.link import Applied, Owned, Program, applied


class Context:
    """One program under check."""

    def __init__(self, program: Program, reporter: Reporter) -> None:
        self.program = program
        self.reporter = reporter
        self.types = Types(program)
        self.resolver = Resolver(program, self.types, reporter)
        self.applications = Applications(program, self.types, self.resolver, reporter)
        self.datasource = next((each for each in program.configurations if each.kind == "datasource"), None)
        self._applied: dict[int, list[Applied]] = {}

    @property
    def provider(self) -> str | None:
        """The datasource's provider, where it is a string."""
        found = setting(self.datasource, "provider") if self.datasource else None
        return found.value if isinstance(found, nodes.Text) else None

    def applied(self, container: nodes.Container) -> list[Applied]:
        """All attributes of a model or type, inherited ones first."""
        if id(container) not in self._applied:
            self._applied[id(container)] = self.program.applied(container)
        return self._applied[id(container)]

    def bound(self, container: nodes.Container, *names: str) -> Iterable[tuple[Applied, Bound]]:
        """The attributes of these names (without names: all) of a model or type, those that are well applied."""
        for each in self.applied(container):
            if not names or each.application.name in names:
                found = self.applications.bind(each.application, Subject(container))
                if found is not None:
                    yield each, found

    def on_field(self, owned: Owned, container: nodes.Container, name: str) -> Bound | None:
        """A field's attribute, if it is there and well applied."""
        application = applied(owned.field, name)
        return self.applications.bind(application, Subject(container, owned.field)) if application else None

    def containers(self) -> Iterable[nodes.Container]:
        """Models, then types that no model mixes in: the others are checked where they are mixed in."""
        yield from self.program.models
        mixed: set[int] = set()
        waiting: list[nodes.Container] = list(self.program.models)
        while waiting:
            for mixin in self.program.mixins(waiting.pop()):
                if id(mixin) not in mixed:
                    mixed.add(id(mixin))
                    waiting.append(mixin)
        yield from (shape for shape in self.program.shapes if id(shape) not in mixed)

    def delegate(self, container: nodes.Container | None) -> bool:
        """Whether other models may extend it."""
        return isinstance(container, nodes.Model) and applied(container, "@@delegate") is not None


def setting(configuration: nodes.Configuration, name: str) -> nodes.Expression | None:
    """The value of a setting."""
    return next((each.value for each in configuration.settings if each.name == name), None)
