"""One thing that was looked at before a show."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum


class Verdict(IntEnum):
    """How bad it is; the worst of all is the command's exit status."""

    GOOD = 0
    LESS = 1
    STOPS = 2


@dataclass(frozen=True)
class Finding:
    """What was seen.

    Args:
        subject: "weights", "display", ...
        verdict: whether it is as asked, less than asked, or ends the start.
        said: in words, with the next step where it is not good.
    """

    subject: str
    verdict: Verdict
    said: str


def good(subject: str, said: str) -> Finding:
    """Return that all is as it was asked for."""
    return Finding(subject, Verdict.GOOD, said)


def less(subject: str, said: str) -> Finding:
    """Return that the show starts, and what it will lack."""
    return Finding(subject, Verdict.LESS, said)


def stops(subject: str, said: str) -> Finding:
    """Return that the show would not start."""
    return Finding(subject, Verdict.STOPS, said)


def worst(findings: Iterable[Finding]) -> Verdict:
    """Return the worst verdict; of none, that all is good."""
    return max((finding.verdict for finding in findings), default=Verdict.GOOD)
