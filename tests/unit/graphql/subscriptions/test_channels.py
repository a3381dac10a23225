"""A declared channel with arguments in it: each argument fills its own place and no other."""

from typing import Any

import pytest

from gatepost.graphql.documents.reading import Invalid
from gatepost.graphql.subscriptions.declaration import Declaration
from gatepost.graphql.subscriptions.topics import channel


def declared(template: str) -> Declaration:
    return Declaration("said", (), template, "Said", (), None)


@pytest.mark.parametrize(
    ("template", "arguments", "name"),
    [
        ("topic:{id}:message", {"id": "5"}, "topic:5:message"),
        ("topic:{id}:message", {"id": 5}, "topic:5:message"),
        ("done:{flag}", {"flag": True}, "done:true"),
        ("{a}/{b}", {"a": "x:y", "b": "z"}, "x:y/z"),
        ("everything", {}, "everything"),
    ],
)
def test_arguments_stand_in_their_places(template: str, arguments: dict[str, Any], name: str):
    assert channel(declared(template), arguments) == name


@pytest.mark.parametrize(
    ("template", "arguments"),
    [
        ("user:{name}", {"name": "ada:secret"}),
        ("{a}/{b}", {"a": "x/y", "b": "z"}),
        ("user:{name}", {"name": None}),
        ("user:{name}", {}),
        ("user:{name}", {"name": ["ada"]}),
        ("user:{name}", {"name": {"a": 1}}),
    ],
)
def test_an_argument_that_leads_elsewhere_is_refused(template: str, arguments: dict[str, Any]):
    with pytest.raises(Invalid):
        channel(declared(template), arguments)
