"""A project folder read: two kinds, their files, what of them has no effect, and what is left for the server."""

import os
import stat
from pathlib import Path

import pytest

from gatepost.identity.keys import KeyRing, from_secret
from gatepost.identity.tokens import Tokens
from gatepost.problem import Problem
from gatepost.project import alone, find, keys, read, state
from gatepost.project.contents import Bucket
from gatepost.project.dotenv import environment
from gatepost.project.state import State
from gatepost.project.supabase import VARIABLES, translate
from gatepost.settings import table


def write(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def supabase_project(folder: Path, config: str, **files: str) -> Path:
    return write(folder, {"supabase/config.toml": config, **files})


def test_a_folder_that_is_no_project_says_what_would_make_it_one(tmp_path: Path):
    with pytest.raises(Problem, match="not a project") as caught:
        find(tmp_path)
    assert caught.value.hint is not None
    assert "gatepost.toml" in caught.value.hint
    with pytest.raises(Problem, match="no such folder"):
        find(tmp_path / "missing")


def test_a_gatepost_project(tmp_path: Path):
    project = read(write(tmp_path, {"gatepost.toml": '[server]\nport = 4000\n[project]\nname = "shop"'}), {})
    assert (project.kind, project.name, project.folder, project.seeds) == ("gatepost", "shop", tmp_path, ("seed.sql",))
    assert project.settings.server.port == 4000
    assert project.hidden == tmp_path / ".gatepost"


def test_an_empty_gatepost_toml_is_enough(tmp_path: Path):
    project = read(write(tmp_path, {"gatepost.toml": ""}), {})
    assert project.name == tmp_path.name


def test_broken_toml_names_file_and_line(tmp_path: Path):
    with pytest.raises(Problem, match=r"gatepost\.toml.*line 2"):
        read(write(tmp_path, {"gatepost.toml": "[server]\nport = = 1"}), {})


def test_a_supabase_project_by_its_root_or_its_supabase_folder(tmp_path: Path):
    supabase_project(tmp_path, 'project_id = "acme"')
    for folder in (tmp_path, tmp_path / "supabase"):
        project = read(folder, {})
        assert (project.kind, project.root, project.folder) == ("supabase", tmp_path, tmp_path / "supabase")
        assert project.name == "acme"
        assert project.seeds == ("./seed.sql",)


def test_supabases_own_defaults_hold_in_its_projects(tmp_path: Path):
    settings = read(supabase_project(tmp_path, ""), {}).settings
    assert settings.auth.mailer_autoconfirm is True
    assert settings.auth.smtp_max_frequency == 1
    assert settings.rest.schemas == ("public", "graphql_public")
    assert settings.rest.max_rows == 1000


def test_keys_of_config_toml_become_settings(tmp_path: Path):
    config = """
        [api]
        port = 9000
        schemas = ["public", "api"]
        [auth]
        site_url = "https://shop.example"
        additional_redirect_urls = ["https://a.example/**", "https://b.example"]
        enable_signup = false
        jwt_expiry = 600
        [auth.email]
        enable_confirmations = true
        max_frequency = "2m"
        [auth.hook.custom_access_token]
        enabled = true
        uri = "pg-functions://postgres/public/claims"
    """
    project = read(supabase_project(tmp_path, config), {})
    auth = project.settings.auth
    assert project.settings.server.port == 9000
    assert project.settings.rest.schemas == ("public", "api")
    assert auth.site_url == "https://shop.example"
    assert auth.uri_allow_list == ("https://a.example/**", "https://b.example")
    assert (auth.disable_signup, auth.mailer_autoconfirm) == (True, False)
    assert (auth.jwt_exp, auth.smtp_max_frequency) == (600, 120)
    assert auth.hook_custom_access_token_uri == "pg-functions://postgres/public/claims"
    assert project.notes == ()


def test_what_is_not_honoured_is_said_once_a_section(tmp_path: Path):
    config = """
        [auth]
        favourite_colour = "red"
        [storage]
        file_size_limit = "50MiB"
        [storage.buckets.images]
        objects_path = "./images"
        [auth.external.github]
        enabled = false
        client_id = "x"
        [studio]
        port = 54323
    """
    notes = read(supabase_project(tmp_path, config), {}).notes
    assert len(notes) == 2
    assert "[storage] is not served yet" in notes[0]
    assert notes[1] == "config.toml, auth.favourite_colour: not honoured"


def test_what_every_new_projects_file_holds_and_asks_for_nothing_is_not_spoken_of(tmp_path: Path):
    config = """
        [db]
        health_timeout = "2m"
        [db.migrations]
        schema_paths = []
        [local_smtp]
        port = 54324
        [auth.sms]
        enable_signup = false
        template = "Your code is {{ .Code }}"
        [auth.mfa.phone]
        enroll_enabled = false
        verify_enabled = false
        otp_length = 6
        [auth.rate_limit]
        web3 = 30
        [auth.email.notification.password_changed]
        enabled = false
        subject = "Changed"
    """
    assert read(supabase_project(tmp_path, config), {}).notes == ()
    asking = read(supabase_project(tmp_path, config.replace("enroll_enabled = false", "enroll_enabled = true")), {})
    assert [note.partition(":")[0] for note in asking.notes] == [
        "config.toml, [auth.mfa.phone] is not served yet; without effect"
    ]


@pytest.mark.parametrize(
    ("file", "text"), [("supabase/config.toml", "[api]\nschemas = []"), ("gatepost.toml", "[rest]\nschemas = []")]
)
def test_no_schema_at_all_is_public(tmp_path: Path, file: str, text: str):
    assert read(write(tmp_path, {file: text}), {}).settings.rest.schemas == ("public",)


def test_buckets_and_secrets_become_rows(tmp_path: Path):
    config = """
        [storage]
        file_size_limit = "50MiB"
        [storage.buckets.images]
        public = true
        file_size_limit = "5.5 KB"
        allowed_mime_types = ["image/png"]
        [storage.buckets."with.dot"]
        [storage.buckets.odd]
        file_size_limit = "much"
        [db.vault]
        key = "geheim"
        filled = "env(FILLED)"
        missing = "env(MISSING)"
    """
    project = read(supabase_project(tmp_path, config), {"FILLED": "in"})
    assert project.contents.buckets == (
        Bucket("images", True, 5632, ("image/png",)),
        Bucket("odd"),
        Bucket("with.dot", False, 50 * 1024 * 1024),
    )
    assert project.contents.secrets == {"key": "geheim", "filled": "in"}
    assert project.contents.expose_new is None
    assert "geheim" not in repr(project)
    assert project.notes[:2] == (
        "config.toml, db.vault.missing: the variable MISSING is not set; it is left out",
        "config.toml, storage.buckets.odd.file_size_limit: 'much' is no size; there is no limit",
    )


@pytest.mark.parametrize("exposed", [True, False])
def test_whether_new_tables_are_exposed_is_taken_over(tmp_path: Path, exposed: bool):
    project = read(supabase_project(tmp_path, f"[api]\nauto_expose_new_tables = {str(exposed).lower()}"), {})
    assert (project.contents.expose_new, project.notes) == (exposed, ())


def test_a_surface_that_is_switched_off_is_served_all_the_same_and_says_so(tmp_path: Path):
    notes = read(supabase_project(tmp_path, "[auth]\nenabled = false"), {}).notes
    assert notes == ("config.toml, auth.enabled: not honoured; it is served all the same",)


def test_env_references_are_filled_in_from_environment_and_dotenv_files(tmp_path: Path):
    config = '[auth]\nsite_url = "env(SITE)"\njwt_expiry = "env(EXPIRY)"\n[auth.email.smtp]\nhost = "env(NOWHERE)"'
    folder = supabase_project(tmp_path, config, **{"supabase/.env": 'SITE="https://dotenv.example"\nEXPIRY=60'})
    project = read(folder, {"EXPIRY": "120"})
    assert project.settings.auth.site_url == "https://dotenv.example"
    assert project.settings.auth.jwt_exp == 120
    assert project.notes == ("config.toml, auth.email.smtp.host: the variable NOWHERE is not set; the default counts",)


def test_env_references_in_lists_are_filled_in_too(tmp_path: Path):
    config = '[auth]\nadditional_redirect_urls = ["https://a.example", "env(REDIRECT)"]'
    folder = supabase_project(tmp_path, config)
    assert read(folder, {"REDIRECT": "https://b.example"}).settings.auth.uri_allow_list == (
        "https://a.example",
        "https://b.example",
    )
    missing = read(folder, {})
    assert missing.settings.auth.uri_allow_list == ("https://a.example",)
    assert missing.notes == (
        "config.toml, auth.additional_redirect_urls: the variable REDIRECT is not set; it is left out",
    )


def test_a_gatepost_toml_beside_it_wins_and_the_environment_over_both(tmp_path: Path):
    folder = supabase_project(tmp_path, "[api]\nport = 1", **{"gatepost.toml": "[server]\nport = 2"})
    assert read(folder, {}).settings.server.port == 2
    assert read(folder, {"GATEPOST_PORT": "3"}).settings.server.port == 3
    assert read(folder, {"GATEPOST_PORT": "3"}, {"server.port": 4}).settings.server.port == 4


def test_mail_that_is_switched_off_goes_to_the_inbox(tmp_path: Path):
    smtp = '[auth.email.smtp]\nhost = "smtp.example"\nport = 25\nuser = "u"\npass = "p"\n'
    assert read(supabase_project(tmp_path, smtp), {}).settings.mail.smtp_host == "smtp.example"
    assert read(supabase_project(tmp_path, smtp + "enabled = false"), {}).settings.mail.smtp_host == ""


def test_a_mail_template_is_found_from_the_root_or_from_the_supabase_folder(tmp_path: Path):
    config = '[auth.email.template.invite]\nsubject = "Come in"\ncontent_path = "./templates/invite.html"'
    folder = supabase_project(tmp_path, config, **{"supabase/templates/invite.html": "<p>hello</p>"})
    mail = read(folder, {}).settings.mail
    assert mail.subject_invite == "Come in"
    assert Path(mail.template_invite).read_text() == "<p>hello</p>"


def test_signing_keys_are_those_of_the_file_beside_config_toml(tmp_path: Path):
    config = '[auth]\nsigning_keys_path = "./signing_keys.json"'
    folder = supabase_project(tmp_path, config, **{"supabase/signing_keys.json": '[{"kty": "oct", "k": "c2VjcmV0"}]'})
    assert read(folder, {}).settings.auth.jwt_keys == '[{"kty": "oct", "k": "c2VjcmV0"}]'
    file = folder / "supabase" / "signing_keys.json"
    file.unlink()
    without = read(folder, {})  # as a fresh copy of a repository is
    assert without.settings.auth.jwt_keys == ""
    assert without.notes == (
        "config.toml, auth.signing_keys_path: there is no signing_keys.json; tokens are signed as if it were not named",
    )
    file.mkdir()
    with pytest.raises(Problem, match=r"auth\.signing_keys_path: .*signing_keys\.json cannot be read"):
        read(folder, {})


def test_seeds_are_what_the_configuration_says(tmp_path: Path):
    def seeds(section: str) -> tuple[str, ...]:
        return read(supabase_project(tmp_path, section), {}).seeds

    assert seeds('[db.seed]\nsql_paths = ["./seeds/*.sql", "last.sql"]') == ("./seeds/*.sql", "last.sql")
    assert seeds("[db.seed]\nenabled = false") == ()


def test_every_variable_that_config_toml_maps_to_is_one_of_a_setting_or_a_known_gap():
    known = {name for entry in table() for name in entry.env}
    names = {value if isinstance(value, str) else value[0] for value in VARIABLES.values()}
    gaps = {name for name in names - known if not name.startswith(("GOTRUE_MFA_PHONE", "GOTRUE_MFA_WEB_AUTHN"))}
    assert gaps <= {"GOTRUE_RATE_LIMIT_SMS_SENT"}


def test_translation_keeps_a_values_type(tmp_path: Path):
    found = translate({"auth": {"rate_limit": {"email_sent": 5}}}, {}, tmp_path)
    assert found.values["limits.email_sent"] == "5"


def test_dotenv_lines(tmp_path: Path):
    text = "# comment\nA=1 # rest\nexport B='two # words'\nC=\"line\\nbreak\"\n\nD=\n"
    write(tmp_path, {".env": text, ".env.local": "A=local"})
    found = environment(tmp_path, {"D": "set"})
    assert (found["A"], found["B"], found["C"], found["D"]) == ("local", "two # words", "line\nbreak", "set")
    with pytest.raises(Problem, match="line 1"):
        environment(write(tmp_path, {".env.local": "not a line"}), {})


# Keys


def test_demo_keys_are_the_published_ones():
    demo = keys.demo()
    assert demo.anon.endswith(".CRXP1A7WOeoJeXxjNni43kdQwgnWNReilDMblYTn_I0")
    assert demo.service_role.endswith(".EGIM96RAZx35lJzdJsyH-qQwv8Hdp7fsn3W0YpN81IU")


def test_generated_keys_are_nobody_elses_and_verify():
    first, second = keys.generate(), keys.generate()
    assert len({first.jwt_secret, second.jwt_secret, first.secret, second.secret, first.publishable}) == 5
    tokens = Tokens(KeyRing([from_secret(first.jwt_secret)]))
    assert tokens.identify(first.anon).role == "anon"
    assert tokens.identify(first.service_role).role == "service_role"


def test_a_projects_own_secret_signs_its_legacy_keys():
    secret = "a secret of the project's own, long enough"
    tokens = Tokens(KeyRing([from_secret(secret)]))
    assert tokens.identify(keys.demo(secret).service_role).role == "service_role"


# State


def prepared(folder: Path) -> State:
    return State(root=str(folder), kind="gatepost", url="http://127.0.0.1:1", keys=keys.generate())


def test_the_state_is_its_owners_alone(tmp_path: Path):
    hidden = tmp_path / ".gatepost"
    written = prepared(tmp_path)
    path = state.write(hidden, written)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert (hidden / ".gitignore").read_text() == "*\n"
    assert state.read(hidden) == written
    assert sorted(path.name for path in hidden.iterdir()) == [".gitignore", "state.json"]


def test_a_state_that_others_may_read_is_closed_again(tmp_path: Path):
    path = state.write(tmp_path / ".gatepost", prepared(tmp_path))
    path.chmod(0o644)
    state.read(tmp_path / ".gatepost")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_state_that_cannot_be_read_says_what_to_do(tmp_path: Path):
    path = state.write(tmp_path, prepared(tmp_path))
    path.write_text("{")
    with pytest.raises(Problem, match="cannot be read") as caught:
        state.read(tmp_path)
    assert caught.value.hint is not None
    assert "Remove" in caught.value.hint


def test_a_project_is_served_for_as_long_as_a_process_holds_its_lock(tmp_path: Path):
    assert state.served(tmp_path) is False
    held = state.lock(tmp_path)
    assert held is not None
    assert state.lock(tmp_path) is None
    assert state.served(tmp_path) is True
    os.close(held)
    assert state.served(tmp_path) is False


# A surface alone


GOTRUE = {
    "DATABASE_URL": "postgresql://supabase_auth_admin@db/postgres",
    "API_EXTERNAL_URL": "https://auth.example",
    "GOTRUE_SITE_URL": "https://app.example",
    "GOTRUE_JWT_SECRET": "secret",
}


def test_auth_alone_needs_what_gotrue_needs():
    with pytest.raises(Problem) as caught:
        alone.read("auth", {"GOTRUE_SITE_URL": "https://app.example"})
    assert caught.value.message.endswith("set DATABASE_URL, API_EXTERNAL_URL, GOTRUE_JWT_SECRET")


def test_auth_alone_has_gotrues_defaults_and_places():
    settings, notes = alone.read("auth", GOTRUE | {"GOTRUE_WORLD_PEACE": "true", "GOTRUE_DB_DRIVER": "postgres"})
    assert settings.database.auth_url == GOTRUE["DATABASE_URL"]
    assert settings.auth.external_url == "https://auth.example"
    assert (settings.server.host, settings.server.port) == ("0.0.0.0", 8081)
    assert (settings.auth.mailer_otp_exp, settings.auth.refresh_token_reuse_interval) == (86400, 0)
    assert notes == ("GOTRUE_WORLD_PEACE has no effect here",)


def test_rest_alone_has_one_login_and_postgrests_defaults():
    settings, notes = alone.read("rest", {"PGRST_DB_URI": "postgresql://web@db/app", "PGRST_SERVER_PORT": "3001"})
    assert settings.database.authenticator_url == settings.database.service_url == "postgresql://web@db/app"
    assert (settings.server.host, settings.server.port) == ("0.0.0.0", 3001)
    assert (settings.rest.anon_role, settings.rest.extra_search_path) == ("", "public")
    assert notes == ()


def test_what_is_said_for_a_surface_alone_wins_over_its_defaults():
    settings, _ = alone.read("auth", GOTRUE | {"GOTRUE_MAILER_OTP_EXP": "60", "PORT": "9999", "GOTRUE_API_HOST": "::1"})
    assert (settings.auth.mailer_otp_exp, settings.server.port, settings.server.host) == (60, 9999, "::1")
    assert alone.read("rest", {"PGRST_DB_ANON_ROLE": "web_anon"})[0].rest.anon_role == "web_anon"


@pytest.mark.parametrize(
    ("section", "issuer", "audience"),
    [
        ('firebase]\nproject_id = "acme"', "https://securetoken.google.com/acme", "acme"),
        ('auth0]\ntenant = "acme"', "https://acme.auth0.com/", "*"),
        ('auth0]\ntenant = "acme"\ntenant_region = "eu"', "https://acme.eu.auth0.com/", "*"),
        (
            'aws_cognito]\nuser_pool_id = "eu_1"\nuser_pool_region = "eu-west-1"',
            "https://cognito-idp.eu-west-1.amazonaws.com/eu_1",
            "*",
        ),
        ('clerk]\ndomain = "clerk.acme.com"', "https://clerk.acme.com", "*"),
        ('workos]\nissuer_url = "https://api.workos.com/x"', "https://api.workos.com/x", "*"),
    ],
)
def test_third_parties_of_supabase_are_issuers(tmp_path: Path, section: str, issuer: str, audience: str) -> None:
    text = (
        f"[auth.third_party.{section}\nenabled = true\n[auth.third_party.{'workos' if 'clerk' in section else 'clerk'}]"
    )
    project = read(supabase_project(tmp_path, text + "\nenabled = false\n"), {})
    [trusted] = project.settings.identity.issuers
    assert (trusted.issuer, trusted.audience, trusted.subject) == (issuer, (audience,), "token")
    assert trusted.roles == {"authenticated": "authenticated", "anon": "anon", "": "anon"}
    assert [note for note in project.notes if "third_party" in note and "any audience" not in note] == []
    assert (audience == "*") == any("any audience" in note for note in project.notes)


def test_a_third_party_without_its_name_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Problem, match="without tenant"):
        read(supabase_project(tmp_path, "[auth.third_party.auth0]\nenabled = true\n"), {})


def test_issuers_laid_beside_a_supabase_project_win(tmp_path: Path) -> None:
    folder = supabase_project(tmp_path, '[auth.third_party.clerk]\nenabled = true\ndomain = "clerk.acme.com"\n')
    (folder / "gatepost.toml").write_text(
        '[[identity.issuers]]\nissuer = "https://clerk.acme.com"\naudience = ["app"]\n'
    )
    [trusted] = read(folder, {}).settings.identity.issuers
    assert (trusted.audience, trusted.role_claim) == (("app",), "")


@pytest.mark.parametrize("entry", ['issuer = "https://x"', 'issuer = "https://x"\naudience = ["a"]\nroll = "x"'])
def test_an_issuer_that_is_not_understood_is_refused(tmp_path: Path, entry: str) -> None:
    (tmp_path / "gatepost.toml").write_text(f"[[identity.issuers]]\n{entry}\n")
    with pytest.raises(Problem, match=r"identity\.issuers") as refused:
        read(tmp_path, {})
    assert "audience" in str(refused.value.details) or "roll" in str(refused.value.details)


def test_issuers_may_stand_in_the_environment(tmp_path: Path) -> None:
    (tmp_path / "gatepost.toml").write_text("")
    variable = {"GATEPOST_IDENTITY_ISSUERS": '[{"issuer": "https://x", "audience": ["a"]}]'}
    assert read(tmp_path, variable).settings.identity.issuers[0].issuer == "https://x"
    with pytest.raises(Problem, match="GATEPOST_IDENTITY_ISSUERS"):
        read(tmp_path, {"GATEPOST_IDENTITY_ISSUERS": "https://x"})


def test_hooks_that_cannot_be_asked_are_off(tmp_path: Path) -> None:
    config = """
[auth.hook.before_user_created]
enabled = true
uri = "pg-functions://postgres/public/check_user"
[auth.hook.send_email]
enabled = true
uri = "https://example.com/send"
[auth.hook.send_sms]
enabled = true
uri = "https://example.com/sms"
secrets = "v1,whsec_c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0"
[auth.hook.custom_access_token]
enabled = true
uri = "http://host.docker.internal:54321/functions/v1/claims"
secrets = "v1,whsec_c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0"
"""
    project = read(supabase_project(tmp_path, config), {})
    auth = project.settings.auth
    assert (auth.hook_before_user_created_enabled, auth.hook_send_email_enabled) == (True, False)
    assert auth.hook_before_user_created_uri == "pg-functions://postgres/public/check_user"
    [note] = [note for note in project.notes if "send_email" in note]
    assert "with secrets https:// addresses, not 'https://example.com/send'" in note
    assert (auth.hook_send_sms_enabled, auth.hook_custom_access_token_enabled) == (True, False)


def test_seeds_beside_anothers_project_run_after_its_own(tmp_path: Path) -> None:
    beside = '[project]\nseeds = ["claims.sql"]'
    project = read(supabase_project(tmp_path, "[db.seed]\nsql_paths = ['./a.sql']", **{"gatepost.toml": beside}), {})
    assert project.seeds == ("./a.sql", "../claims.sql")
    assert read(supabase_project(tmp_path, "", **{"gatepost.toml": ""}), {}).seeds == ("./seed.sql",)
