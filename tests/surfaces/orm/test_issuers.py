"""A token of another issuer's, shown to the client over HTTP: rows by the rules of the schema, as whom it says."""

import httpx
import pytest

from gatepost.exchange import Request
from gatepost.identity import Proof
from gatepost.identity.api_keys import ApiKeys
from gatepost.identity.identify import Identifier
from gatepost.identity.keys import KeyRing
from gatepost.identity.tokens import Tokens
from gatepost.orm import Client
from gatepost.orm.http import rpc
from gatepost.outside.issuers import Issuers
from gatepost.settings import IdentitySettings, TrustedIssuer
from tests.surfaces.issuers.issuer import AUDIENCE, running

from .conftest import BLOG, Open


@pytest.mark.parametrize("guard", ["query", "database"])
async def test_a_token_of_another_issuer_reads_by_the_rules(open_client: Open, guard: str) -> None:
    free, guarded = open_client("none"), open_client(guard)
    await free.user.create(data={"id": 1, "email": "a@x.io"})
    await free.post.create_many(data=[{"title": "mine", "authorId": 1}, {"title": "draft"}])
    tokens = Tokens(KeyRing(()))
    with running() as issuer:
        trusted = TrustedIssuer(issuer=issuer.url, audience=(AUDIENCE,), subject="token")
        issuers = Issuers(IdentitySettings(issuers=(trusted,)), tokens)
        door = Identifier(tokens, ApiKeys(), issuers.fetch)

        async def get_client(request: Request) -> Client:
            return guarded.set_auth(await door.who(Proof(None, request.header(b"authorization"))))

        async with httpx.AsyncClient(transport=httpx.ASGITransport(rpc(BLOG, get_client)), base_url="http://x") as http:
            mine = await http.get("/post/findMany", headers={"authorization": issuer.token(sub="1")})
            others = await http.get("/post/findMany", headers={"authorization": issuer.token(sub="2")})
            wrong = await http.get("/post/findMany", headers={"authorization": issuer.token(sub="1", aud="another")})
    assert [post["title"] for post in mine.json()["data"]] == ["mine"]
    assert others.json()["data"] == []
    assert wrong.status_code == 401
