"""Loading a rack: what a preset names must be there; a show that is resumed plays without it."""

import pytest

from likeness.errors import PluginError
from likeness.host.host import Host
from likeness.show.load_rack import load_rack


def test_a_name_that_is_nowhere_ends_a_new_show_and_is_left_out_of_a_resumed_one(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with pytest.raises(PluginError, match="no plugin 'nobody'"):
        load_rack(Host(), ["sharpen", "nobody"], [])
    host = Host()
    assert load_rack(host, ["nobody", "sharpen"], [], strict=False) == {"nobody": "left out: its file is not here"}
    assert [slot.name for slot in host.rack] == ["sharpen"]
    assert "plugin nobody is left out: its file is not here; give it again, as --plugin FILE" in caplog.text
