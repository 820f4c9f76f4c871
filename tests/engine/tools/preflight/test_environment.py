"""What is checked beside the picture: the audience's server, takes, lighting desks, other programs."""

import socket
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from tests.engine.audience.served import Served

from likeness.audience.night import NightPlan
from likeness.audience.stage_routes import stage_key
from likeness.inputs.audience.client import KEY_VARIABLE
from likeness.options import QUIET
from likeness.parameters.dmx_binding import DmxBinding
from likeness.parameters.presets import Preset
from likeness.tools.preflight.environment import check_audience, check_dmx, check_receivers, check_take
from likeness.tools.preflight.finding import Verdict


def test_a_server_that_answers_is_good_and_one_that_is_gone_or_knows_no_such_key_is_less(tmp_path: Path) -> None:
    served = Served(tmp_path, NightPlan(stage=True))
    options = replace(QUIET, audience=served.url, audience_key=stage_key(served.evening))
    try:
        assert check_audience(options).verdict == Verdict.GOOD
        wrong = check_audience(replace(options, audience_key="0" * 40))
        assert (wrong.verdict, "does not know the key" in wrong.text) == (Verdict.LESS, True)
    finally:
        served.close()
    gone = check_audience(options)
    assert (gone.verdict, "does not answer" in gone.text) == (Verdict.LESS, True)


def test_a_show_for_an_audience_does_not_start_without_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(KEY_VARIABLE, raising=False)
    finding = check_audience(replace(QUIET, audience="http://127.0.0.1:9/"))
    assert (finding.verdict, "--audience-key" in finding.text) == (Verdict.STOPS, True)


def test_a_take_that_cannot_be_written_stops_the_show_and_a_name_that_is_taken_is_told(tmp_path: Path) -> None:
    assert check_take(tmp_path / "new" / "night.take", force=False).verdict == Verdict.GOOD
    (tmp_path / "night.take").write_text("")
    assert "next free name" in check_take(tmp_path / "night.take", force=False).text
    assert "next free name" not in check_take(tmp_path / "night.take", force=True).text
    assert check_take(tmp_path / "night.mp4", force=False).verdict == Verdict.STOPS
    assert check_take(tmp_path / "night.take" / "inside.take", force=False).verdict == Verdict.STOPS


def test_ports_of_lighting_desks_that_are_taken_and_channels_that_nobody_bound_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIKENESS_HOME", str(tmp_path))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        options = replace(QUIET, dmx="127.0.0.1", artnet_port=0, sacn_port=taken.getsockname()[1])
        found = [finding.verdict for finding in check_dmx(Preset(), options, "127.0.0.1")]
    assert found == [Verdict.STOPS, Verdict.LESS]
    bound = Preset(dmx=(DmxBinding("master.brightness", 1, 1),))
    assert [finding.verdict for finding in check_dmx(bound, options, "127.0.0.1")] == [Verdict.GOOD, Verdict.GOOD]


def test_an_output_that_lacks_its_library_stops_the_show(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyvirtualcam", None)
    options = replace(QUIET, outputs=["null", "camera", "rtmp://127.0.0.1/live/secret"])
    stopped, good = check_receivers(options)
    assert (stopped.verdict, good.verdict) == (Verdict.STOPS, Verdict.GOOD)
    assert "secret" not in good.text
