"""Schemas in a few lines, and what is wrong with them."""

from gatepost import zmodel
from gatepost.zmodel import Diagnostic, Schema

DATASOURCE = "datasource db { provider = 'postgresql' }\n"


def load(text: str, datasource: str = DATASOURCE) -> Schema:
    """The schema of a text, which is given a datasource."""
    return zmodel.load(datasource + text)


def findings(text: str, datasource: str = DATASOURCE) -> list[Diagnostic]:
    """All findings; lines count from the text's first."""
    return zmodel.check(datasource + text)


def errors(text: str, datasource: str = DATASOURCE) -> list[str]:
    """Messages of the errors."""
    return [each.message for each in findings(text, datasource) if each.severity == "error"]


def error(text: str, datasource: str = DATASOURCE) -> str:
    """The message of the only error."""
    found = errors(text, datasource)
    assert len(found) == 1, found
    return found[0]


def sound(text: str, datasource: str = DATASOURCE) -> bool:
    """Whether nothing is wrong."""
    assert errors(text, datasource) == []
    return True


def post(*lines: str, more: str = "") -> str:
    """A model Post with an author, and a User with posts; lines are added to Post."""
    body = "\n".join(f"    {line}" for line in lines)
    return f"""
enum Role {{ ADMIN EDITOR READER }}
model User {{
    id    Int    @id
    email String
    name  String?
    role  Role
    admin Boolean
    posts Post[]
    tags  String[]
}}
model Post {{
    id        Int      @id
    title     String
    subtitle  String?
    published Boolean
    views     Int
    rating    Float?
    price     Decimal?
    createdAt DateTime @default(now())
    keywords  String[]
    role      Role
    meta      Json?
    author    User     @relation(fields: [authorId], references: [id])
    authorId  Int
    reviews   Review[]
{body}
}}
model Review {{
    id      Int     @id
    stars   Int
    text    String?
    hidden  Boolean
    post    Post    @relation(fields: [postId], references: [id])
    postId  Int
}}
{more}
"""


def rule(condition: str, operation: str = "read") -> str:
    """The schema of `post` with one rule."""
    return post(f"@@allow('{operation}', {condition})")
