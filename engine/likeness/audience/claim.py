"""A claim: what a worker, or a stage, has in its hands under a lease."""

from dataclasses import dataclass
from enum import StrEnum

# A worker renews four times in it; a killed one's visitor is taken by another within so many seconds.
LEASE_S = 8.0
# A photo at which so many workers died is not given to another.
MOST_ATTEMPTS = 3


class Task(StrEnum):
    """What a worker does."""

    CHECK = "check"
    FILMS = "films"
    CHILDREN = "children"


@dataclass(frozen=True)
class Claim:
    """A visitor, or a pair of them, in a worker's hands.

    Args:
        task: what to do.
        number: of the visitor; of the pair where the task is children.
        token: shows that the claim is the worker's own.
        photo: name in the store.
        other: the same of the other parent's photo; "" where there is none.
    """

    task: Task
    number: int
    token: str
    photo: str
    other: str = ""
