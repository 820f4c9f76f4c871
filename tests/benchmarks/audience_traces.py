"""The search for what is left of an evening's visitors after its deletion, in every file that the evening wrote."""

from __future__ import annotations

import os
import re
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from sqlalchemy import select
from tests.benchmarks.audience_visitors import Visit

from likeness.audience.deletion import Deletion
from likeness.audience.evening import Places
from likeness.audience.tables import Mail, Result, Visitor

# So many visitors are searched for: each takes some readings of all files.
MOST = 40
# Bytes from the middle of a picture or film: its beginning has what all of them have.
PIECE = 48
PATIENCE_S = 60.0


def print_traces(places: Places, visits: Sequence[Visit], folder: Path, *others: Path) -> None:
    """Delete the night, and print where something of its visitors is left.

    Args:
        places: of the evening.
        visits: who came.
        folder, others: everything that was written.
    """
    database, store = places.open_database(), places.open_store()
    with database.reading() as session:
        rows = session.scalars(select(Visitor).where(Visitor.photo != "")).all()[:MOST]
        chosen = [row.number for row in rows]
        results = session.scalars(select(Result).where(Result.visitor.in_(chosen))).all()
        mails = session.scalars(select(Mail).where(Mail.visitor.in_(chosen))).all()
    needles: dict[bytes, str] = {}
    for row in rows:
        needles |= {_middle(store.get(row.photo)): "photo", row.photo.encode(): "name of a photo"}
        words = {"key": row.key_hash, "phone": row.device, "name": row.stage_name}
        needles |= {word.encode(): what for what, word in words.items() if word}
    for result in results:
        needles |= {_middle(store.get(result.file)): "film or picture", result.file.encode(): "name of a film"}
    for mail in mails:
        needles |= {mail.address.encode(): "address", mail.link.encode(): "link"}
    deleted = [visit for visit in visits if visit.outcome in ("deleted", "gone")]
    needles |= {visit.name_given.encode(): "name of who deleted themselves" for visit in deleted}
    needles |= {visit.key.encode(): "key of who deleted themselves" for visit in deleted if visit.key}
    print(f"searched for: {', '.join(f'{count} {what}' for what, count in Counter(needles.values()).most_common())}")
    print(f"before the deletion: {_count(needles, folder, *others)}")
    deletion, deadline = Deletion(database, store, places.scratch), time.monotonic() + PATIENCE_S
    whole = deletion.delete_night(time.time())
    while not whole and time.monotonic() < deadline:
        time.sleep(1.0)
        whole = deletion.delete_night(time.time())
    print(f"after it: {_count(needles, folder, *others) or 'nothing'}; said to be whole: {whole}")
    database.close()


def _middle(content: bytes) -> bytes:
    return content[len(content) // 2 :][:PIECE]


def _count(needles: dict[bytes, str], *folders: Path) -> str:
    """Return in which files how many of the needles are."""
    found: Counter[tuple[str, str]] = Counter()
    for path in (Path(at, name) for folder in folders for at, _, names in os.walk(folder) for name in names):
        # A socket, or a file of a worker that is still at work and went meanwhile.
        with suppress(OSError):
            content = path.read_bytes() + bytes(path)
            kind = re.sub(r"[0-9a-f]{16,}|\d+", "N", path.name)
            found.update((what, kind) for needle, what in needles.items() if needle in content)
    return ", ".join(f"{count} {what} in {kind}" for (what, kind), count in found.most_common(30))
