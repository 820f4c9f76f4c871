"""`likeness evaluate`."""

import json as encoder
import math
import time as clock
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from likeness.errors import LikenessError, say_count
from likeness.options import Device, Force, PictureOptions, Weights, ranged
from likeness.ranges import NONE_OR_MORE, PSI, SEED, Range

if TYPE_CHECKING:
    from likeness.commands.progress_bars import Bars
    from likeness.evaluation.plan import EvaluationPlan
    from likeness.evaluation.report import Report
    from likeness.evaluation.walk import WalkSteps
    from likeness.generator import Generator
    from likeness.generators.networks.efficientnet_lite import EfficientNetLite

WALK_FPS = 30
WALK_S = Range(0, 3600, "seconds")
SAMPLES = Range(2, 1_000_000)
# Seconds of one core: two detectors and the embedding for a fixed seed, and one picture of the data.
FACE_S, PICTURE_S = 0.4, 0.025


def evaluate(
    weights: Weights,
    *,
    data: Path,
    hold_out: Annotated[int, ranged(NONE_OR_MORE, "How many pictures, the first by name, training has not seen.")] = 0,
    samples: Annotated[int, ranged(SAMPLES, "Samples for distances, precision and recall.")] = 2000,
    pairs: Annotated[int, ranged(NONE_OR_MORE, "Steps of each path length, 0 for no path length.")] = 400,
    seeds: Annotated[int, ranged(Range(2, 10_000), "Fixed seeds that are measured one by one.")] = 64,
    first_seed: Annotated[int, ranged(SEED, "The first of the fixed seeds.")] = 0,
    psi: Annotated[float, ranged(PSI, "Truncation of the samples.")] = 1.0,
    seeds_psi: Annotated[float, ranged(PSI, "Truncation of the fixed seeds and of the walk.")] = 0.7,
    epsilon: Annotated[float, ranged(Range(0, 1, above_low=True), "Step of the path length.")] = 1e-4,
    labels: Path | None = None,
    attribute: list[str] | None = None,
    against: str | None = None,
    walk: Annotated[float, ranged(WALK_S, "Length of the random walk, a loop; 0 for none.")] = 20.0,
    time: str | None = None,
    json: Path | None = None,
    sheet: Path | None = None,
    device: Device = "auto",
    force: Force = False,
) -> None:
    """Measure a generator against a folder of pictures; docs/evaluating.md explains the numbers.

    Parameters
    ----------
    data
        A folder with the pictures of training, cropped like those of the generator.
    labels
        A CSV file with a column "file", for linear separability.
    attribute
        NAME=COLUMN or NAME=COLUMN:LOW,LOW/HIGH,HIGH, such as smile=expression:sad,angry/smiling; repeat it for more.
    against
        Other weights; to pass, the kernel distance must be half of theirs.
    time
        Take fewer samples and pairs, to be done in about this time: 5m, 90s.
    json
        Write all numbers to this file.
    sheet
        Write a PNG of the fixed seeds, each beside the nearest training picture.
    """
    from dataclasses import replace

    from likeness.commands.progress_bars import Bars
    from likeness.evaluation.evaluation import evaluate as measure
    from likeness.evaluation.features import picture_files
    from likeness.evaluation.labels import parse_attribute, read_labels
    from likeness.evaluation.plan import EvaluationPlan
    from likeness.files.free_name import claimed
    from likeness.generators.devices import choose_device
    from likeness.generators.perceptual import open_features
    from likeness.tools.contact_sheet import draw_walk  # noqa: F401 - before minutes of measuring, not after

    if bool(labels) != bool(attribute):
        raise LikenessError("separability needs both --labels FILE and one --attribute or more")
    began = clock.monotonic()
    attributes = [parse_attribute(text) for text in attribute or []]
    known = read_labels(labels) if labels else None
    files = picture_files(data)
    if len(files) - hold_out < 4:
        beside = f" beside the {hold_out} that are held out" if hold_out else ""
        raise LikenessError(f"{data} holds {say_count(len(files), 'file', 'files')}; give 4 or more{beside}")
    on = choose_device(device)
    generator, network = _open(weights, on), open_features(on)
    plan = EvaluationPlan(
        samples, pairs, range(first_seed, first_seed + seeds), psi, seeds_psi, hold_out, epsilon, tuple(attributes)
    )
    if time is not None:
        plan = _fit_time(plan, time, began, generator, network, len(files), walk, bool(against))
    results = [path for path in (sheet, json) if path is not None]
    with claimed(results, force=force) as names:
        with Bars() as bars:
            report = measure(generator, network, files, plan, known, bars.show)
            if walk:
                report = replace(report, walk=measure_walk(weights, device, first_seed, seeds_psi, walk))
            if against:
                report = replace(report, against=_measure_other(against, on, network, files, plan, bars))
        _print_report(report)
        if sheet:
            _write_sheet(names[0], report)
        if json:
            _write_json(names[-1], report)


def _open(weights: str, device: Any) -> "Generator":
    from likeness.files.paths import find_weights
    from likeness.host.host import Host

    return Host().open_generator(find_weights(weights), device)


def _fit_time(
    plan: "EvaluationPlan",
    time: str,
    began: float,
    generator: "Generator",
    network: "EfficientNetLite",
    files: int,
    walk: float,
    twice: bool,
) -> "EvaluationPlan":
    """Return a plan that fits into `time`, after timing one batch."""
    from likeness.evaluation.features import BATCH, sample_features
    from likeness.training.schedule import parse_time

    budget_s = parse_time(time)
    sample_features(network, generator, range(2))  # the first call warms up
    start = clock.monotonic()
    sample_features(network, generator, range(BATCH))
    sample_s = (clock.monotonic() - start) / BATCH
    fixed_s = files * PICTURE_S * (2 if twice else 1) + len(plan.seeds) * FACE_S + walk * WALK_FPS * sample_s / 2
    fitted = plan.within(budget_s - (clock.monotonic() - began), sample_s * (1.5 if twice else 1), fixed_s)
    print(f"In {time}: {fitted.samples} samples and {fitted.pairs} pairs, {sample_s * 1e3:.0f} ms a sample.")
    return fitted


def measure_walk(weights: str, device: str, seed: int, psi: float, seconds: float) -> "WalkSteps":
    """Measure the steps of the bundled random walk, played as a loop.

    Args:
        weights: a weights file, or the name of a bundled one.
        device: such as "cpu".
        seed: of the walk.
        psi: its truncation.
        seconds: its length.
    """
    from likeness.evaluation.walk import measure_steps
    from likeness.parameters.presets import Preset, ShowTable
    from likeness.tools.contact_sheet import draw_walk

    frames = max(3, round(seconds * WALK_FPS))
    preset = Preset(
        show=ShowTable(plugins=("random_walk",), psi=psi),
        values={"random_walk": {"speed": 0.25, "loop_s": frames / WALK_FPS}},
    )
    options = PictureOptions(weights=weights, device=device, seed=seed)
    # One frame more than the loop has: the last is where the first was.
    return measure_steps(draw_walk(preset, options, frames + 1, (frames + 1) / WALK_FPS))


def _measure_other(
    weights: str, device: Any, network: "EfficientNetLite", files: list[Path], plan: "EvaluationPlan", bars: "Bars"
) -> float:
    """Return the kernel distance, times 1,000, of another generator to the same pictures."""
    from likeness.evaluation.evaluation import measure_kernel_distance

    return measure_kernel_distance(_open(weights, device), network, files, plan, bars.show)


def _print_report(report: "Report") -> None:
    from rich.console import Console
    from rich.table import Table

    from likeness.evaluation.report import table_rows
    from likeness.evaluation.verdicts import stage_verdicts

    console = Console()
    numbers = Table("measure", "value", "", box=None)
    for row in table_rows(report):
        numbers.add_row(*row)
    console.print(numbers)
    table = Table("the list", "wanted", "found", "", box=None)
    words = {True: "[green]pass[/green]", False: "[red]fail[/red]", None: "-"}
    for verdict in stage_verdicts(report):
        table.add_row(verdict.what, verdict.wanted, verdict.found, words[verdict.passed])
    console.print()
    console.print(table)


def _write_sheet(path: Path, report: "Report") -> None:
    from likeness.evaluation.report import draw_nearest_sheet
    from likeness.picture import write_picture

    write_picture(path, draw_nearest_sheet(report.pictures))
    print(f"The fixed seeds beside their nearest training pictures are on {path.resolve()}")


def _write_json(path: Path, report: "Report") -> None:
    from dataclasses import asdict

    from likeness.evaluation.verdicts import stage_verdicts

    plain = {name: value for name, value in asdict(report).items() if name != "pictures"}
    plain["nearest"] = [str(file.name) for _, file in report.pictures]
    plain["list"] = [asdict(verdict) for verdict in stage_verdicts(report)]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(encoder.dumps(_replace_non_finite(plain), indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise LikenessError(f"{path} could not be written: {error}") from error
    print(f"All numbers are in {path.resolve()}")


def _replace_non_finite(value: Any) -> Any:
    """Return `value` with None in place of numbers that are not finite, which JSON cannot write."""
    if isinstance(value, dict):
        return {key: _replace_non_finite(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_replace_non_finite(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
