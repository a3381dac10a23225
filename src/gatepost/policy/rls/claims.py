"""How a definition reads the asking identity's claims.

In: a path into the claims and a type. Out: a scalar sub-select over PostgreSQL's own functions, so that it is worked
out once a statement, needs no schema `auth`, and runs nobody's code.
Never: an error because nobody is signed in, or because a claim is of another type: what is absent, empty, JSON's null
or does not fit is null.
"""

from gatepost.policy.claims import form
from gatepost.query.sql import Inline, array_literal, literal

CLAIMS = "nullif(current_setting('request.jwt.claims', true), '')::jsonb"
# The singular setting wins, as in auth.uid().
SUBJECT = f"coalesce(nullif(current_setting('request.jwt.claim.sub', true), ''), {CLAIMS} ->> 'sub')"


def claim(path: tuple[str, ...], type: str) -> str:
    """What the claims hold under `path` as `type` (SQL text); of an array type: the elements of a JSON array."""
    steps = literal(array_literal(path).decode())
    text, shape = SUBJECT if path == ("sub",) else f"{CLAIMS} #>> {steps}", form(type)
    if shape is not None:
        value = f"case when value ~ {literal(shape)} then value::{type} end"
        return f"(select {value} from (select {text}) as claim(value))"  # noqa: S608 - of quoted words and our types
    if path == ("sub",):
        return f"(select ({text})::{type})"
    if type in ("jsonb", "json"):
        return f"(select nullif({CLAIMS} #> {steps}, 'null'::jsonb)::{type})"
    if type.endswith("[]"):
        return f"(select {_elements(f'{CLAIMS} #> {steps}', type)})"
    return f"(select ({text})::{type})"


def _elements(value: str, type: str) -> str:
    texts = f"array(select jsonb_array_elements_text({value}))::{type}"
    return f"case when jsonb_typeof({value}) = 'array' then {texts} end"


def inline() -> Inline:
    """What prints values and claims in definitions, which take no parameters."""
    return Inline(claim)
