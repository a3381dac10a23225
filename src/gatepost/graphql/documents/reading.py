"""A text, read into a document that is valid and within its limits.

In: a document's text, a schema, limits. Out: a Document, or the GraphQL errors to answer with. Never: an error of
Python's for a text that somebody sent, however it nests.
"""

import re
from collections.abc import Collection

from graphql import DocumentNode, GraphQLError, GraphQLSchema, GraphQLSyntaxError, Source, parse, validate

from .limits import MOST_ERRORS, Limits, exceeded
from .shape import check_document

TOO_DEEP = "The document is nested too deeply to be read"
TOO_MANY_TOKENS = re.compile(r"Document contains more than \d+ tokens")
SUGGESTION = " Did you mean "

Document = DocumentNode


class Invalid(Exception):
    """Why a document is not executed."""

    def __init__(self, errors: Collection[GraphQLError]) -> None:
        super().__init__(f"{len(errors)} errors")
        self.errors = tuple(errors)


def read(schema: GraphQLSchema, text: str, limits: Limits) -> Document:
    """The document; Invalid says what is wrong with it."""
    try:
        document = _parse(text, limits)
        errors = check_document(document, limits) or validate(schema, document, max_errors=MOST_ERRORS)
    except RecursionError:
        raise Invalid([GraphQLError(TOO_DEEP)]) from None
    except GraphQLError as error:  # a rule may need a variable's value, which nobody knows yet
        raise Invalid([error]) from None
    if errors:
        raise invalid(errors, limits)
    return document


def invalid(errors: Collection[GraphQLError], limits: Limits) -> Invalid:
    """What is told of errors."""
    return Invalid(errors if limits.introspection else [plain(error) for error in errors])


def plain(error: GraphQLError) -> GraphQLError:
    """An error without names that were not asked for."""
    message = error.message.partition(SUGGESTION)[0] if error.message.endswith("?") else error.message
    return GraphQLError(message, error.nodes, error.source, error.positions, error.path, extensions=error.extensions)


def _parse(text: str, limits: Limits) -> Document:
    if limits.length and len(text) > limits.length:
        raise Invalid([exceeded("The document has {} characters", len(text), limits.length, "max_document_length")])
    try:
        return parse(Source(text, "GraphQL request"), max_tokens=limits.tokens or None)
    except GraphQLSyntaxError as error:
        if TOO_MANY_TOKENS.search(error.message):
            error = exceeded("The document has {} tokens", "too many", limits.tokens, "max_tokens")
        raise Invalid([error]) from None
