"""What keeps a schema's rules in a database: policies, helpers, triggers, grants, and the mirror of auth.users.

In: a session, a checked schema. Out: what the database lacks of it, as statements; what it has too much.
Never: somebody else's policy touched.
"""

from dataclasses import dataclass

import msgspec

from gatepost.evolve import sync
from gatepost.evolve.layout.types import bare
from gatepost.evolve.session import Session
from gatepost.policy import rls
from gatepost.policy.rls import Definition, Difference, Fact
from gatepost.policy.rls.installed import relations
from gatepost.problem import Problem
from gatepost.query.sql import qualified
from gatepost.zmodel.schema import Schema

ROLES = "select rolname::text, rolbypassrls or rolsuper from pg_roles where rolname = any (%s)"


@dataclass(frozen=True, slots=True)
class Guards:
    """The rules of one schema for one database. `policies` False: the mirror of auth.users alone."""

    schema: Schema
    options: rls.Options
    policies: bool

    def definitions(self, session: Session) -> list[Definition]:
        """All of them, in order; those of views that are not there are left out."""
        found: list[Definition] = []
        if self.policies:
            made = rls.objects(self.schema, self.options)
            views = {name for name, kind in relations(self.schema).items() if kind == "view"}
            there = {name for name in views if session.value("select to_regclass(%s)", (qualified(*name),)) is not None}
            found += [each for each in made if each.table not in views or each.table in there]
        return [*found, *sync.definitions(self.schema)]

    def facts(self, session: Session) -> list[Fact]:
        """What the database has."""
        with session.pinned():
            rows = session.rows(rls.installed(self.schema, self.options)) if self.policies else []
            rows += session.rows(sync.INSTALLED) if self._mirrors else []
        return [Fact(str(kind), str(name), str(text)) for kind, name, text in rows]

    def wanted(self, session: Session, definitions: list[Definition]) -> list[Fact]:
        """What it would have, in PostgreSQL's own words: tried, read, undone."""
        session.execute("savepoint wanted")
        self._clear(session)
        run(session, [each.sql for each in definitions])
        found = self.facts(session)
        session.execute("rollback to savepoint wanted")
        return found

    def differences(self, session: Session) -> list[Difference]:
        """What the database has and the schema does not say, and the other way round."""
        return self._compared(session, self.definitions(session))

    def mending(self, session: Session) -> tuple[list[Difference], list[str]]:
        """The differences that are ours to end, and the statements that do."""
        definitions = self.definitions(session)
        found = [each for each in self._compared(session, definitions) if each.ours]
        new = {(each.kind, each.name) for each in found if each.installed is None}
        plain = {each.sql: creation(each) for each in definitions if (each.kind, each.name) in new}
        return found, [plain.get(each, each) for each in rls.mending(definitions, found)]

    def foreign(self, session: Session) -> list[str]:
        """What others' policies mean beside the rules, in words."""
        others = [Difference(each.kind, each.name, each.text, None) for each in self.facts(session)]
        return [
            f"policy {each.name} is not of the schema, and stays: {_widens(each)}" for each in others if not each.ours
        ]

    def removal(self, session: Session) -> list[str]:
        """Statements that take away what is ours, so that the tables under it can change."""
        return rls.mending([], [Difference(each.kind, each.name, each.text, None) for each in self.facts(session)])

    def _compared(self, session: Session, definitions: list[Definition]) -> list[Difference]:
        return list(rls.compare(self.facts(session), self.wanted(session, definitions)))

    def _clear(self, session: Session) -> None:
        if self.policies:
            session.execute(rls.clear(self.schema, self.options))
        if self._mirrors:
            session.execute(sync.CLEAR)

    @property
    def _mirrors(self) -> bool:
        """Whether mirrors of auth.users are looked at: those that nobody asks for end with the policies only."""
        return self.policies or bool(sync.synced(self.schema))


def _widens(policy: Difference) -> str:
    narrow = (policy.installed or "").startswith("restrictive")
    return "it narrows what the rules allow" if narrow else "it allows what it says beside the rules"


def creation(definition: Definition) -> str:
    """A definition for a database that has nothing of the kind: no policy is dropped before it is made."""
    return definition.sql.removeprefix(f"{definition.drop}\n") if definition.kind == "policy" else definition.sql


def options_of(schema: Schema, *, compat: bool = False) -> rls.Options:
    """What the schema's `plugin policy { … }` sets: fieldReads and views, `refuse`, `client` or (fieldReads) `view`."""
    plugins = [each for each in schema.configurations if each.kind == "plugin" and each.name == "policy"]
    found: dict[str, str | bool] = {"compat": compat}
    for key, option in (("fieldReads", "field_reads"), ("views", "views")):
        for plugin in plugins:
            value = plugin.settings.get(key)
            if value is not None:
                found[option] = str(value)
    try:
        return msgspec.convert(found, rls.Options)
    except msgspec.ValidationError as error:
        raise Problem("schema_invalid", 400, f"plugin policy: {error}", None, "fieldReads = 'client'") from None


def guards(session: Session, schema: Schema, policies: bool, options: rls.Options | None = None) -> Guards:
    """The rules as this database can keep them; a Problem where the roles that they are for are missing."""
    options = options or options_of(schema)
    if not policies:
        return Guards(schema, options, policies)
    asked = [*options.roles, *([options.service] if options.service else [])]
    there = {str(name): bool(bypass) for name, bypass in session.rows(ROLES, (asked,))}
    missing = [role for role in options.roles if role not in there]
    if missing:
        hint = "Set the database up first (gatepost migrate apply), or push without policies"
        raise Problem("roles_missing", 400, f"There is no role {', '.join(map(bare, missing))} here", None, hint)
    service = options.service if options.service in there else None
    return Guards(
        schema, msgspec.structs.replace(options, service=service, bypass=there.get(service or "", True)), True
    )


def run(session: Session, statements: list[str]) -> None:
    """Statements in one message."""
    if statements:
        session.execute("\n".join(statements))
