"""The surface's widgets play every parameter over real UDP, and what the show tells fits them."""

import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pythonosc.osc_message import OscMessage

from likeness import Bool, Choice, Float, Int, Text, Trigger
from likeness.cli import app
from likeness.inputs.osc.packet import encode
from likeness.inputs.osc.server import OscInput
from likeness.parameters.open_stage_control import open_stage_control
from likeness.parameters.store import ParamStore
from likeness.show.load_rack import declare_all_params

DEADLINE_S = 20.0
# What Open Stage Control 1.x knows, by widget; a property that it does not know would be passed over in silence.
COMMON = {
    "type",
    "id",
    "comments",
    "width",
    "height",
    "expand",
    "address",
    "target",
    "typeTags",
    "decimals",
    "onCreate",
}
KNOWN = {
    "root": {"layout", "widgets", "tabs"},
    "panel": {"layout", "scroll", "innerPadding", "widgets", "tabs"},
    "tab": {"label", "widgets"},
    "text": {"value", "wrap"},
    "fader": {"range"},
    "input": {"numeric", "unit"},
    "button": {"label", "on", "off", "mode"},
    "switch": {"values"},
    "dropdown": {"values"},
}


def widgets(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for child in (*node.get("widgets", ()), *node.get("tabs", ())):
        yield from widgets(child)


def session(store: ParamStore) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(json.dumps(open_stage_control(store, "127.0.0.1:9000")))
    return loaded


@pytest.fixture
def store() -> ParamStore:
    store = ParamStore()
    numbers = (Float("rate", 0.1, min=0.01, max=100, warp="exp"), Float("depth", 0.5), Int("n", 3, max=9))
    rest = (Bool("on"), Trigger("go"), Choice("way", "in", ("in", "out")), Text("faces"), Int("seed", 0, max=2**40))
    many = Choice("many", "0", tuple(map(str, range(12))))
    store.declare("master", [Bool("blackout")])
    store.declare("walk", [*numbers, *rest, many])
    return store


def test_every_parameter_has_a_widget_that_the_program_knows(store: ParamStore) -> None:
    for params in (store, declare_all_params()):
        content = session(params)["content"]
        everything = list(widgets(content))
        for widget in everything:
            assert set(widget) <= COMMON | KNOWN[widget["type"]], widget
        ids = [widget["id"] for widget in everything]
        assert len(set(ids)) == len(ids)
        assert {widget.get("address") for widget in everything} - {None} == {
            "/" + address.replace(".", "/") for address, _ in params.params()
        }


def test_each_kind_has_the_widget_that_fits_it(store: ParamStore) -> None:
    by_id = {widget["id"]: widget for widget in widgets(session(store)["content"])}
    kinds = {name: by_id[f"walk.{name}"]["type"] for name in ("rate", "depth", "n", "on", "go", "way", "many", "faces")}
    assert kinds == {
        "rate": "fader",
        "depth": "fader",
        "n": "fader",
        "on": "button",
        "go": "button",
        "way": "switch",
        "many": "dropdown",
        "faces": "input",
    }
    assert "walk.seed" not in by_id
    assert by_id["walk.seed number"]["numeric"] is True
    scale = by_id["walk.rate"]["range"]
    # Equal ways are equal ratios: the middle of 0.01 to 100 is 1.
    assert (scale["min"], scale["50%"], scale["max"]) == (0.01, pytest.approx(1.0), 100)
    # A single step at the lower end must not be rounded away.
    assert by_id["walk.rate"]["decimals"] >= 4


def test_the_master_is_above_every_tab(store: ParamStore) -> None:
    strip, tabs = session(store)["content"]["widgets"]
    assert [w["id"] for w in widgets(strip) if "address" in w] == ["master.blackout"]
    assert [tab["label"] for tab in tabs["tabs"]] == ["walk"]


def test_what_the_widgets_send_is_taken_and_what_they_are_told_fits_them(store: ParamStore) -> None:
    osc = OscInput(store, 0)
    osc.start()
    surface = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    surface.bind(("127.0.0.1", 0))
    surface.settimeout(0.5)
    to = ("127.0.0.1", osc.port)
    try:
        # Numbers in its scripts go out as floats.
        surface.sendto(encode("/subscribe", 0.0), to)
        sent: dict[str, object] = {}
        for widget in widgets(session(store)["content"]):
            if "address" in widget:
                sent[widget["address"]] = last_value(widget)
                args = [] if sent[widget["address"]] is None else [sent[widget["address"]]]
                surface.sendto(encode(widget["address"], *args), to)  # type: ignore[arg-type]
        deadline = time.monotonic() + DEADLINE_S
        while osc.received < len(sent) + 1 or store.target("walk.on") is not True:
            assert time.monotonic() < deadline
            store.advance(0.01)
        assert osc.refused == 0
        sent.pop("/walk/go")
        told: dict[str, object] = {}
        while told != pytest.approx(sent):
            assert time.monotonic() < deadline, (told, sent)
            # What arrived last may wait for its frame still.
            store.advance(0.01)
            # Its own values do not come back, so another hand asks for them all.
            surface.sendto(encode("/walk/*"), to)
            surface.sendto(encode("/master/*"), to)
            for message in heard(surface, len(sent)):
                if message.address in sent:
                    told[message.address] = message.params[0]
    finally:
        surface.close()
        osc.close()


def heard(surface: socket.socket, most: int) -> list[OscMessage]:
    """Return the next messages, at most so many, and fewer where none comes for a while."""
    messages = []
    for _ in range(most):
        try:
            messages.append(OscMessage(surface.recv(65536)))
        except TimeoutError:
            break
    return messages


def last_value(widget: dict[str, Any]) -> object:
    """Return what the widget sends at the upper end of what it can."""
    if widget["type"] == "fader":
        return float(widget["range"]["max"]) if widget["typeTags"] == "f" else int(widget["range"]["max"])
    if widget["type"] == "button":
        return widget.get("on")
    if widget["type"] in ("switch", "dropdown"):
        return widget["values"][-1]
    if widget.get("numeric"):
        return {"f": {"walk.rate number": 100.0, "walk.depth number": 1.0}, "i": {"walk.n number": 9}}[
            widget["typeTags"]
        ].get(widget["id"], 5)
    return "a text"


def test_the_command_writes_the_racks_of_a_preset(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "made" / "surface.json"
    app(["surface", "demo", "-o", str(file), "--target", "10.0.0.5:9100"], result_action="return_value")
    assert str(file) in capsys.readouterr().out
    written = json.loads(file.read_text())
    addresses = {widget["address"] for widget in widgets(written["content"]) if "address" in widget}
    assert {"/master/blackout", "/show/psi", "/random_walk/speed"} <= addresses
    assert "10.0.0.5:9100" in written["content"]["onCreate"]
