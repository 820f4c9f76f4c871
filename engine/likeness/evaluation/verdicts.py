"""The conditions that weights must pass before they may stand on a stage, each with the number measured."""

from dataclasses import dataclass

from likeness.evaluation.report import Report
from likeness.evaluation.seen_faces import ALIKE, FACE_SCORE

# Of 64.
FACES_SHARE = 60 / 64
# The random walk's own pace is even: its steps stayed within 2 medians with `composite`. A cut is ten or more.
LONGEST_STEP = 4.0
KERNEL_SHARE = 0.5


@dataclass(frozen=True)
class StageVerdict:
    """One line of the list; `passed` is None where it was not measured."""

    what: str
    wanted: str
    found: str
    passed: bool | None


def stage_verdicts(report: Report) -> list[StageVerdict]:
    """Return the list: faces, no two alike, nearer to the data than another generator, no jump, nothing by heart."""
    return [*_faces(report), _kernel(report), *_walk(report), _memorised(report)]


def _faces(report: Report) -> list[StageVerdict]:
    seen, psi = report.faces, report.seeds_psi
    if seen is None:
        return [StageVerdict("the fixed seeds are faces", "", "not measured", None)]
    wanted = round(FACES_SHARE * seen.pictures)
    return [
        StageVerdict(
            f"the fixed seeds at psi {psi:g} are faces",
            f"{wanted} of {seen.pictures} with a score (dlib mmod) over {FACE_SCORE:g}",
            f"{seen.found}, the lowest {seen.lowest:.2f}",
            seen.found >= wanted,
        ),
        StageVerdict(
            "no two are alike",
            f"identity distance (dlib) over {ALIKE:g}",
            f"the closest two {seen.closest:.2f}",
            seen.closest > ALIKE,
        ),
    ]


def _kernel(report: Report) -> StageVerdict:
    own = (report.held_out or report.training).kernel
    what = f"kernel distance to the {'held-out' if report.held_out else 'training'} pictures"
    if report.against is None:
        return StageVerdict(what, "compared with --against WEIGHTS", f"{own:.1f}", None)
    wanted = KERNEL_SHARE * report.against
    return StageVerdict(what, f"half of the other's {report.against:.1f} at most", f"{own:.1f}", own <= wanted)


def _walk(report: Report) -> list[StageVerdict]:
    walk = report.walk
    if walk is None:
        return [StageVerdict("a walk without a jump", f"{LONGEST_STEP:g} median steps at most", "not measured", None)]
    return [
        StageVerdict(
            "a walk without a jump",
            f"{LONGEST_STEP:g} median steps at most",
            f"the longest {walk.longest:.1f}",
            walk.longest <= LONGEST_STEP,
        ),
        StageVerdict("the walk closes", "1 median step at most", f"{walk.closure:.2f}", walk.closure <= 1),
    ]


def _memorised(report: Report) -> StageVerdict:
    near = report.memorised
    return StageVerdict(
        "no sample is closer to a training picture than these are to each other",
        f"distance over {near.training_closest:.2f}",
        f"the closest {near.closest:.2f}",
        near.closer == 0,
    )
