"""`likeness directions list`."""

from collections.abc import Mapping

from likeness.options import Weights


def list_directions(weights: Weights | None = None) -> None:
    """List the directions that weights have: what each changes, and which amounts it takes.

    They lie beside the weights and in ~/.likeness/weights/directions/NAME.

    Parameters
    ----------
    weights
        Without them, the default ones.
    """
    from rich.console import Console
    from rich.table import Column, Table

    from likeness.commands.direction_files import open_named
    from likeness.files.paths import DEFAULT_WEIGHTS
    from likeness.files.paths import list_directions as find_directions
    from likeness.generators.devices import choose_device
    from likeness.toolkit.latent_file import read_about, read_directions, read_switch

    generator = open_named(weights or DEFAULT_WEIGHTS, choose_device("cpu"))
    table = Table("direction", "amounts, in sd", Column("what it changes", overflow="fold"), box=None)
    found = find_directions(*generator.info.names)
    for name, path in sorted(found.items()):
        count, switch = len(read_directions(path, *generator.mean.shape)), read_switch(path)
        if switch is not None:
            amounts = f"a switch: 1 is on, 0 off, and a ghost from {switch.unseen:g} to {switch.whole:g}"
        elif count > 1:
            amounts = f"a bank of {count}, which direction_sweep plays"
        else:
            amounts = "1 is seen, 3 is much"
        table.add_row(name, amounts, _say_change(name, read_about(path)))
    if found:
        Console(highlight=False).print(table)
    else:
        print("These weights have no directions; `likeness directions measure` and `find` make some")


def _say_change(name: str, about: Mapping[str, str]) -> str:
    """Return what a direction's file says that it changes: of labels, from which values to which."""
    told = about.get("attribute") or about.get("source") or about.get("method", "")
    column, _, values = told.removeprefix(f"{name}=").partition(":")
    low, slash, high = values.replace(",", ", ").partition("/")
    return f"{column}, from {low} to {high}" if slash else told.removeprefix(f"{name}=")
