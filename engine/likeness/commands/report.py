"""`likeness report`."""

from pathlib import Path
from typing import Annotated

from likeness import ranges
from likeness.options import Force, OutFile, ranged


def report(
    *,
    output: OutFile = "likeness-report.zip",
    web_port: Annotated[
        int | None,
        ranged(
            ranges.PORT,
            "TCP port of the desk of the show that is asked, 0 for none; without it that of the show that was started "
            "last.",
        ),
    ] = None,
    log: Path | None = None,
    force: Force = False,
) -> None:
    """Make the zip for a bug report that the desk makes, with what a guard has noted, also where nothing plays.

    Nothing of anybody is in it: no picture, no sound, no address, no code.

    Parameters
    ----------
    output
        A .zip file; without it likeness-report.zip in the folder in which you are.
    log
        The guard's log, whose last lines go into it; without it that of the last guard that was given one.
    """
    from likeness.errors import OutputError
    from likeness.files.atomic_write import atomic_write
    from likeness.files.free_name import claimed, refuse_unwritable
    from likeness.tools.report import gather_report

    if Path(output).suffix.lower() != ".zip":
        raise OutputError(f"{output}: a report is a zip; name one that ends in .zip")
    refuse_unwritable(Path(output))
    found = gather_report(web_port, log)
    with claimed([Path(output)], force=force) as [path]:
        atomic_write(path, found.zip)
    for line in found.told:
        print(line)
    print(f"The report is in {path.absolute()}; read it before you send it")
