"""The mutated document of each number, the same on every run."""

from random import Random
from typing import Final

from tests.proof.malformed.damage import damaged
from tests.proof.malformed.heavy import heavy
from tests.proof.malformed.seeds import lines, texts
from tests.proof.malformed.styles import dumped
from tests.proof.malformed.trees import mutated

# Heavy documents take hundreds of times as long as the others.
_HEAVY_ONE_IN: Final = 500


def document(piece: int) -> bytes:
    """The document with that number."""
    chance = Random(f"malformed {piece}")
    if chance.randrange(_HEAVY_ONE_IN) == 0:
        return heavy(chance)
    kind = chance.random()
    if kind < 0.45:
        text = _encoded(_dumped(chance))
        times = chance.choice((0, 0, 0, 1, 2))
    elif kind < 0.9:
        text = chance.choice(texts()).encode()
        times = chance.choice((1, 1, 1, 2, 3, 6))
    else:
        text = "\n".join(chance.choices(lines(), k=chance.randint(1, 20))).encode()
        times = chance.choice((0, 0, 1))
    for _ in range(times):
        text = damaged(chance, text)
    return text


def _dumped(chance: Random) -> str:
    if chance.random() < 0.1:
        return chance.choice(("\n---\n", "---\n", "\n...\n")).join(_dumped(chance) for _ in range(2))
    return dumped(chance, mutated(chance))


def _encoded(text: str) -> bytes:
    # Lone surrogates come out as the bytes that no UTF-8 has.
    return text.encode(errors="surrogatepass")
