"""Recorder of a take: what its first line says."""

from likeness.host.host import Host
from likeness.options import QUIET
from likeness.parameters.presets import Preset, ShowTable
from likeness.parameters.store import ParamStore
from likeness.show.takes.recorder import make_header


def test_a_take_names_its_weights_where_the_preset_leaves_them_to_the_program() -> None:
    host = Host(ParamStore())
    for preset, played in ((Preset(), "light"), (Preset(show=ShowTable(weights="own")), "own")):
        header = make_header(preset.model_copy, QUIET, 30.0, None, host, "light")
        assert header["preset"]["show"]["weights"] == played
        assert Preset.model_validate(header["preset"]).show.weights == played
