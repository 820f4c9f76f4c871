"""Loading a rack: what a preset names must be there; a show that is resumed plays without it."""

import logging
import re
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from likeness.errors import PluginError, RenderError
from likeness.errors.console_log import ConsoleFormatter
from likeness.frame import Frame
from likeness.host.host import Host
from likeness.options import PICTURE_DEFAULTS
from likeness.parameters.presets import Preset
from likeness.parameters.store import ParamStore
from likeness.params import Float
from likeness.show.load_rack import load_rack, set_first_values
from likeness.show.modulation_stage import make_modulation


def test_a_name_that_is_nowhere_ends_a_new_show_and_is_left_out_of_a_resumed_one(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with pytest.raises(PluginError, match="no plugin 'nobody'"):
        load_rack(Host(), ["sharpen", "nobody"], [])
    host = Host()
    assert load_rack(host, ["nobody", "sharpen"], [], strict=False) == {"nobody": "left out: its file is not here"}
    assert [slot.name for slot in host.rack] == ["sharpen"]
    assert "plugin nobody is left out: its file is not here; give it again, as --plugin FILE" in caplog.text


PLUGIN = "from likeness import hookimpl\nfrom likeness.params import Float\n\n\nclass Plugin:\n"
HOOK = PLUGIN + "    @hookimpl\n"


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("x = 1\n", 1, "there is no `class Plugin`"),
        ("\n\nx = = 2\n", 3, "invalid syntax"),
        ("\nimport nothing_of_that_name\n", 2, "No module named 'nothing_of_that_name'"),
        (PLUGIN + "    def update(self, latent):\n        return latent\n", 6, "it has no hook"),
        (
            HOOK + "    def updat(self, latent):\n        return latent\n",
            6,
            "there is no hook 'updat'",
        ),
        (HOOK + "    def update(self, money):\n        return money\n", 6, "is given no 'money'"),
        (HOOK + "    def declare_params(self):\n        return [3]\n", 6, "it declares 3"),
        (HOOK + "    def declare_params(self):\n        return [Float('a', 7.0)]\n", 8, "7"),
        (HOOK + "    def declare_params(self):\n        return [Float('a', 0.0)] * 2\n", 6, "a"),
    ],
)
def test_what_is_wrong_with_a_plugins_file_follows_its_file_and_line(
    text: str, line: int, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "glow.py"
    path.write_text(text)
    assert said in load_rack(Host(), [], [path])["glow"]
    (told,) = (ConsoleFormatter(traces=False).format(record) for record in caplog.records)
    assert told.startswith(f"ERROR: glow.py:{line}: plugin glow is left out: ")
    assert said in told
    assert "(glow.py, line" not in told
    # In a render, which ends there, without a line before it.
    caplog.clear()
    with pytest.raises(RenderError, match=rf"^glow\.py:{line}: plugin glow cannot be loaded: .*{re.escape(said)}"):
        load_rack(Host(ParamStore(fatal=True)), [], [path])
    assert not caplog.records


def test_a_result_of_another_shape_names_the_file_and_the_line_of_the_hook(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "glow.py").write_text(HOOK + "    def update(self, latent):\n        return latent[:1]\n")
    store = ParamStore(fatal=True)
    host = Host(store)
    load_rack(host, [], [tmp_path / "glow.py"])
    store.advance(0)
    with pytest.raises(RenderError, match=r"^glow\.py:6: glow\.update failed: wanted \[2, 4, 16\] .* got \[1, 4, 16\]"):
        host.update(torch.zeros(2, 4, 16), Frame(0, 0.0, 0.02, 0.0, store.snapshot))


def test_a_value_out_of_its_range_is_told_as_it_is_taken(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="likeness")
    store, preset = ParamStore(), Preset.model_validate({"modulation": [{"param": "sharpen.amount", "rate": 1.0}]})
    load_rack(Host(store), ["sharpen"], [])
    amount = store.param("sharpen.amount")
    assert isinstance(amount, Float)
    options = replace(PICTURE_DEFAULTS, settings={"sharpen.amount": "700"})
    set_first_values(store, make_modulation(0, store), preset, options, (), strict=True)
    assert f"{amount.max:g} is taken" in caplog.text
    assert f"sharpen.amount: the preset's modulation moves it around {amount.max:g}; --unmodulated" in caplog.text
