"""`likeness directions list`."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from likeness.options import Force, Weights

# How many of a bank are drawn on a sheet.
DRAWN_OF_BANK = 4

# What banks change, by the method that found them.
BANKS: Mapping[str, str] = MappingProxyType(
    {
        "principal": "what differs most between faces, then what differs next, and so on",
        "closed form": "what changes the layers most, then what changes them next, and so on",
    }
)
# With which the name of a column of labels may end, as in age_years.
UNITS = frozenset({"years", "px", "degrees"})


def list_directions(weights: Weights | None = None, *, sheet: Path | None = None, force: Force = False) -> None:
    """List the directions that weights have: what each changes, and which amounts it takes.

    They lie beside the weights and in ~/.likeness/weights/directions/NAME.

    Parameters
    ----------
    weights
        Without them, the default ones.
    sheet
        Write a PNG with a row for each: its name, and what it does to a face; of a bank, the first four.
    """
    from rich.console import Console
    from rich.table import Column, Table

    from likeness.commands.direction_files import open_named, write_named_sheet
    from likeness.directions.effects import AMOUNTS
    from likeness.directions.named_sheet import SWITCH_AMOUNTS, NamedDirection
    from likeness.files.paths import DEFAULT_WEIGHTS
    from likeness.files.paths import list_directions as find_directions
    from likeness.generators.devices import choose_device
    from likeness.toolkit.latent_file import read_about, read_directions, read_switch

    generator = open_named(weights or DEFAULT_WEIGHTS, choose_device("cpu"))
    table = Table("direction", "amounts, in sd", Column("what it changes", overflow="fold"), box=None)
    found = find_directions(*generator.info.names)
    drawn: list[NamedDirection] = []
    for name, path in sorted(found.items()):
        rows, switch = read_directions(path, *generator.mean.shape), read_switch(path)
        count = len(rows)
        shown = rows[:DRAWN_OF_BANK]
        names = [name] if count == 1 else [f"{name} {number}" for number in range(1, len(shown) + 1)]
        steps = AMOUNTS if switch is None else SWITCH_AMOUNTS
        drawn += [NamedDirection(label, row, steps) for label, row in zip(names, shown, strict=True)]
        if switch is not None:
            amounts = f"a switch: 1 is on, 0 off, and a ghost from {switch.unseen:g} to {switch.whole:g}"
        elif count > 1:
            amounts = f"a bank of {count}, which direction_sweep plays"
        else:
            amounts = "1 is seen, 3 is much"
        table.add_row(name, amounts, say_change(name, read_about(path)))
    if found:
        Console(highlight=False).print(table)
        if sheet is not None:
            write_named_sheet(sheet, generator, drawn, force=force)
    else:
        print("These weights have no directions; `likeness directions measure` and `find` make some")


def say_change(name: str, about: Mapping[str, str]) -> str:
    """Return what a direction's file says that it changes: of labels, from which values to which."""
    if about.get("method") in BANKS and "attribute" not in about:
        return BANKS[about["method"]]
    told = about.get("attribute") or about.get("source") or about.get("method", "")
    if not told.startswith(f"{name}="):
        return told
    column, _, values = told.removeprefix(f"{name}=").partition(":")
    low, slash, high = values.replace(",", ", ").partition("/")
    *words, last = column.split("_")
    said = f"{' '.join(words)} in {last}" if words and last in UNITS else " ".join([*words, last])
    return f"{said}, from {low} to {high}" if slash else said
