"""Cross-origin requests of an API that runs alone."""

from gatepost.exchange import Request, Response
from gatepost.rest.headers.origins import cross_origin


async def items(request: Request) -> Response:
    if request.method == "OPTIONS":
        return Response(200, b"", [(b"access-control-allow-origin", b"*"), (b"allow", b"OPTIONS,GET,HEAD")])
    return Response(200, b"[]", [(b"content-type", b"application/json")])


async def headers(method: str, origins: tuple[str, ...] = (), **sent: str) -> dict[str, str]:
    given = [(name.replace("_", "-").encode(), value.encode()) for name, value in sent.items()]
    response = await cross_origin(items, origins)(Request(method, "/items", headers=given))
    assert response.status == 200
    names = [name for name, _ in response.headers]
    assert len(set(names)) == len(names)
    return {name.decode(): value.decode() for name, value in response.headers}


async def test_without_an_origin_nothing_is_added() -> None:
    assert await headers("GET") == {"content-type": "application/json"}
    assert await headers("OPTIONS") == {"access-control-allow-origin": "*", "allow": "OPTIONS,GET,HEAD"}


async def test_a_preflight_is_answered_without_the_surface() -> None:
    found = await headers(
        "OPTIONS",
        origin="http://a.example",
        access_control_request_method="POST",
        access_control_request_headers="Foo,Bar",
    )
    assert "allow" not in found
    assert found["access-control-allow-origin"] == "*"
    assert found["access-control-allow-methods"] == "GET, POST, PATCH, PUT, DELETE, OPTIONS, HEAD"
    assert found["access-control-allow-headers"] == "Authorization, Foo, Bar, Accept, Accept-Language, Content-Language"
    assert found["access-control-max-age"] == "86400"


async def test_answers_say_which_headers_a_script_may_read() -> None:
    exposed = (await headers("GET", origin="http://a.example"))["access-control-expose-headers"]
    assert exposed == (
        "Content-Encoding, Content-Location, Content-Range, Content-Type, Date, Location, Server, Transfer-Encoding, "
        "Range-Unit"
    )


async def test_listed_origins_may_send_credentials_and_others_nothing() -> None:
    listed = ("http://a.example",)
    found = await headers("GET", listed, origin="http://a.example")
    assert found["access-control-allow-origin"] == "http://a.example"
    assert found["access-control-allow-credentials"] == "true"
    assert "access-control-allow-origin" not in await headers("GET", listed, origin="http://b.example")
