"""`likeness weights info` and `convert`."""

from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from likeness.options import Force

app = App(name="weights", help="Inspect weights files, and convert them.")


@app.command
def info(file: str) -> None:
    """Print what a weights file is and what its licence allows; no code in it is run.

    Parameters
    ----------
    file
        Any file that opens here (docs/weights.md lists them), or the name of bundled weights.
    """
    from likeness.files.paths import find_weights, list_weights
    from likeness.generators.convert import inspect_weights

    # What is no file, and has no ending of one, is meant as a name.
    is_name = file in list_weights() or not (Path(file).exists() or Path(file).suffix)
    found = inspect_weights(find_weights(file) if is_name else Path(file))
    paid = {True: "allowed", False: "not allowed", None: "nobody has said"}[found.licence.paid_use]
    print(f"family      {found.family} ({found.layout})")
    if found.resolution:
        print(f"picture     {found.resolution} x {found.resolution} px")
        print(f"latent      {found.num_ws} layers of {found.w_dim}")
    if found.numbers:
        print(f"parameters  {found.numbers / 1e6:.1f} million")
    print(f"licence     {found.licence.name}; a paid show: {paid}")
    print(f"file        {found.size_bytes / 1e6:.1f} MB, sha256 {found.sha256}")


@app.command
def convert(
    file: Path,
    *,
    output: Annotated[Path, Parameter(name=("--output", "-o"))],
    licence: str | None = None,
    paid_use: bool | None = None,
    force: Force = False,
) -> None:
    """Write a weights file in our own format, which holds no pickle and draws the same pictures, bit by bit.

    Parameters
    ----------
    file
        Any file of tensors that opens here.
    output
        The .safetensors file to write.
    licence
        Name of the licence, where the file does not say.
    paid_use
        Whether that licence allows a paid show.
    """
    from likeness.files.free_name import claimed
    from likeness.generator import Licence
    from likeness.generators.convert import convert_weights

    with claimed([output], force=force) as [path]:
        header = convert_weights(file, path, None if licence is None else Licence(licence, paid_use))
    print(f"The result is in {path.resolve()} (family {header.family}, sha256 of its tensors {header.sha256})")
