"""Letters beyond ASCII, written in ASCII.

In: any text. Out: the same sounds in Latin letters, as npm's `transliteration` writes them. Never: a change to what is
ASCII already.

The sounds are those of `text-unidecode`, but for the letters in `letters.json`, on which the two differ.
"""

import json
import re
from importlib.resources import files

from text_unidecode import unidecode  # pyright: ignore[reportMissingTypeStubs, reportUnknownVariableType]

HAN = re.compile("[\u2e80-\u2fd5\u3005\u3007\u3021-\u3029\u3038-\u303b\u3400-\u4dbf\u4e00-\u9ffc\uf900-\ufad9]")
NO_SPACE_BEFORE = re.compile(r"""[\s!"#%&'()*,\-./:;?@\[\\\]_{}]""")
UNKNOWN = "[?]"
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
    sound: str = unidecode(letter)
    bare = sound.strip()
    return "" if bare == UNKNOWN else bare if HAN.match(letter) else sound
