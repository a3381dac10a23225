"""A Supabase project's configuration, where it says something about the database."""

from tests.surfaces.cli.conftest import Command

CONFIG = """
project_id = "demo"
[storage.buckets.images]
public = true
[db.vault]
api_key = "geheim"
"""


def lay_out(command: Command, config: str, **migrations: str) -> None:
    folder = command.folder / "supabase"
    (folder / "migrations").mkdir(parents=True)
    (folder / "config.toml").write_text(config)
    for name, text in migrations.items():
        (folder / "migrations" / f"{name.lstrip('v')}.sql").write_text(text)


def test_buckets_and_secrets_are_rows_and_a_newer_project_hears_of_its_rights(another: Command) -> None:
    used = "create table public.used as select decrypted_secret from vault.decrypted_secrets where name = 'api_key'"
    lay_out(another, CONFIG, v20260701000000_used=f"do $$ begin {used}; assert (select count(*) = 1 from used); end $$")
    done = another.run("migrate", "apply", str(another.folder))
    assert done.returncode == 0, done.stderr
    assert "1 secrets of config.toml in vault" in done.stderr
    assert "1 buckets of config.toml in storage" in done.stderr
    assert "set [api] auto_expose_new_tables = false" in done.stderr
    assert "geheim" not in done.stderr
    again = another.run("migrate", "apply", str(another.folder))
    assert "nothing to do" in again.stderr
    assert "buckets" not in again.stderr


def test_a_project_that_exposes_nothing_has_no_rights_given(another: Command) -> None:
    check = "create table public.t (); do $$ begin assert not has_table_privilege('anon', 'public.t', 'select'); end $$"
    lay_out(another, "[api]\nauto_expose_new_tables = false", v20260701000000_t=check)
    done = another.run("migrate", "apply", str(another.folder))
    assert done.returncode == 0, done.stderr
    assert "API roles get no rights on new objects in public" in done.stderr
    assert "auto_expose_new_tables" not in done.stderr
