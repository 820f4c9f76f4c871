"""`likeness plugins`, `params`, `surface` and `contact-sheet`: see what there is."""

from pathlib import Path

from likeness.commands.options import Device, OutFile, Weights, read_named_preset
from likeness.errors import LikenessError


def plugins() -> None:
    """List the plugins: bundled, your own, and installed ones."""
    import ast

    from rich.console import Console
    from rich.table import Table

    from likeness.host.discovery import find_plugins, installed_plugins
    from likeness.paths import search_dirs

    table = Table("plugin", "what it does", "where", box=None)
    for name, path in find_plugins(search_dirs("plugins")).items():
        try:
            lines = (ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "").splitlines()
        except (OSError, SyntaxError, ValueError) as error:
            lines = [f"cannot be read: {error}"]
        table.add_row(name, lines[0] if lines else "", str(path.parent))
    for name, where in installed_plugins().items():
        table.add_row(name, "", where)
    Console().print(table)


def params(*, markdown: bool = False, json: bool = False) -> None:
    """List the parameters of every bundled plugin and of the master.

    Parameters
    ----------
    markdown
        As docs/parameters.md.
    json
        As an OSCQuery tree.
    """
    from likeness.show.load_rack import declare_all_params

    store = declare_all_params()
    if json:
        import json as encoder

        from likeness.parameters.describe import oscquery_tree

        print(encoder.dumps(oscquery_tree(store), indent=2))
    elif markdown:
        from likeness.parameters.describe import markdown_table as as_markdown

        print(as_markdown(store), end="")
    else:
        for address, param in store.params():
            print(f"{address:40} {param.range()}")


def surface(preset: str | None = None, *, output: OutFile = "surface.json", target: str = "127.0.0.1:9000") -> None:
    """Write a control surface for Open Stage Control: a fader, button or list for every parameter.

    Parameters
    ----------
    preset
        Whose plugins it plays; leave it out for all bundled ones.
    output
        A JSON file.
    target
        Where the show hears OSC, HOST:PORT.
    """
    import json

    from likeness.host.host import Host
    from likeness.parameters.open_stage_control import open_stage_control
    from likeness.parameters.store import ParamStore
    from likeness.show.load_rack import declare_all_params, declare_show_params, load_rack

    host, _, port = target.rpartition(":")
    if not host or not port.isdigit():
        raise LikenessError(f"--target {target!r} is not HOST:PORT, such as 127.0.0.1:9000")
    if preset is None:
        store = declare_all_params()
    else:
        store = ParamStore()
        declare_show_params(store)
        load_rack(Host(store), read_named_preset(preset).show.plugins, [])
    Path(output).parent.mkdir(parents=True, exist_ok=True)
    Path(output).write_text(json.dumps(open_stage_control(store, target), indent=1) + "\n", encoding="utf-8")
    print(f"{output}: open it in Open Stage Control")


def contact_sheet(
    preset: str | None = None,
    *,
    output: OutFile = "out/sheet.png",
    count: int = 64,
    columns: int = 8,
    seed: int | None = None,
    psi: float = 0.7,
    seconds: float = 16.0,
    size: int | None = None,
    device: Device = "auto",
    weights: Weights | None = None,
) -> None:
    """Draw many faces on one sheet: the seeds of a generator, or, of a preset, pictures along its way.

    Parameters
    ----------
    preset
        Leave it out for `count` seeds.
    output
        A PNG file.
    count
        How many pictures.
    columns
        How many in a row.
    seed
        The first seed, 0 where it is left out; of a preset, in place of its own.
    psi
        Truncation of the seeds.
    seconds
        How much of the preset the sheet spans.
    size
        Height of one picture in px.
    """
    from likeness.picture import sheet, write_png
    from likeness.tools.contact_sheet import seeds_sheet, walk_sheet

    if count < 1 or columns < 1:
        raise LikenessError("--count and --columns begin at 1")
    if preset is None:
        pictures = seeds_sheet(weights, device, range(seed or 0, (seed or 0) + count), psi, size)
    else:
        pictures = walk_sheet(read_named_preset(preset), weights, device, seed, count, seconds, size)
    write_png(Path(output), sheet(pictures, columns))
    print(f"{count} pictures on {output}")
