"""Letters beyond ASCII, written in ASCII.

In: any text. Out: the same sounds in Latin letters, as npm's `transliteration` writes them. Never: a change to what is
ASCII already.

The sounds are those of `text-unidecode`, but for the letters in `letters.json`, on which the two differ. Its table is
read when the first such letter comes: it takes more memory than all else that knows of names, and few need it.
"""

import json
import re
from functools import cache
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path

from gatepost.problem import Problem

HAN = re.compile("[\u2e80-\u2fd5\u3005\u3007\u3021-\u3029\u3038-\u303b\u3400-\u4dbf\u4e00-\u9ffc\uf900-\ufad9]")
NO_SPACE_BEFORE = re.compile(r"""[\s!"#%&'()*,\-./:;?@\[\\\]_{}]""")
UNKNOWN = "[?]"
TABLE = "text_unidecode"
OWN: dict[str, str] = json.loads(files("gatepost.graphql.naming").joinpath("letters.json").read_text("utf-8"))


def transliterate(text: str) -> str:
    """Chinese syllables are words: what follows one is parted from it."""
    if text.isascii():
        return text
    written: list[str] = []
    syllable = False
    for letter in text:
        sound = letter if letter.isascii() else _sound(letter)
        written += [" ", sound] if syllable and not NO_SPACE_BEFORE.search(sound) else [sound]
        syllable = bool(sound and HAN.match(letter))
    return "".join(written)


def _sound(letter: str) -> str:
    if letter in OWN:
        return OWN[letter]
    table, place = _table(), ord(letter) - 1
    sound = table[place] if place < len(table) else ""
    bare = sound.strip()
    return "" if bare == UNKNOWN else bare if HAN.match(letter) else sound


@cache
def _table() -> list[str]:
    """The sounds of all letters of the basic plane, from the first: the library's file without the library, which would
    read it as soon as it is imported.
    """
    spec = find_spec(TABLE)
    if spec is None or spec.origin is None:
        raise Problem("not_installed", 500, f"{TABLE} is not installed", None, "pip install text-unidecode")
    return Path(spec.origin).with_name("data.bin").read_text("utf-8").split("\0")
