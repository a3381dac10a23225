"""Redirect targets: nobody is sent, with a token, where the site's owner did not mean."""

import time

import pytest

from gatepost.auth import redirects
from gatepost.auth.redirects import allowed, choose, globs, with_fragment, with_query
from gatepost.problem import Problem

SITE = "https://example.com"
LIST = (
    "https://app.example.com/**",
    "https://*.preview.example.com/*",
    "https://**.wide.example.com/**",
    "com.example.app://callback",
    "com.example.app://done/**",
    "http://localhost:3000/welcome",
    "http://*:12345/*",
)


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com",
        "https://example.com/any/where?x=1#y",
        "HTTPS://EXAMPLE.COM/",
        "https://app.example.com/",
        "https://app.example.com/a/b.c?d=e/f",
        "https://one.preview.example.com/x",
        "https://a.b.wide.example.com/deep/er",
        "com.example.app://callback",
        "com.example.app://done/a/b",
        "http://localhost:3000/welcome",
        "http://127.0.0.1:12345/path",
        "http://127.0.0.1/",
        "http://[::1]:8080/x",
        "http://[0:0:0:0:0:0:0:1]:12345/path",
    ],
)
def test_what_the_owner_listed_and_the_site_itself_are_allowed(url: str):
    assert allowed(SITE, LIST, url)


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/",
        "https://example.com:8443/",
        "https://example.com.evil.test/",
        "https://evilexample.com/",
        "https://example.co",
        "https://app.example.com",
        "https://two.labels.preview.example.com/x",
        "https://one.preview.example.com/x/y",
        "com.example.app://callback/more",
        "com.example.other://callback",
        "http://localhost:3000/welcome/",
        "http://localhost:3001/welcome",
    ],
)
def test_what_is_near_it_is_not(url: str):
    assert not allowed(SITE, LIST, url)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "/",
        "//evil.test/",
        "/\\evil.test",
        "evil.test",
        "https:evil.test",
        "https:/evil.test",
        "https:///evil.test",
        "https:\\\\evil.test",
        "https://evil.test\\@example.com/",
        "https://example.com\\.evil.test/",
        "https://example.com@evil.test/",
        "https://user@example.com/",
        "https://user:pw@app.example.com/x",
        "https://example.com:443@evil.test/",
        "https://example.com%40evil.test/",
        "https://example.com%2eevil.test/",
        "https://example.com%00.evil.test/",
        "https://example.com\t.evil.test/",
        "https://exam\nple.com/",
        " https://example.com/",
        "https://example.com/ ",
        "https://example.com\x00/",
        "https://evil.test?.wide.example.com/x",
        "https://evil.test/?.wide.example.com/x",
        "https://evil.test#.wide.example.com/x",
        "https://evil.test/.wide.example.com/x",
        "https://evil.test/https://app.example.com/",
        "https://evil.test?https://app.example.com/",
        "https://app.example.com/../evil",
        "https://app.example.com/a/%2e%2e/b",
        "https://app.example.com/a/.%2E/b",
        "https://app.example.com/..",
        "https://exämple.com/",
        "https://example。com/",
        "https://[::1]evil.test/",
        "https://[::1",
        "https://::1/",
        "javascript:alert(1)",
        "javascript://example.com/%0aalert(1)",
        "JavaScript://127.0.0.1/%0aalert(1)",
        "data:text/html,x",
        "vbscript://127.0.0.1/x",
        "file://127.0.0.1/etc/passwd",
        "blob:https://example.com/x",
        "http://2130706433/",
        "http://2130706433:12345/x",
        "http://0x7f000001/",
        "http://0x7f.1/",
        "http://127.1/",
        "http://0177.0.0.1/",
        "http://127.0.0.1.:12345/x",
        "http://123.123.123.123:12345/x",
        "http://[2001:db8::1]:12345/x",
        "http://[::1%25eth0]:12345/x",
        "http://0.0.0.0:12345/x",
        "http://-dash:12345/x",
        "http://under_score:12345/x",
        "http://a:12345:12345/x",
        "https://app.example.com/" + "a" * 9000,
    ],
)
def test_tricks_are_refused(url: str):
    assert not allowed(SITE, LIST, url)
    assert choose(SITE, LIST, url, None) == SITE


def test_a_site_on_loopback_may_use_any_port_there():
    assert allowed("http://localhost:3000", (), "http://localhost:8080/callback")
    assert allowed("http://localhost:3000", (), "http://localhost/callback")
    assert not allowed("https://localhost:3000", (), "http://localhost:8080/callback")
    assert not allowed("https://example.com:9000", (), "https://example.com:9001/path")


def test_the_request_comes_first_then_the_referer_then_the_site():
    assert choose(SITE, LIST, "https://app.example.com/x", "https://example.com/y") == "https://app.example.com/x"
    assert choose(SITE, LIST, "https://evil.test/", "https://example.com/y") == "https://example.com/y"
    assert choose(SITE, LIST, None, "https://evil.test/") == SITE
    assert choose(SITE, LIST, "", None) == SITE


def test_letters_outside_ascii_leave_percent_encoded():
    assert choose(SITE, LIST, "https://example.com/grüße?x=ä", None) == "https://example.com/gr%C3%BC%C3%9Fe?x=%C3%A4"
    assert choose(SITE, LIST, "https://example.com/a%20b", None) == "https://example.com/a%20b"


@pytest.mark.parametrize(
    ("pattern", "safe", "hostile"),
    [
        ("https://shop.test**", "https://shop.test/a/b", "https://shop.test.evil.test/"),
        ("https://shop.test*", "https://shop.test", "https://shop.testing"),
        ("http://shop.test:3000**", "http://shop.test:3000/a", "http://shop.test:30001/a"),
        ("https://**", "https://any.test/a", "http://any.test/a"),
        ("http://shop.test:*/x", "http://shop.test:99/x", "http://shop.test/x"),
        ("https://{a,b}.shop.test/**", "https://b.shop.test/x", "https://c.shop.test/x"),
        ("*://shop.test/x", "http://shop.test/x", "http://shop.test/y"),
    ],
)
def test_a_wildcard_never_reaches_over_the_end_of_a_host(pattern: str, safe: str, hostile: str):
    assert allowed(SITE, (pattern,), safe)
    assert not allowed(SITE, (pattern,), hostile)


@pytest.mark.parametrize(
    ("pattern", "text", "fits"),
    [
        ("*", "abc", True),
        ("*", "", True),
        ("*", "a.c", False),
        ("*", "a/c", False),
        ("**", "a.b/c", True),
        ("**", "", True),
        ("a**c", "a/.c", True),
        ("***", "a/b", True),
        ("?", "a", True),
        ("?", "/", False),
        ("?", "", False),
        ("[abc]d", "bd", True),
        ("[abc]d", "dd", False),
        ("[a-c]", "b", True),
        ("[!a-c]", "b", False),
        ("[!a-c]", "d", True),
        ("[!a]", "/", True),
        ("[a\\]]", "]", True),
        ("{one,two}x", "twox", True),
        ("{one,two}x", "threex", False),
        ("{*.a,b/**}", "z.a", True),
        ("{*.a,b/**}", "b/1/2", True),
        ("{a,}b", "b", True),
        ("{a,{b,c}}d", "cd", True),
        ("a,b", "a,b", True),
        ("\\*", "*", True),
        ("\\*", "a", False),
        ("x*y*z", "xaybyz", True),
        ("*x*y", "xa.xby", False),
        ("**x*y", "xa.xby", True),
        ("a.c", "abc", False),
    ],
)
def test_the_pattern_language_is_gobwas(pattern: str, text: str, fits: bool):
    assert globs.matches(pattern, text) is fits


@pytest.mark.parametrize("pattern", ["[a", "{a", "a}", "a\\", "[]", "{a,{b}"])
def test_a_broken_pattern_stops_the_start_and_names_itself(pattern: str):
    with pytest.raises(Problem) as raised:
        redirects.check_patterns(["https://fine.test/**", pattern])
    assert raised.value.code == "invalid_setting"
    assert repr(pattern) in raised.value.message


def test_a_hostile_url_costs_no_time():
    begun = time.thread_time()
    assert not globs.matches("https://" + "**a" * 20 + "b", "https://" + "a" * 8000)
    assert not globs.matches("https://" + "*a" * 20 + "b", "https://" + "a" * 8000)
    assert time.thread_time() - begun < 2


def test_tokens_travel_in_the_fragment_in_alphabetical_order():
    url = with_fragment("https://example.com/x?a=1#old", {"token_type": "bearer", "access_token": "t&=#", "sb": ""})
    assert url == "https://example.com/x?a=1#access_token=t%26%3D%23&sb=&token_type=bearer"


def test_codes_travel_in_the_query_beside_what_is_there():
    assert with_query("https://example.com/x", {"code": "c d"}) == "https://example.com/x?code=c+d"
    url = with_query("https://example.com/x?z=1&code=old&b=&a=2#part", {"code": "new"})
    assert url == "https://example.com/x?a=2&b=&code=new&z=1#part"
