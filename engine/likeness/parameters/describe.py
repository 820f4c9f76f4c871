"""Descriptions of all parameters: as an OSCQuery tree, as Markdown tables."""

from typing import Any

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
