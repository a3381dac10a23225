"""The canonical form: one indentation, one spacing, columns; nothing lost."""

from pathlib import Path

import pytest

from gatepost import zmodel
from gatepost.zmodel import SchemaProblem
from gatepost.zmodel.diagnostics import Source
from gatepost.zmodel.lexer import COMMENT
from gatepost.zmodel.parse import lexer, parse
from tests.unit.zmodel.helpers import DATASOURCE, post

FIXTURES = sorted((Path(__file__).parent / "fixtures").rglob("*.zmodel"))
MESSY = """
import  './a' ;
import "b"
datasource db { provider='postgresql'
  url = env( "X" ) } // the database
/// A user.
model  User with A,B extends C{ // trailing
 id String @id @default( uuid( ) )   // the id
   /* block
      more */
 email   String?   @unique


 posts Post [ ]
 where Unsupported ( "circle" ) ?
 notes  String
   @map("y")
   @allow('read', a?[b,b.x==this.y] && !c && !( d![e] ) ||
       f in [ A,B ]) // why
 // last
 @@allow('all',auth()!=null)
 @@meta("k", {a:1,'b':[ 1,-2 ],})
}
enum E{A@map('a') B
@@map("e")}
function f(a:Int ?,b : String[]) :Boolean{a==1}   @@@expressionContext( [ AccessPolicy ] )
function g():Int{}
mutation   procedure p( a:Int ) :Void
// end
"""
TIDY = """import './a'
import "b"

datasource db {
    provider = 'postgresql'
    url      = env("X")
} // the database

/// A user.
model User with A, B extends C { // trailing
    id    String                 @id @default(uuid()) // the id
    /* block
      more */
    email String?                @unique

    posts Post[]
    where Unsupported("circle")?
    notes String
        @map("y")
        @allow('read', a?[b, b.x == this.y] && !c && !(d![e]) ||
        f in [A, B]) // why
    // last
    @@allow('all', auth() != null)
    @@meta("k", {a: 1, 'b': [1, -2],})
}

enum E {
    A @map('a')
    B
    @@map("e")
}

function f(a: Int?, b: String[]): Boolean { a == 1 } @@@expressionContext([AccessPolicy])
function g(): Int {}
mutation procedure p(a: Int): Void
// end
"""


def comments(text: str) -> list[str]:
    return ["".join(token.split()) for token in lexer().tokens(text) if token.type == COMMENT]


def test_the_canonical_form():
    assert zmodel.format(MESSY) == TIDY


def test_what_is_canonical_stays():
    assert zmodel.format(TIDY) == TIDY


@pytest.mark.parametrize("text", [MESSY, post("@@allow('read', published)"), *[path.read_text() for path in FIXTURES]])
def test_the_form_says_the_same_and_keeps_every_comment(text: str):
    formatted = zmodel.format(text)
    assert parse(Source("a", formatted)) == parse(Source("b", text))
    assert comments(formatted) == comments(text)
    assert zmodel.format(formatted) == formatted


def test_a_comment_on_its_own_keeps_its_distance():
    text = "// head\n\n// about A\nmodel A {\n    // key\n\n    id Int @id\n}\n"
    assert zmodel.format(text) == text


def test_a_comment_within_a_rule_stays_there():
    text = "model A {\n    @@allow('read',\n        // mine\n        x == 1 /* one */ ||\n        y)\n}\n"
    assert zmodel.format(text) == text


def test_nothing_is_formatted_that_does_not_parse():
    with pytest.raises(SchemaProblem, match="unexpected"):
        zmodel.format("model {")


def test_an_empty_text_stays_empty():
    assert zmodel.format("\n\n") == ""
    assert zmodel.format("// only\n") == "// only\n"


def test_lines_end_as_lines_do():
    assert zmodel.format("model A {\r\n id Int @id // x\r\n}\r\n") == "model A {\n    id Int @id // x\n}\n"
    assert zmodel.format(DATASOURCE).endswith("}\n")
