"""Descriptions of parameters and modulators: as an OSCQuery tree, as Markdown tables, as values for pages."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from likeness.parameters.modulator import Modulator
from likeness.parameters.store import ParamStore
from likeness.params import Bool, Choice, Float, Int, Param, Text, Trigger

# OSC type tags [OSCQuery proposal, TYPE]: T is a switch, I a press without a value.
TYPE_TAGS = {Float.kind: "f", Int.kind: "i", Bool.kind: "T", Choice.kind: "s", Text.kind: "s", Trigger.kind: "I"}
READ_WRITE, WRITE_ONLY = 3, 2


def oscquery_tree(store: ParamStore) -> dict[str, Any]:
    """Return the whole address space as an OSCQuery tree, ready for `json.dumps`."""
    targets = store.targets()
    contents: dict[str, Any] = {}
    for address, param in store.params():
        owner, _, name = address.partition(".")
        branch = contents.setdefault(owner, {"FULL_PATH": f"/{owner}", "ACCESS": 0, "CONTENTS": {}})
        branch["CONTENTS"][name] = _leaf(f"/{owner}/{name}", param, targets.get(owner, {}).get(name))
    return {"FULL_PATH": "/", "ACCESS": 0, "CONTENTS": contents}


def _leaf(path: str, param: Param, value: object) -> dict[str, Any]:
    leaf: dict[str, Any] = {"FULL_PATH": path, "TYPE": TYPE_TAGS[param.kind], "DESCRIPTION": param.help}
    leaf["ACCESS"] = WRITE_ONLY if isinstance(param, Trigger) else READ_WRITE
    if value is not None:
        leaf["VALUE"] = [value]
    if isinstance(param, Float | Int):
        leaf["RANGE"] = [{"MIN": param.min, "MAX": param.max}]
        if param.unit:
            leaf["UNIT"] = [param.unit]
    if isinstance(param, Choice):
        leaf["RANGE"] = [{"VALS": list(param.choices)}]
    return leaf


def describe_modulators(entries: Sequence[Modulator]) -> list[dict[str, Any]]:
    """Return modulators ready for `json.dumps`, each with its place among those of its parameter, from 0."""
    seen: Counter[str] = Counter()
    told = []
    for entry in entries:
        values = {field.name: getattr(entry, field.name) for field in fields(entry)}
        told.append({**values, "place": seen[entry.param], "steps": list(entry.steps)})
        seen[entry.param] += 1
    return told


def markdown_table(store: ParamStore) -> str:
    """Return Markdown with a table for each owner: address, range, default, help."""
    lines = ["# Parameters", "", "Made by `likeness params --markdown`; a test compares it with the code."]
    owner = ""
    for address, param in store.params():
        if address.partition(".")[0] != owner:
            owner = address.partition(".")[0]
            lines += [
                "",
                f"## {owner}",
                "",
                "| OSC address | takes | default | what it does |",
                "| --- | --- | --- | --- |",
            ]
        default = "" if isinstance(param, Trigger) else _format(param.default_value)
        lines.append(f"| `/{address.replace('.', '/')}` | {param.range()} | {default} | {param.help} |")
    return "\n".join(lines) + "\n"


def _format(value: object) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return f"{value:g}" if isinstance(value, float) else str(value)
