"""The command, run in the process of the tests."""

import pytest

from likeness.cli import main


def status(*arguments: str) -> object:
    """Run the command in this process, which is enough where nothing is said of processes; return its exit status."""
    with pytest.raises(SystemExit) as ending:
        main(arguments)
    return ending.value.code or 0
