"""Moves of a face along directions: summed, and what is to be said of those that do nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import torch
from torch import Tensor

from likeness.errors import WeightsError
from likeness.files.paths import list_directions, resolve_direction
from likeness.generator import Generator
from likeness.picture import Picture
from likeness.toolkit.latent_file import Switch, read_direction, read_switch

# Two pictures show the same where they differ by less than a level on average and nowhere much: the hundredth of their
# px that differs most, by less than so many levels. Glasses and nothing else changed 24 faces by 1.1 levels and by 50
# at least, the thinnest wire on the darkest skin.
SAME_LEVELS, SEEN, SEEN_LEVELS = 1.0, 0.01, 40.0
# Nor does anybody see a change, however wide, of which even that hundredth is less.
UNSEEN_LEVELS = 8.0
# But a small thing is seen, lipstick or an earring, if a thousandth of the px differs by so many levels.
SMALL, SMALL_LEVELS = 0.001, 48.0


def sum_moves(generator: Generator, moves: Mapping[str, float]) -> Tensor:
    """Return what is added to a latent to move it along all directions at once, `[num_ws, w_dim]`.

    Raises:
        WeightsError: one is not there, naming those that are, or of another generator's shape.
    """
    info = generator.info
    total = torch.zeros(info.num_ws, info.w_dim)
    known = list_directions(*info.names)
    for name, amount in moves.items():
        if name not in known and not name.endswith(".safetensors"):
            there = ", ".join(sorted(known)) or "none; `likeness directions` finds some"
            raise WeightsError(f"these weights have no direction {name!r}; there are: {there}")
        total += amount * read_direction(resolve_direction(name, *info.names), info.num_ws, info.w_dim)
    return total.to(generator.mean)


def find_switches(generator: Generator, names: Iterable[str]) -> dict[str, Switch]:
    """Return those of the directions that put something on, by name.

    Raises:
        WeightsError: one is not there, or broken.
    """
    found = {name: read_switch(resolve_direction(name, *generator.info.names)) for name in names}
    return {name: switch for name, switch in found.items() if switch is not None}


def explain_moves(generator: Generator, moves: Mapping[str, float]) -> list[str]:
    """Return a line for each thing that is put on in part or not at all, though an amount of it was given.

    Raises:
        WeightsError: a direction is not there, or broken.
    """
    lines, amounts = list[str](), dict[Switch, dict[str, float]]()
    for name, switch in find_switches(generator, moves).items():
        amounts.setdefault(switch, {})[name] = moves[name]
    for switch, given in amounts.items():
        total, said = sum(given.values()), ", ".join(f"{name}={amount:g}" for name, amount in given.items())
        if total < switch.whole:
            does = "does nothing" if total <= switch.unseen else f"shows a ghost of {switch.puts_on}"
            lines.append(
                f"{said} {does}: {next(iter(given))} is a switch, off up to {switch.unseen:g} and on from "
                f"{switch.whole:g}; give 1"
            )
    return lines


def show_same(one: Picture, other: Picture) -> bool:
    """Return whether two pictures of one size show the same, but for what nobody would see."""
    apart = np.abs(one.astype(np.int16) - other)
    widest = np.sort(apart.max(axis=2), axis=None)[::-1]
    strongest, small = (float(widest[: max(1, round(part * widest.size))].mean()) for part in (SEEN, SMALL))
    if small >= SMALL_LEVELS:
        return False
    return strongest < UNSEEN_LEVELS or (strongest < SEEN_LEVELS and float(apart.mean()) < SAME_LEVELS)
