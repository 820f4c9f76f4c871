"""Bug report of a running show, and the state that it keeps for one: gathered from the show's parts."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch

from likeness.host.host import Host
from likeness.parameters.presets import format_preset
from likeness.show.frame_stats import FrameStats
from likeness.show.preset_commands import PresetCommands
from likeness.stage import Stage
from likeness.web.log_lines import Line, format_lines
from likeness.web.report import ReportParts, make_report


def make_show_report(
    stage: Stage,
    presets: PresetCommands,
    stats: FrameStats,
    status: Mapping[str, Any],
    rack: Mapping[str, Any],
    lines: Sequence[Line],
) -> bytes:
    """Return a zip for a bug report of a show. Any thread: all of it are snapshots and copies; it takes some ms.

    Args:
        stage, presets, stats: of the show.
        status: its numbers.
        rack: as pages get it.
        lines: of the log.
    """
    # One call in C: the show's thread, which appends, cannot come between.
    timings = [(each.at, each.frame_ms, each.synthesis_ms) for each in tuple(stats.timings)]
    preset = format_preset(presets.current_preset())
    return make_report(ReportParts(_describe_device(stage), preset, format_lines(lines), status, timings, rack))


def describe_state(
    stage: Stage, host: Host, left_out: Mapping[str, str], status: Mapping[str, Any], port: int
) -> dict[str, Any]:
    """Return what a show says of itself while it plays, ready for JSON. Any thread; no file is opened.

    Args:
        stage, host: of the show.
        left_out: what failed of plugins, by name.
        status: its numbers.
        port: of its desk, 0 where it has none.
    """
    values = host.store.snapshot
    plugins = [
        {
            "name": slot.name,
            "bypassed": bool(values.get(slot.name, {}).get("bypass", False)),
            "last_error": slot.last_error,
        }
        for slot in tuple(host.rack)
    ]
    rack = {"plugins": plugins, "errors": dict(left_out)}
    return {"port": port, "device": _describe_device(stage), "rack": rack, "status": status}


def _describe_device(stage: Stage) -> dict[str, str]:
    info, device = stage.generator.info, stage.device
    on_card = device.type == "cuda"
    return {
        "device": str(device),
        "card": torch.cuda.get_device_name(device) if on_card else "none is used",
        "memory": f"{torch.cuda.get_device_properties(device).total_memory / 2**30:.1f} GiB" if on_card else "",
        "threads": str(torch.get_num_threads()),
        "generator": f"{info.family}, {info.num_ws} layers, {info.resolution} px",
        "weights": info.weights.name if info.weights else "none",
    }
