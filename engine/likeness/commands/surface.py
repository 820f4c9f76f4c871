"""`likeness surface`."""

from pathlib import Path

from likeness.errors import LikenessError
from likeness.options import Force, OutFile, read_named_preset


def surface(
    preset: str | None = None,
    *,
    output: OutFile = "surface.json",
    target: str = "127.0.0.1:9000",
    force: Force = False,
) -> None:
    """Write a control surface for Open Stage Control: a fader, button or list for every parameter.

    Parameters
    ----------
    preset
        The preset whose plugins it controls; without one, all bundled plugins.
    output
        A JSON file.
    target
        Where the show listens for OSC, HOST:PORT.
    """
    import json

    from likeness.files.free_name import claimed
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
    with claimed([Path(output)], force=force) as [path]:
        path.write_text(json.dumps(open_stage_control(store, target), indent=1) + "\n", encoding="utf-8")
    print(f"The layout is in {path.resolve()}; open it in Open Stage Control")
