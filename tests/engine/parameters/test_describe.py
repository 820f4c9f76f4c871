"""Descriptions are made of the declarations, and the docs that are committed are those."""

import json
from pathlib import Path

from likeness import Bool, Choice, Float, Int, Text, Trigger
from likeness.parameters.describe import markdown_table, oscquery_tree
from likeness.parameters.store import ParamStore
from likeness.show.load_rack import declare_all_params


def a_store() -> ParamStore:
    store = ParamStore()
    speed = Float("speed", 0.5, min=0.01, max=10, unit="Hz", help="How fast.")
    store.declare("walk", (speed, Int("n", 3, max=9), Choice("way", "in", ("in", "out")), Trigger("new")))
    store.declare("other", (Bool("on", True), Text("faces", "7 12")))
    return store


def test_oscquery_gives_type_range_value_and_access() -> None:
    tree = json.loads(json.dumps(oscquery_tree(a_store())))
    walk = tree["CONTENTS"]["walk"]["CONTENTS"]
    assert walk["speed"] == {
        "FULL_PATH": "/walk/speed",
        "TYPE": "f",
        "DESCRIPTION": "How fast.",
        "ACCESS": 3,
        "VALUE": [0.5],
        "RANGE": [{"MIN": 0.01, "MAX": 10}],
        "UNIT": ["Hz"],
    }
    assert walk["way"]["RANGE"] == [{"VALS": ["in", "out"]}]
    assert (walk["new"]["ACCESS"], "VALUE" in walk["new"]) == (2, False)
    assert tree["CONTENTS"]["other"]["CONTENTS"]["on"]["VALUE"] == [True]


def test_markdown_has_a_row_for_every_parameter() -> None:
    text = markdown_table(a_store())
    assert "| `/walk/speed` | a number from 0.01 to 10 Hz | 0.5 | How fast. |" in text
    assert text.count("\n| `/") == 6


def test_the_committed_table_is_the_codes(root: Path) -> None:
    committed = (root / "docs" / "parameters.md").read_text(encoding="utf-8")
    assert committed == markdown_table(declare_all_params()), "run: likeness params --markdown > docs/parameters.md"
