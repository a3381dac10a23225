"""The template language: what projects write for Supabase means the same here, and nothing more than that."""

import pytest

from gatepost.auth.mail.language import Invalid, compile_template

VARIABLES = {
    "Token": "123456",
    "Email": "ada@example.org",
    "SiteURL": "https://example.org",
    "RedirectTo": "https://example.org/welcome?a=1&b=2",
    "Data": {
        "name": "Ada",
        "age": 36,
        "score": 1.5,
        "admin": True,
        "tags": ["x", "y"],
        "none": None,
        "in": {"a": 1},
    },
}


def plain(text: str) -> str:
    return compile_template("t", text).plain(VARIABLES)


def html(text: str, **variables: object) -> str:
    return compile_template("t", text).html({**VARIABLES, **variables})


@pytest.mark.parametrize(
    ("template", "result"),
    [
        ("no actions { } %", "no actions { } %"),
        ("{{ .Token }}", "123456"),
        ("{{.Token}}{{ .Token}}", "123456123456"),
        ("{{ .Data.name }}, {{ .Data.age }}, {{ .Data.score }}", "Ada, 36, 1.5"),
        ("{{ .Data.admin }} {{ .Data.none }}|{{ .Data.missing }}|{{ .Data.missing.deep }}|{{ .Nothing }}", "true |||"),
        ("{{ .Data.tags }}", '["x","y"]'),
        ("{{ $.Data.name }}", "Ada"),
        ("{{ if .Data.admin }}yes{{ end }}", "yes"),
        ("{{ if .Data.missing }}yes{{ else }}no{{ end }}", "no"),
        ('{{ if eq .Data.name "Eve" }}1{{ else if eq .Data.name "Ada" }}2{{ else }}3{{ end }}', "2"),
        ('{{ if and .Data.admin (ne .Data.name "Eve") }}a{{ end }}', "a"),
        ("{{ if not .Data.missing }}a{{ end }}", "a"),
        ("{{ if or .Data.missing .Data.name }}a{{ end }}", "a"),
        ("{{ if gt .Data.age 30 }}old{{ end }}{{ if lt .Data.age 30 }}young{{ end }}", "old"),
        ('{{ if eq .Data.name "x" "Ada" }}one of{{ end }}', "one of"),
        ("{{ if eq .Data.admin 1 }}same{{ else }}different{{ end }}", "different"),
        ("{{ with .Data.in }}{{ .a }}{{ $.Token }}{{ end }}", "1123456"),
        ("{{ with .Data.missing }}x{{ else }}y{{ end }}", "y"),
        ("{{ range .Data.tags }}[{{ . }}]{{ end }}", "[x][y]"),
        ("{{ range .Data.missing }}x{{ else }}none{{ end }}", "none"),
        ('{{ index .Data "name" }}{{ index .Data.tags 1 }}{{ index .Data.tags 9 }}', "Aday"),
        ('{{ .Data.name | print "Dear " }}', "Dear Ada"),
        ("{{ len .Data.tags }}", "2"),
        ("{{ urlquery .RedirectTo }}", "https%3A%2F%2Fexample.org%2Fwelcome%3Fa%3D1%26b%3D2"),
        ("a {{- .Token -}} b", "a123456b"),
        ("a {{/* a note with }} in it? no */}}b", "a b"),
        ("a{{- /* note */ -}} b", "ab"),
        ('{{ "quoted \\" text" }}{{ `raw }}` }}', 'quoted " textraw }}'),
        ("{{ print 1 2.5 true nil }}", "12.5true"),
        ("1\n{{ if .Token }}\n2\n{{ end }}3", "1\n\n2\n3"),
    ],
)
def test_what_it_says(template: str, result: str):
    assert plain(template) == result


@pytest.mark.parametrize(
    ("template", "line", "reason"),
    [
        ("{{ .Token", 1, "without its }}"),
        ("a\n{{ if .Token }}\nb", 2, "{{ if }} without its {{ end }}"),
        ("a\nb\n{{ end }}", 3, "without an opening"),
        ("{{ else }}", 1, "without an opening"),
        ('\n{{ template "x" }}', 2, "no function template"),
        ('{{ define "x" }}', 1, "no function define"),
        ("{{ .Token.upper() }}", 1, "is not understood"),
        ("{{ $x := .Token }}", 1, "is not understood"),
        ('{{ printf "%s" .Token }}', 1, "no function printf"),
        ("{{ html .Token }}", 1, "no function html"),
        ("{{ .Data.tags[0] }}", 1, "is not understood"),
        ("{{ Token }}", 1, "no function Token"),
        ("{{ 7*7 }}", 1, "is not understood"),
        ("{{ if }}x{{ end }}", 1, "missing"),
        ("{{ }}", 1, "missing"),
        ("{{ eq .Token }}", 1, "eq does not take 1"),
        ("{{ (eq .Token 1 }}", 1, "( without its )"),
        ("{{ .Token | .Email }}", 1, "only a function"),
        ("{{ if .Token }}{{ else foo }}{{ end }}", 1, "else foo"),
        ("{{ if .Token }}{{ else }}{{ else }}{{ end }}", 1, "without its {{ end }}"),
        ("{% include 'x' %}{{ ''.__class__ }}", 1, "is not understood"),
    ],
)
def test_what_is_not_understood_is_refused_with_its_line(template: str, line: int, reason: str):
    with pytest.raises(Invalid) as raised:
        compile_template("invite.html", template)
    assert raised.value.line == line
    assert raised.value.message.startswith(f"invite.html, line {line}: ")
    assert reason in raised.value.message


def test_nothing_of_python_is_reachable():
    class Secret:
        password = "hidden"

    for template in ("{{ .X.password }}", "{{ .X.__class__ }}", '{{ index .X "password" }}', "{{ .Data.__class__ }}"):
        assert compile_template("t", template).plain({"X": Secret(), "Data": {}}) == ""


def test_values_are_escaped_in_html():
    assert html("<p>{{ .Name }}</p>", Name="<script>alert('1') & \"2\"</script>") == (
        "<p>&lt;script&gt;alert(&#x27;1&#x27;) &amp; &quot;2&quot;&lt;/script&gt;</p>"
    )
    assert html('<a title="{{ .Name }}">', Name='" onclick="x') == '<a title="&quot; onclick=&quot;x">'


def test_a_value_inside_the_query_of_an_address_is_one_value():
    link = html('<a href="{{ .SiteURL }}/confirm?token_hash={{ .Token }}&next={{ .RedirectTo }}">')
    assert link == (
        '<a href="https://example.org/confirm?token_hash=123456'
        '&next=https%3A%2F%2Fexample.org%2Fwelcome%3Fa%3D1%26b%3D2">'
    )


def test_a_whole_address_stays_an_address():
    link = html("<a href='{{ .ConfirmationURL }}'>", ConfirmationURL="https://a.test/v?t=1&redirect_to=http%3A%2F%2Fb")
    assert link == "<a href='https://a.test/v?t=1&amp;redirect_to=http%3A%2F%2Fb'>"


@pytest.mark.parametrize("value", ["javascript:alert(1)", " JavaScript:alert(1)", "data:text/html,x", "vbscript:x"])
def test_an_address_that_would_run_is_not_written(value: str):
    assert html('<a href="{{ .Data.link }}">', Data={"link": value}) == '<a href="#">'


@pytest.mark.parametrize("value", ["java\tscript:alert(1)", "java\nscript:alert(1)", "\x01javascript:alert(1)"])
def test_a_character_that_browsers_drop_cannot_hide_a_scheme(value: str):
    link = html('<a href="{{ .X }}">', X=value)
    assert "%0" in link
