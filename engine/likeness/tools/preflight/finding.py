"""One line of the answer of `likeness check`, and its verdict."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum


class Verdict(IntEnum):
    """How bad it is; the worst of all findings is the exit status."""

    GOOD = 0
    LESS = 1
    STOPS = 2


@dataclass(frozen=True)
class Finding:
    """What one check found.

    Args:
        subject: "weights", "display", ...
        verdict: as asked for, less than asked for, or the show cannot start.
        text: what was found, with the next step where it is not good.
    """

    subject: str
    verdict: Verdict
    text: str


def good(subject: str, text: str) -> Finding:
    """Return a finding that is as asked for."""
    return Finding(subject, Verdict.GOOD, text)


def less(subject: str, text: str) -> Finding:
    """Return a finding with which the show starts and lacks something."""
    return Finding(subject, Verdict.LESS, text)


def stops(subject: str, text: str) -> Finding:
    """Return a finding with which the show cannot start."""
    return Finding(subject, Verdict.STOPS, text)


def worst(findings: Iterable[Finding]) -> Verdict:
    """Return the worst verdict, GOOD where there is no finding."""
    return max((finding.verdict for finding in findings), default=Verdict.GOOD)
