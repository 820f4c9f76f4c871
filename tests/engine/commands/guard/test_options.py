"""Options of a guard that are refused before anything is started."""

import pytest

from likeness.commands.guard.options import DEFAULTS, check
from likeness.errors import InputError


def test_a_shadow_under_a_guard_needs_a_show_of_its_own() -> None:
    with pytest.raises(InputError, match="needs --resume"):
        check("demo", ["--shadow", "10.0.0.5"], DEFAULTS)
    with pytest.raises(InputError, match="needs --resume"):
        check("demo", ["--shadow=10.0.0.5"], DEFAULTS)
    check("demo", ["--shadow", "10.0.0.5", "--resume"], DEFAULTS)
