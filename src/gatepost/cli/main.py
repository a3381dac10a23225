"""`gatepost`: the commands, their options and what an error looks like.

In: arguments. Out: an exit code: 0 done, 1 done and the answer is no, 2 wrong usage, 3 project or settings, 4 database,
5 address taken, 70 a defect of ours.
Never: a room imported before its command runs, or a traceback (GATEPOST_TRACEBACK=1 asks for one).
"""

import importlib
import os
import re
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from gatepost import __version__
from gatepost.cli import terminal
from gatepost.problem import DatabaseProblem, Problem, Unavailable

HELP = "Identity down to the row, for Python on PostgreSQL: auth server, row level security, APIs, in one process."
CODES = {"address_taken": 5, "already_served": 5, "answer_no": 1, "data_loss": 1, "push_stopped": 4, "defect": 70}
DATABASE_CODES = re.compile(r"embedded_.*|migration_.*|database_.*|[0-9A-Z]{5}")  # the last: SQLSTATEs

app = typer.Typer(help=HELP, no_args_is_help=True, pretty_exceptions_enable=False, add_completion=False)
migrate = typer.Typer(help="Migrations of a project.", no_args_is_help=True)
keys = typer.Typer(help="API keys and the keys that sign tokens.", no_args_is_help=True)
users = typer.Typer(help="Users of a project.", no_args_is_help=True)
app.add_typer(migrate, name="migrate")
app.add_typer(keys, name="keys")
app.add_typer(users, name="users")
module = typer.Typer(help="Parts of Gatepost in SQL.", no_args_is_help=True)
app.add_typer(module, name="module")
zmodel = typer.Typer(help="Schemas in ZModel.", no_args_is_help=True)
app.add_typer(zmodel, name="zmodel")
graphql = typer.Typer(help="The GraphQL schema.", no_args_is_help=True)
app.add_typer(graphql, name="graphql")
policy = typer.Typer(help="Rules of a schema, in the database.", no_args_is_help=True)
app.add_typer(policy, name="policy")
test = typer.Typer(help="Tests of a project.", no_args_is_help=True)
app.add_typer(test, name="test")

Folder = Annotated[Path, typer.Argument(help="Project folder: gatepost.toml, or supabase/config.toml")]
DatabaseUrl = Annotated[str, typer.Option(help="Administrator's URL of a PostgreSQL 15 to 18; without it: our own")]
Port = Annotated[int | None, typer.Option(help="Port to listen on [default: 54321, or the project's]")]
Files = Annotated[
    list[Path] | None, typer.Argument(help="Schema files [default: schema.zmodel, or zenstack/schema.zmodel]")
]
SchemaFile = Annotated[
    Path | None, typer.Option("--schema", help="Schema file [default: the project's schema.zmodel or zenstack/…]")
]
Policies = Annotated[
    bool, typer.Option(help="With row level security, its functions, triggers and grants; without: tables alone")
]
HERE = Path(".")


def _tell_version(asked: bool) -> None:
    if asked:
        typer.echo(f"gatepost {__version__}")
        raise typer.Exit


@app.callback()
def _gatepost(  # pyright: ignore[reportUnusedFunction]
    _: Annotated[
        bool, typer.Option("--version", help="Say which version this is", callback=_tell_version, is_eager=True)
    ] = False,
) -> None:
    """What stands before a command."""


class Format(StrEnum):
    """What `status` prints."""

    pretty = "pretty"
    env = "env"
    json = "json"


class Kind(StrEnum):
    """Kinds of API keys."""

    publishable = "publishable"
    secret = "secret"  # noqa: S105


def load(command: str) -> Any:
    """A command's file."""
    return importlib.import_module(f"gatepost.cli.{command}")


def run(command: str, function: str, *arguments: Any, **options: Any) -> None:
    """Load a command's file and call it; its result, if any, is the exit code."""
    result: object = getattr(load(command), function)(*arguments, **options)
    if isinstance(result, int):
        raise typer.Exit(result)


@app.command()
def dev(
    folder: Folder = HERE,
    port: Port = None,
    tour: Annotated[bool, typer.Option("--tour", help="Run the project's tour.py against the server")] = False,
    exit_after: Annotated[
        bool, typer.Option("--exit", help="With --tour: stop afterwards, 0 if every step held")
    ] = False,
    database_url: DatabaseUrl = "",
) -> None:
    """Start everything for a project on this machine: database, migrations, seed, server."""
    claimed = load("claim").begin(folder, port=port, tour=tour, exit_after=exit_after, database_url=database_url)
    run("dev", "run", claimed, exit_after=exit_after, new_key=_new_key)


@app.command()
def serve(
    what: Annotated[
        str, typer.Argument(help="Project folder; or auth (GOTRUE_* variables), rest (PGRST_*) or graphql, alone")
    ] = ".",
    port: Port = None,
    database_url: Annotated[
        str, typer.Option("--database-url", "--db", help="Administrator's URL; of one surface alone: its login's")
    ] = "",
    options: Annotated[
        str, typer.Option(help="Of graphql alone: PostGraphile's options, a JSON file or the JSON itself")
    ] = "",
) -> None:
    """Serve without the conveniences of `dev`: no inbox, no demo keys, no reload."""
    run("serve", "run", what, port=port, database_url=database_url, options=options, new_key=_new_key)


@app.command()
def status(
    folder: Folder = HERE,
    output: Annotated[Format, typer.Option("-o", "--output", help="pretty, env or json")] = Format.pretty,
) -> None:
    """URLs and keys of a project that is served, under the names of Supabase's command line."""
    run("status", "run", folder, str(output))


@app.command()
def doctor(folder: Folder = HERE, database_url: DatabaseUrl = "") -> None:
    """What is wrong with this project, its configuration or its database, and what to do about it."""
    run("doctor", "run", folder, database_url=database_url)


@app.command()
def assets() -> None:
    """Install the front-end packages that pages load: GraphiQL, supabase-js, graphql-ws.

    Needs a Node.js: the extra `web` has one.
    """
    run("assets", "run")


@app.command()
def version() -> None:
    """The version of Gatepost, and of what it brings along."""
    run("status", "versions")


@migrate.command("apply")
def migrate_apply(folder: Folder = HERE, database_url: DatabaseUrl = "") -> None:
    """Apply what is not applied yet, in order of name."""
    run("migrate", "apply", folder, database_url=database_url, new_key=_new_key)


@migrate.command("status")
def migrate_status(folder: Folder = HERE, database_url: DatabaseUrl = "") -> None:
    """Which migrations are applied, which are not, which were changed since."""
    run("migrate", "status", folder, database_url=database_url)


@migrate.command("new")
def migrate_new(
    name: Annotated[str, typer.Argument(help="What it does: add_teams")],
    folder: Folder = HERE,
    schema: SchemaFile = None,
    empty: Annotated[bool, typer.Option("--empty", help="An empty file, to be written by hand")] = False,
    policies: Policies = True,
    database_url: DatabaseUrl = "",
) -> None:
    """Make a migration, named by the time and what it does: what the project's migrations lack of its schema.zmodel.

    Tables, indexes, enums, join tables, policies, functions, triggers, grants. The migrations are applied to a database
    that is made for it and dropped again. A project without a schema gets an empty file.
    """
    options = {"schema": schema, "empty": empty, "policies": policies, "database_url": database_url}
    run("push", "new_migration", name, folder, **options)


@app.command()
def push(
    folder: Folder = HERE,
    schema: SchemaFile = None,
    accept_data_loss: Annotated[
        bool, typer.Option("--accept-data-loss", help="Do not ask before data is destroyed")
    ] = False,
    force_reset: Annotated[
        bool, typer.Option("--force-reset", help="Drop all its tables first, with their rows")
    ] = False,
    policies: Policies = True,
    database_url: DatabaseUrl = "",
) -> None:
    """Bring the database in line with the project's schema.zmodel, in one transaction, without a migration.

    Asks before it destroys data, and whether what went and came is one thing under a new name.
    """
    options = {"accept_data_loss": accept_data_loss, "force_reset": force_reset, "policies": policies}
    run("push", "push", folder, schema=schema, database_url=database_url, new_key=_new_key, **options)


@app.command()
def pull(
    folder: Folder = HERE,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="File to write, - for stdout [default: schema.zmodel]")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite a file that is there")] = False,
    namespaces: Annotated[
        list[str] | None,
        typer.Option("--namespace", help="PostgreSQL schema to read; repeatable [default: public]"),
    ] = None,
    database_url: DatabaseUrl = "",
) -> None:
    """Write the schema of a database as ZModel. Schemas of Gatepost and Supabase (auth, storage, …) are left out."""
    run("push", "pull", folder, output, force=force, namespaces=namespaces or [], database_url=database_url)


@policy.command("diff")
def policy_diff(
    folder: Folder = HERE,
    schema: SchemaFile = None,
    policies: Policies = True,
    database_url: DatabaseUrl = "",
) -> None:
    """What the database has and the schema does not say, and the other way round; exit code 1 where there is any.

    Tables, columns, keys; policies, row level security, functions, triggers, grants. Nothing is changed.
    """
    run("push", "policy_diff", folder, schema=schema, policies=policies, database_url=database_url)


@module.command("add")
def module_add(
    name: Annotated[str, typer.Argument(help="Name of the module: tenancy")],
    folder: Folder = HERE,
    database_url: DatabaseUrl = "",
) -> None:
    """Install a module in the project's database, or bring it up to date."""
    run("module", "add", name, folder, database_url=database_url, new_key=_new_key)


@test.command("db")
def database_tests(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[FOLDER] [FILES]...", help="Project folder; then test files or folders [default: all]"),
    ] = None,
    pgtap: Annotated[
        Path | None, typer.Option(help="Folder `extension` that holds pgtap.control [default: where Debian puts it]")
    ] = None,
    database_url: DatabaseUrl = "",
) -> None:
    """Run the project's pgTAP tests (tests/**.sql and .pg) in its database; exit code 1 where one fails.

    Migrations that are pending are applied first, and the database is started where it does not run. Each file is a
    session of its own as the owner of the project's tables. pgTAP is there while they run.
    """
    run("test", "database", paths or [], database_url=database_url, folder=pgtap, new_key=_new_key)


@keys.command("list")
def keys_list(folder: Folder = HERE, database_url: DatabaseUrl = "") -> None:
    """API keys and signing keys, without their secrets."""
    run("keys", "list_all", folder, database_url=database_url)


@keys.command("create")
def keys_create(
    name: Annotated[str, typer.Argument(help="Name of the key: mobile, nightly-job")],
    kind: Annotated[Kind, typer.Option(help="publishable (anon) or secret (service_role)")] = Kind.publishable,
    folder: Folder = HERE,
    expires: Annotated[str, typer.Option(help="Life of the key: 720h; without it, until revoked")] = "",
    database_url: DatabaseUrl = "",
) -> None:
    """Make an API key. It is printed once; the database keeps a hash."""
    run("keys", "create", name, str(kind), folder, expires=expires, database_url=database_url)


@keys.command("revoke")
def keys_revoke(
    name: Annotated[str, typer.Argument(help="Name of the API key")],
    folder: Folder = HERE,
    database_url: DatabaseUrl = "",
) -> None:
    """Revoke an API key; servers refuse it within seconds."""
    run("keys", "revoke", name, folder, database_url=database_url)


@keys.command("rotate")
def keys_rotate(folder: Folder = HERE, database_url: DatabaseUrl = "") -> None:
    """Sign new tokens with a new key; tokens of the one before stay valid until they expire."""
    run("keys", "rotate", folder, database_url=database_url, new_key=_new_key)


@users.command("list")
def users_list(
    folder: Folder = HERE,
    page: Annotated[int, typer.Option(help="Page, from 1", min=1)] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON")] = False,
) -> None:
    """Users, newest first, 50 on a page."""
    run("users", "list_all", folder, page=page, as_json=as_json)


@users.command("create")
def users_create(
    email: Annotated[str, typer.Argument(help="E-mail address")],
    password: Annotated[str, typer.Option(help="Password; asked for when absent", prompt=True, hide_input=True)],
    folder: Folder = HERE,
    confirmed: Annotated[bool, typer.Option(help="The address counts as confirmed")] = True,
) -> None:
    """Make a user."""
    run("users", "create", email, password, folder, confirmed=confirmed)


@users.command("invite")
def users_invite(
    email: Annotated[str, typer.Argument(help="E-mail address")],
    folder: Folder = HERE,
) -> None:
    """Make a user and send the mail that invites to choose a password."""
    run("users", "invite", email, folder)


@users.command("delete")
def users_delete(
    user: Annotated[str, typer.Argument(help="E-mail address or id")],
    folder: Folder = HERE,
) -> None:
    """Delete a user and what hangs on it by foreign keys."""
    run("users", "delete", user, folder)


@graphql.command("schema")
def graphql_schema(
    folder: Folder = HERE,
    database_url: Annotated[
        str, typer.Option("--database-url", "--db", help="URL of a database, instead of a project")
    ] = "",
    options: Annotated[str, typer.Option(help="With it: PostGraphile's options, a JSON file or the JSON itself")] = "",
) -> None:
    """Print the GraphQL schema (SDL) that is served."""
    export = importlib.import_module("gatepost.graphql.export")
    run("graphql", "schema", folder, database_url=database_url, options=options, export=export)


@app.command()
def generate(
    files: Files = None,
    output: Annotated[Path, typer.Option("-o", "--output", help="Module to write, - for stdout")] = Path("db.py"),
    check: Annotated[bool, typer.Option("--check", help="Write nothing; exit code 1 where it would change")] = False,
) -> None:
    """Write the schema's types for Python: a Client whose arguments and results pyright and editors check."""
    run("zmodel", "generate", files or [], output, check, _typed_module)


@zmodel.command("check")
def zmodel_check(files: Files = None) -> None:
    """What is wrong with a schema, with file, line and column. Several files are one schema."""
    run("zmodel", "check", files or [])


@zmodel.command("format")
def zmodel_format(
    files: Files = None,
    check: Annotated[
        bool, typer.Option("--check", help="Rewrite nothing; exit code 1 where something would be")
    ] = False,
) -> None:
    """Rewrite schema files in canonical form, comments kept."""
    run("zmodel", "format_files", files or [], check)


def _new_key() -> dict[str, Any]:
    """A signing key. What makes it is slow to load and seldom needed."""
    return importlib.import_module("gatepost.identity.keys").generate()


def _typed_module(schema: Any, name: str) -> str:
    """A schema's types as a module's text. What makes it belongs to a surface."""
    return importlib.import_module("gatepost.orm.generate.python").module(schema, name)


def exit_code(problem: Problem) -> int:
    """The exit code that tells a script what kind of failure it was."""
    if problem.code in CODES:
        return CODES[problem.code]
    of_database = (
        isinstance(problem, DatabaseProblem | Unavailable) or DATABASE_CODES.fullmatch(problem.code) is not None
    )
    return 4 if of_database else 3


def main() -> None:
    """The entry point."""
    try:
        app()
    except Problem as problem:
        terminal.problem(problem)
        sys.exit(exit_code(problem))
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        os._exit(0)  # the reader has gone; there is nothing to flush to
    except Exception as error:
        if os.environ.get("GATEPOST_TRACEBACK"):
            raise
        terminal.problem(terminal.defect(error))
        sys.exit(70)


if __name__ == "__main__":
    main()
