"""For whom an application asks: `Sb-Forwarded-For`, believed of those who hold a secret key."""

import pytest

from gatepost.auth.limits import Rate
from tests.surfaces.auth.conftest import MODERN, PASSWORD, Answer, Client, Open, address

VISITOR = "198.51.100.7"


@pytest.fixture
def strict(open_client: Open) -> Client:
    """Two questions a minute for each address."""
    return open_client(rates={"token": Rate(2, 60, 2)})


async def ask(client: Client, visitor: str, key: str) -> Answer:
    headers = [*MODERN, (b"x-real-ip", b"192.0.2.1"), (b"sb-forwarded-for", visitor.encode())]
    body = {"email": address(), "password": "x"}
    return await client.post("/token?grant_type=password", body, headers=headers, key=key)


async def test_an_application_with_a_secret_key_asks_for_each_visitor_alone(strict: Client):
    found = [(await ask(strict, visitor, strict.admin)).status for visitor in [VISITOR] * 3 + ["198.51.100.8"]]
    assert found == [400, 400, 429, 400]
    assert (await ask(strict, f"{VISITOR}, 10.0.0.1", strict.admin)).status == 429  # the first of a list


async def test_nobody_else_chooses_whom_to_be_counted_as(strict: Client):
    user = await strict.signed_in()
    forged = strict.tokens.sign({"role": "anon"})
    keys = ["anon", forged, user["access_token"], "sb_secret_of_nobody"]
    found = [(await ask(strict, f"198.51.100.{number}", key)).status for number, key in enumerate(keys)]
    assert found == [400, 400, 429, 429]  # all of them are the one address that their proxy names


@pytest.mark.parametrize("said", ["", "nobody", "198.51.100.7:80", "'; drop table"])
async def test_what_is_no_address_is_not_believed(strict: Client, said: str):
    assert [(await ask(strict, said, strict.admin)).status for _ in range(3)] == [400, 400, 429]


async def test_a_session_is_of_the_visitors_address(client: Client):
    user = await client.new_user()
    for key, expected in ((client.admin, VISITOR), ("anon", "192.0.2.1")):
        headers = [*MODERN, (b"sb-forwarded-for", f"{VISITOR}%eth0".encode())]
        body = {"email": user["email"], "password": PASSWORD}
        answer = await client.post("/token?grant_type=password", body, headers=headers, key=key)
        assert answer.status == 200
        asked = "select host(ip) from auth.sessions where user_id = %s order by created_at desc limit 1"
        assert client.sql(asked, user["id"]) == [(expected,)]


async def test_where_a_proxy_sees_to_it_whoever_asks_is_believed(strict: Client):
    strict.surface.auth.limits.forwarded = True
    found = [(await ask(strict, visitor, "anon")).status for visitor in [VISITOR] * 3 + ["198.51.100.8"]]
    assert found == [400, 400, 429, 400]
