"""Procedures: declared by the schema, brought by the program, checked by their types."""

from typing import Any

import pytest

from gatepost.orm import Client, ConfigError, DatabaseError, InvalidInput, NotFound, Plugin, ProcedureCall

from .conftest import Open


async def get_user(client: Client, id: int) -> Any:
    return await client.user.find_unique_or_throw(where={"id": id})


async def overview(client: Client) -> Any:
    rows = await client.user.find_many()
    return {"total": len(rows), "names": [row["email"] for row in rows], "role": "USER"}


async def echo(client: Client, text: str, times: int | None = None) -> str:
    assert client
    return text * (times or 1)


async def sign_up(client: Client, email: str, role: str = "USER") -> Any:
    return await client.user.create(data={"id": await client.user.count() + 1, "email": email, "role": role})


async def create_multiple(client: Client, ids: list[int]) -> Any:
    async with client.transaction() as tx:
        return [await tx.user.create(data={"id": id, "email": f"u{id}@x.io"}) for id in ids]


HANDLERS = {
    "getUser": get_user,
    "overview": overview,
    "echo": echo,
    "signUp": sign_up,
    "create_multiple": create_multiple,
}


@pytest.fixture
def calling(open_client: Open) -> Client:
    return open_client("none", procedures=HANDLERS)


async def test_procedures_run_with_the_client_that_calls_them(calling: Client) -> None:
    row = await calling.procs.signUp(email="ada@x.io")
    assert (row["email"], row["role"]) == ("ada@x.io", "USER")
    assert (await calling.procs.sign_up(email="bob@x.io", role="ADMIN"))["role"] == "ADMIN"
    assert await calling.procs.get_user(id=1) == row
    assert await calling.procs["overview"]() == {"total": 2, "names": ["ada@x.io", "bob@x.io"], "role": "USER"}
    with pytest.raises(NotFound):
        await calling.procs.getUser(id=77)


async def test_arguments_may_stand_in_zenstacks_envelope(calling: Client) -> None:
    assert await calling.procs.echo({"args": {"text": "a", "times": 3}}) == "aaa"
    assert await calling.procs.echo({"text": "a"}) == "a"
    assert await calling.procs.overview({"args": {}}) == await calling.procs.overview()


@pytest.mark.parametrize(
    ("name", "args", "message"),
    [
        ("echo", {}, 'is required at "text"'),
        ("echo", {"text": None}, 'is required at "text"'),
        ("echo", {"text": 1}, 'expected string, received int at "text"'),
        ("echo", {"text": "a", "times": "3"}, 'expected int, received string at "times"'),
        ("echo", {"text": "a", "tims": 3}, 'no argument "tims"; did you mean "times"'),
        ("signUp", {"email": "a", "role": "BOSS"}, 'expected one of "ADMIN", "USER"'),
        ("createMultiple", {"ids": 3}, "expected a list of Int"),
        ("createMultiple", {"ids": [1, "2"]}, r"expected int, received string at .ids\[1\]"),
        ("overview", {"x": 1}, 'no argument "x"'),
        ("echo", {"args": [1]}, "arguments are an object"),
    ],
)
async def test_arguments_are_checked_by_their_declared_types(
    calling: Client, name: str, args: Any, message: str
) -> None:
    with pytest.raises(InvalidInput, match=message):
        await calling.procs[name](args)


async def test_an_unknown_procedure_is_an_attribute_error_that_says_what_is_near(calling: Client) -> None:
    with pytest.raises(AttributeError, match='no procedure "signup"; did you mean "signUp"'):
        calling.procs.signup  # noqa: B018


async def test_a_procedure_without_a_handler_says_so(calling: Client) -> None:
    with pytest.raises(ConfigError, match='"clear" does not have a handler'):
        await calling.procs.clear()


async def test_a_procedures_own_transaction_is_all_or_nothing(calling: Client) -> None:
    with pytest.raises(DatabaseError):
        await calling.procs.createMultiple(ids=[1, 1])
    assert await calling.user.count() == 0
    assert len(await calling.procs.createMultiple(ids=[1, 2])) == 2


async def test_a_procedure_shares_the_transaction_it_is_called_in(calling: Client) -> None:
    with pytest.raises(ZeroDivisionError):
        async with calling.transaction() as tx:
            await tx.procs.signUp(email="ada@x.io")
            await tx.procs.createMultiple(ids=[7])
            raise ZeroDivisionError
    assert await calling.user.count() == 0


@pytest.mark.parametrize("guard", ["query", "database"])
async def test_a_procedure_obeys_the_rules_of_whoever_calls(
    open_client: Open, people: dict[str, int], guard: str
) -> None:
    async def own(client: Client) -> Any:
        return await client.post.count()

    db = open_client(guard, procedures={"overview": own})
    await db.set_auth({"id": people["ada"]}).post.create(data={"title": "x"})
    assert await db.set_auth({"id": people["ada"]}).procs.overview() == 1
    assert await db.set_auth({"id": people["bob"]}).procs.overview() == 0


async def test_on_procedure_wraps_the_call_the_last_plugin_outermost(calling: Client) -> None:
    seen: list[str] = []

    def named(name: str) -> Plugin:
        async def on_procedure(call: ProcedureCall) -> Any:
            seen.append(f"{name}:{call.name}:{call.mutation}:{dict(call.args)}")
            return await call.proceed({**call.args, "times": (call.args.get("times") or 1) + 1})

        return Plugin(name, on_procedure=on_procedure)

    assert await calling.use(named("one")).use(named("two")).procs.echo(text="a") == "aaa"
    assert seen == ["two:echo:False:{'text': 'a'}", "one:echo:False:{'text': 'a', 'times': 2}"]
