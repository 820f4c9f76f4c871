"""The states of a visitor, and which may follow which: the one place that says so."""

from collections.abc import Mapping
from enum import StrEnum


class State(StrEnum):
    """How far a visitor has come. The texts for each, in words that one can act on, are in `texts/`."""

    RECEIVED = "received"
    CHECKING = "checking"
    WAITING = "waiting"
    REFUSED = "refused"
    QUEUED = "queued"
    ON_STAGE = "on-stage"
    DONE = "done"
    DELETED = "deleted"


# Checking follows itself where a worker has died, and on stage where the stage has gone and came back.
NEXT: Mapping[State, frozenset[State]] = {
    State.RECEIVED: frozenset({State.CHECKING, State.DELETED}),
    State.CHECKING: frozenset({State.CHECKING, State.WAITING, State.QUEUED, State.REFUSED, State.DELETED}),
    State.WAITING: frozenset({State.QUEUED, State.REFUSED, State.DELETED}),
    State.REFUSED: frozenset({State.WAITING, State.DELETED}),
    State.QUEUED: frozenset({State.ON_STAGE, State.DONE, State.WAITING, State.REFUSED, State.DELETED}),
    State.ON_STAGE: frozenset({State.ON_STAGE, State.QUEUED, State.DONE, State.WAITING, State.REFUSED, State.DELETED}),
    State.DONE: frozenset({State.ON_STAGE, State.WAITING, State.REFUSED, State.DELETED}),
    State.DELETED: frozenset(),
}
BEFORE: Mapping[State, frozenset[State]] = {
    to: frozenset(state for state, following in NEXT.items() if to in following) for to in State
}
# Only somebody in one of these may be seen by others, and even then an approval is asked for; see `may_be_shown`.
SHOWN = frozenset({State.QUEUED, State.ON_STAGE, State.DONE})


class Reason(StrEnum):
    """Why a photo was refused. The texts are in `texts/`, under `reason-` and the value."""

    NO_FILE = "no-file"
    EMPTY = "empty"
    TOO_LARGE = "too-large"
    NO_PICTURE = "no-picture"
    DRAWING = "drawing"
    FILM = "film"
    TOO_MANY_PIXELS = "too-many-pixels"
    TOO_SMALL = "too-small"
    BROKEN = "broken"
    TOO_SLOW = "too-slow"
    NO_FACE = "no-face"
    FAILED = "failed"
    OPERATOR = "operator"
