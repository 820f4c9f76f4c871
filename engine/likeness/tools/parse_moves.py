"""Moves of a face along directions, read from the texts of a command line; without torch."""

import math
from collections.abc import Sequence

from likeness.errors import LikenessError

# Beyond it no direction holds; faces fall apart from 4 or 5 on.
FARTHEST = 20.0


def parse_moves(texts: Sequence[str], option: str = "--direction") -> dict[str, float]:
    """Return how far to go along each direction, from texts such as "smile=2" that were given by `option`.

    Raises:
        LikenessError: one is no such text, or is there twice, or goes too far.
    """
    moves: dict[str, float] = {}
    for text in texts:
        name, equals, number = text.rpartition("=")
        try:
            amount = float(number)
        except ValueError:
            amount = math.nan
        if not equals or not name.strip() or not abs(amount) <= FARTHEST:
            raise LikenessError(
                f"{option} {text!r} is not NAME=AMOUNT, the amount in standard deviations from {-FARTHEST:g} to "
                f"{FARTHEST:g}, as smile=2"
            )
        if name.strip() in moves:
            raise LikenessError(f"{option} {name.strip()} is there twice; give one amount for each")
        moves[name.strip()] = amount
    return moves
