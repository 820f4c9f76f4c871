"""`likeness evaluate`: how good a generator is, in numbers and as a list to pass."""

import json as encoder
import math
import time as clock
from pathlib import Path
from typing import TYPE_CHECKING, Any

from likeness.errors import LikenessError
from likeness.options import Device, Weights

if TYPE_CHECKING:
    from likeness.commands.progress_bars import Bars
    from likeness.evaluation.plan import EvaluationPlan
    from likeness.evaluation.report import Report
    from likeness.evaluation.walk import WalkSteps
    from likeness.generator import Generator
    from likeness.generators.networks.efficientnet_lite import EfficientNetLite

WALK_FPS = 30
# Of one core: a fixed seed's look by two detectors and the embedding, and what a picture of the data takes.
FACE_S, PICTURE_S = 0.4, 0.025


def evaluate(
    weights: Weights,
    *,
    data: Path,
    hold_out: int = 0,
    samples: int = 2000,
    pairs: int = 400,
    seeds: int = 64,
    first_seed: int = 0,
    psi: float = 1.0,
    seeds_psi: float = 0.7,
    epsilon: float = 1e-4,
    labels: Path | None = None,
    attribute: list[str] | None = None,
    against: str | None = None,
    walk: float = 20.0,
    time: str | None = None,
    json: Path | None = None,
    sheet: Path | None = None,
    device: Device = "auto",
) -> None:
    """Measure a generator against a folder of pictures; docs/evaluating.md says what the numbers mean.

    Parameters
    ----------
    data
        A folder of pictures that are cut like the generator's, those of training.
    hold_out
        How many of them, the first by name, training has not seen.
    samples
        How many samples are drawn for distances, precision and recall.
    pairs
        How many steps are measured for each path length; 0 leaves them out.
    seeds
        How many fixed seeds are looked at one by one.
    first_seed
        The first of them.
    psi
        Truncation of the samples.
    seeds_psi
        Truncation of the fixed seeds and of the walk.
    epsilon
        Step of the path length.
    labels
        A CSV file with a column "file", for linear separability.
    attribute
        NAME=COLUMN or NAME=COLUMN:LOW,LOW/HIGH,HIGH, such as smile=expression:sad,angry/smiling; repeat it for more.
    against
        Other weights, whose kernel distance is to be halved.
    walk
        Seconds of the random walk, a loop; 0 leaves it out.
    time
        Take fewer samples and pairs, so that it is done in about this time: 5m, 90s.
    json
        Write all numbers to this file.
    sheet
        Write a PNG of the fixed seeds, each beside the training picture nearest to it.
    """
    from dataclasses import replace

    from likeness.commands.progress_bars import Bars
    from likeness.evaluation.evaluation import evaluate as measure
    from likeness.evaluation.features import picture_files
    from likeness.evaluation.labels import parse_attribute, read_labels
    from likeness.evaluation.plan import EvaluationPlan
    from likeness.generators.devices import choose_device
    from likeness.generators.perceptual import open_features
    from likeness.tools.contact_sheet import draw_walk  # noqa: F401 - before minutes of measuring, not after

    if samples < 2 or pairs < 0 or seeds < 2 or hold_out < 0 or walk < 0 or epsilon <= 0:
        raise LikenessError("--samples and --seeds begin at 2, --pairs, --hold-out and --walk at 0, --epsilon above 0")
    if bool(labels) != bool(attribute):
        raise LikenessError("separability wants both: --labels FILE and one --attribute or more")
    began = clock.monotonic()
    attributes = [parse_attribute(text) for text in attribute or []]
    known = read_labels(labels) if labels else None
    files = picture_files(data)
    if len(files) - hold_out < 4:
        raise LikenessError(
            f"{data} holds {len(files)} files, {hold_out} of them held out; 4 others or more are wanted"
        )
    on = choose_device(device)
    generator, network = _open(weights, on), open_features(on)
    plan = EvaluationPlan(
        samples, pairs, range(first_seed, first_seed + seeds), psi, seeds_psi, hold_out, epsilon, tuple(attributes)
    )
    if time is not None:
        plan = _within(plan, time, began, generator, network, len(files), walk, bool(against))
    with Bars() as bars:
        report = measure(generator, network, files, plan, known, bars.show)
        if walk:
            report = replace(report, walk=_walk(weights, device, first_seed, seeds_psi, walk))
        if against:
            report = replace(report, against=_against(against, on, network, files, plan, bars))
    _print(report)
    if sheet:
        from likeness.evaluation.report import draw_nearest_sheet
        from likeness.picture import write_picture

        write_picture(sheet, draw_nearest_sheet(report.pictures))
        print(f"The fixed seeds beside their nearest training pictures are on {sheet}")
    if json:
        _write(json, report)
        print(f"All numbers are in {json}")


def _open(weights: str, device: Any) -> "Generator":
    from likeness.host.host import Host
    from likeness.paths import find_weights

    return Host().open_generator(find_weights(weights), device)


def _within(
    plan: "EvaluationPlan",
    time: str,
    began: float,
    generator: "Generator",
    network: "EfficientNetLite",
    files: int,
    walk: float,
    twice: bool,
) -> "EvaluationPlan":
    """The plan that fits into `time`, by what one batch takes here and now."""
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


def _walk(weights: str, device: str, seed: int, psi: float, seconds: float) -> "WalkSteps":
    """Steps of the random walk that comes with the program, as a loop."""
    from likeness.evaluation.walk import measure_steps
    from likeness.parameters.presets import Preset, ShowTable
    from likeness.tools.contact_sheet import draw_walk

    frames = max(3, round(seconds * WALK_FPS))
    preset = Preset(
        show=ShowTable(plugins=("random_walk",), psi=psi),
        values={"random_walk": {"speed": 0.25, "loop_s": frames / WALK_FPS}},
    )
    # One frame more than the loop has: the last is where the first was.
    return measure_steps(draw_walk(preset, weights, device, seed, frames + 1, (frames + 1) / WALK_FPS, None))


def _against(
    weights: str, device: Any, network: "EfficientNetLite", files: list[Path], plan: "EvaluationPlan", bars: "Bars"
) -> float:
    """The other generator's kernel distance, times 1,000, to the pictures that this one is judged by."""
    from likeness.evaluation.evaluation import measure_kernel_distance

    return measure_kernel_distance(_open(weights, device), network, files, plan, bars.show)


def _print(report: "Report") -> None:
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


def _write(path: Path, report: "Report") -> None:
    from dataclasses import asdict

    from likeness.evaluation.verdicts import stage_verdicts

    plain = {name: value for name, value in asdict(report).items() if name != "pictures"}
    plain["nearest"] = [str(file.name) for _, file in report.pictures]
    plain["list"] = [asdict(verdict) for verdict in stage_verdicts(report)]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(encoder.dumps(_finite(plain), indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise LikenessError(f"{path} could not be written: {error}") from error


def _finite(value: Any) -> Any:
    """The same with null for what JSON has no word for."""
    if isinstance(value, dict):
        return {key: _finite(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
