"""The plan of a run of `likeness train faces`, and how far the run has come."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from likeness.errors import TrainingError
from likeness.files.atomic_write import atomic_write
from likeness.files.names import is_name
from likeness.generator import Licence

STATE = "faces.json"
SIZES = (64, 128, 256, 512)
# Stages that more time changes nothing of.
LASTING = ("pictures", "composite", "search")


@dataclass(frozen=True)
class FacesPlan:
    """What a run was asked for; all but the time stays as it is.

    Args:
        source: the pictures: a folder, a tar or zip file, or a folder of these; absolute.
        name: of the weights.
        time_s: seconds in all.
        size: of the pictures in px, one of `SIZES`.
        crop: "face", "square", or "auto" for whichever the pictures ask for.
        components: length of the latent.
        hold_out: pictures, the first by name, that are kept for measuring.
        labels: CSV file of labels, absolute; "" for none.
        attributes: what is read from it, as `likeness directions find --attribute` takes it.
        seed: of components, networks and order.
        licence, paid_use: of the weights, which the pictures' licences decide.
    """

    source: str
    name: str
    time_s: float
    size: int = 256
    crop: str = "auto"
    components: int = 160
    hold_out: int = 0
    labels: str = ""
    attributes: tuple[str, ...] = ()
    seed: int = 0
    licence: str = "unknown"
    paid_use: bool | None = None

    def check(self) -> None:
        """Refuse what no run can be made of.

        Raises:
            TrainingError: naming what was wanted and what came.
        """
        if not is_name(self.name):
            raise TrainingError(f"{self.name!r:.60} is no name for weights; give one that a file can have: --name NAME")
        if self.size not in SIZES:
            raise TrainingError(f"--size is one of {', '.join(map(str, SIZES))} px, {self.size} came")
        if bool(self.labels) != bool(self.attributes):
            raise TrainingError("--labels FILE and --attribute NAME=COLUMN go together; give both or neither")

    @property
    def terms(self) -> Licence:
        """The licence of all files."""
        return Licence(self.licence, self.paid_use)


@dataclass(frozen=True)
class FacesState:
    """A run on the disk: its plan, and what is done of it.

    Attributes:
        plan: what was asked for.
        spent_s: seconds, over all sittings; what a kill lost is not among them.
        done: what each stage that is done has to say, by its name, in order.
        refine_s: seconds that the refiner was given in all, 0 before.
        refining: whether it has not used them up.
    """

    plan: FacesPlan
    spent_s: float = 0.0
    done: Mapping[str, str] = field(default_factory=dict)
    refine_s: float = 0.0
    refining: bool = False

    def write(self, folder: Path) -> None:
        """Write it into the run's folder.

        Raises:
            TrainingError: the disk refuses.
        """
        try:
            atomic_write(folder / STATE, json.dumps(asdict(self), indent=1).encode())
        except OSError as error:
            raise TrainingError(f"{folder / STATE} could not be written ({error}); free some space") from error


def begin_or_resume(folder: Path, plan: FacesPlan) -> FacesState:
    """Return the run in `folder` with the plan's time, or a new one where the folder is empty or absent.

    Where the plan has more time than the run had, the refiner and what follows it are not done.

    Raises:
        TrainingError: the folder holds a run of another plan, or something else, or cannot be read or written.
    """
    plan.check()
    if not (folder / STATE).is_file():
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise TrainingError(f"{folder} is there and holds no run of these; name another folder with -o")
        state = FacesState(plan)
        state.write(folder)
        return state
    state = _read(folder / STATE)
    for entry in fields(FacesPlan):
        before, now = getattr(state.plan, entry.name), getattr(plan, entry.name)
        if entry.name != "time_s" and before != now:
            raise TrainingError(
                f"{folder} holds a run with {entry.name} {before!r}, {now!r} came; name another folder with -o"
            )
    if plan.time_s <= state.plan.time_s:
        return state
    done = {name: said for name, said in state.done.items() if name in LASTING}
    return replace(state, plan=plan, done=done, refining=False)


def _read(path: Path) -> FacesState:
    try:
        table: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        wanted = dict(table["plan"])
        wanted["attributes"] = tuple(wanted["attributes"])
        plan = FacesPlan(**wanted)
        return FacesState(**{**table, "plan": plan})
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise TrainingError(f"{path} cannot be read ({error!r}); begin another run with -o") from error
