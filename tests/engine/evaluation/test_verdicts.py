"""The list: what passes, what fails, and what was not measured."""

from dataclasses import replace

import pytest

from likeness.evaluation.report import Distances, Memorised, Report, table_rows
from likeness.evaluation.seen_faces import SeenFaces
from likeness.evaluation.verdicts import stage_verdicts
from likeness.evaluation.walk import WalkSteps

GOOD = Report(
    weights="faces-256.safetensors",
    samples=2000,
    psi=1.0,
    seeds_psi=0.7,
    training=Distances(1935, 12.0, 0.1, 40.0, 0.7, 0.3),
    held_out=Distances(100, 10.0, 0.5),
    floor=-0.1,
    memorised=Memorised(6.0, 8.0, 5.0, 7.0, 0),
    path=None,
    faces=SeenFaces(64, 60, 58, 0.7, 0.45, 0.7, 0.1),
    walk=WalkSteps(601, 0.02, 0.3, 2.1, 0.0),
    against=20.0,
)


def test_weights_that_do_all_of_it_pass_every_line() -> None:
    assert [verdict.passed for verdict in stage_verdicts(GOOD)] == [True] * 6


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"faces": replace(GOOD.faces, found=59)}, "are faces"),
        ({"faces": replace(GOOD.faces, closest=0.39)}, "no two are alike"),
        ({"faces": replace(GOOD.faces, closest=float("nan"))}, "no two are alike"),
        ({"against": 19.9}, "kernel distance to the held-out"),
        ({"walk": replace(GOOD.walk, longest=4.1)}, "without a jump"),
        ({"walk": replace(GOOD.walk, closure=1.1)}, "closes"),
        ({"memorised": replace(GOOD.memorised, closer=1)}, "closer to a training picture"),
    ],
)
def test_each_line_fails_by_itself(change: dict[str, object], line: str) -> None:
    (failed,) = (verdict for verdict in stage_verdicts(replace(GOOD, **change)) if not verdict.passed)  # type: ignore[arg-type]
    assert line in failed.what
    assert failed.passed is False


def test_what_was_not_measured_is_neither_passed_nor_failed() -> None:
    bare = replace(GOOD, faces=None, walk=None, against=None, held_out=None)
    assert [verdict.passed for verdict in stage_verdicts(bare)] == [None, None, None, True]
    assert "training pictures" in stage_verdicts(bare)[1].what


def test_fewer_seeds_are_judged_by_the_same_share() -> None:
    some = replace(GOOD, faces=replace(GOOD.faces, pictures=16, found=15))
    assert stage_verdicts(some)[0].wanted.startswith("15 of 16")
    assert stage_verdicts(some)[0].passed


def test_the_table_has_a_row_for_all_that_was_measured() -> None:
    told = {row[0]: row[1:] for row in table_rows(GOOD)}
    assert told["precision, recall"][0] == "0.70, 0.30"
    assert told["faces seen"] == ("60 of 64", "by mmod; by HOG 58")
    assert "path length in z" not in told
    assert len(table_rows(replace(GOOD, walk=None, faces=None))) == len(table_rows(GOOD)) - 4
