"""The tables of the audience's benchmark: frames, waits, and what became of each visitor."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sqlalchemy import func, select
from tests.benchmarks.audience_photos import KINDS
from tests.benchmarks.audience_visitors import Habit, Visit

from likeness.audience.admission import hash_key
from likeness.audience.database import Database
from likeness.audience.evening import Places
from likeness.audience.security import DEVICE_COOKIE
from likeness.audience.states import State
from likeness.audience.tables import Result, Visitor
from likeness.errors import AudienceError

Spans = Sequence[tuple[float, float]]
# What a switch of phases stirs up belongs to none.
EDGE_S = 0.5
FINAL = (State.DONE, State.REFUSED, State.DELETED)
FILES_EACH = 7


@dataclass(frozen=True)
class Frames:
    """When each frame began, what it took in ms, and whether it was a repeat."""

    at: np.ndarray
    ms: np.ndarray
    repeated: np.ndarray

    @classmethod
    def read(cls, path: Path) -> Frames:
        """Read what the show's process has kept."""
        return cls(*np.load(path).T)


def count_left(database: Database) -> int:
    """Return how many visitors something is still to be done for; one at least while the database is gone."""
    try:
        with database.reading() as session:
            return session.scalar(select(func.count()).where(Visitor.state.not_in(FINAL))) or 0
    except AudienceError:
        return 1


def print_frames(frames: Frames, held: Spans) -> None:
    """Print the frames with an audience and without."""
    without, near = np.zeros(len(frames.at), bool), np.zeros(len(frames.at), bool)
    for begin, end in held:
        without |= (frames.at >= begin + EDGE_S) & (frames.at < end - EDGE_S)
        near |= (frames.at >= begin - EDGE_S) & (frames.at < end + EDGE_S)
    print("| frames | count | p50 | p99 | worst | repeats |\n| --- | --- | --- | --- | --- | --- |")
    late = []
    for name, chosen in (("without", without), ("with an audience", ~near)):
        ms = frames.ms[chosen]
        late.append(float(np.percentile(ms, 99)))
        repeats = int(frames.repeated[chosen].sum())
        print(f"| {name} | {len(ms)} | {np.median(ms):.1f} ms | {late[-1]:.1f} ms | {ms.max():.1f} ms | {repeats} |")
    print(f"p99 with an audience over p99 without: {late[1] / late[0]:.2f}")


def print_times(times: Sequence[tuple[str, float, float]], held: Spans) -> None:
    """Print how long phones waited for each kind of answer, without those that were held meanwhile."""
    waits: dict[str, list[float]] = defaultdict(list)
    for what, begin, end in times:
        if not any(begin < until and end > since for since, until in held):
            waits[what].append(end - begin)
    print("| answer to | count | p50 | p99 | worst |\n| --- | --- | --- | --- | --- |")
    for what, each in waits.items():
        p50, p99 = np.percentile(each, (50, 99))
        print(f"| {what} | {len(each)} | {p50:.2f} s | {p99:.2f} s | {max(each):.2f} s |")


def print_visitors(visits: Sequence[Visit], places: Places, log: str) -> None:
    """Print what became of the visitors, and what is wrong with it."""
    by_kind: dict[str, Counter[str]] = defaultdict(Counter)
    for visit in visits:
        by_kind[visit.kind][visit.outcome or f"{visit.habit}"] += 1
    print("| sent | visitors | what became of them, as they were told |\n| --- | --- | --- |")
    for kind, outcomes in by_kind.items():
        told = ", ".join(f"{count} {outcome}" for outcome, count in outcomes.most_common())
        print(f"| {kind} | {outcomes.total()} | {told} |")
    database, store = places.open_database(), places.open_store()
    with database.reading() as session:
        rows = list(session.scalars(select(Visitor)))
        results = list(session.scalars(select(Result)))
    database.close()
    states = Counter(f"{row.state}{': ' + row.reason if row.reason else ''}" for row in rows)
    print(f"in the database: {', '.join(f'{count} {state}' for state, count in sorted(states.items()))}")
    files = set(store.list())
    faults = find_faults(visits, rows, results, files)
    again = sum(visit.again for visit in visits)
    print(f"{again} times a photo was sent once more; {len(files)} files in the store")
    print(f"faults: {'; '.join(faults) or 'none'}")
    for line, count in Counter(re.sub(r"\d+", "N", line) for line in log.splitlines()).most_common():
        if re.search(r"error|fail|Traceback|warn|refused", line, re.IGNORECASE):
            print(f"  log, {count} times: {line[:200]}")


def find_faults(
    visits: Sequence[Visit], rows: Collection[Visitor], results: Collection[Result], files: set[str]
) -> list[str]:
    """Return what is not as it should be: lost, doubled, without an end or reason, without a file, left over."""
    known = {row.key_hash: row for row in rows}
    deleted = [row for row in rows if row.state is State.DELETED]
    pages = [visit for visit in visits if visit.key]
    gone = sum(visit.outcome in ("deleted", "gone") for visit in pages)
    lost = [visit for visit in pages if hash_key(visit.key) not in known and visit.outcome not in ("deleted", "gone")]
    devices = Counter(row.device for row in rows if row.device)
    own = {hash_key(visit.phone.cookies.get(DEVICE_COOKIE, "")): visit for visit in visits}
    doubled = [device for device, count in devices.items() if count > 1]
    strangers = [device for device in devices if device not in own or not own[device].key]
    files_of = Counter(result.visitor for result in results)
    named = {row.photo for row in rows if row.photo} | {result.file for result in results}
    wrong = [
        visit for visit in visits
        if visit.habit is not Habit.HANGS_UP and KINDS[visit.kind].taken is not None
        and bool(visit.key) is not KINDS[visit.kind].taken
    ]  # fmt: skip
    counts = {
        "lost": len(lost),
        "doubled": len(doubled),
        "taken in without having been told": len(strangers),
        "deleted, but not by themselves": abs(len(deleted) - gone),
        "without an end": sum(row.state not in FINAL for row in rows),
        "refused without a reason": sum(row.state is State.REFUSED and not row.reason for row in rows),
        "done without their films": sum(row.state is State.DONE and files_of[row.number] != FILES_EACH for row in rows),
        "films of who is not done": sum(row.state is not State.DONE and files_of[row.number] > 0 for row in rows),
        "a film that is none": sum(visit.film < 0 for visit in visits),
        "files absent": len(named - files),
        "files of nobody": len(files - named),
        "told nothing": sum(not visit.outcome and visit.habit is Habit.STAYS for visit in visits),
        "answered without a reason": sum("no reason" in visit.outcome for visit in visits),
        "against expectation taken or not": len(wrong),
        "failed in the simulation": sum(bool(visit.fault) for visit in visits),
    }
    notes = [f"{visit.kind} {visit.habit}: {visit.outcome or visit.fault}" for visit in wrong[:5]]
    notes += [visit.fault for visit in visits if visit.fault][:3]
    return [f"{count} {what}" for what, count in counts.items() if count] + notes
