"""`likeness audience serve`."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Annotated

from likeness.commands.audience.common import DatabaseUrl, Folder, StorageUrl, evening_folder
from likeness.errors import AudienceError
from likeness.options import ranged
from likeness.ranges import COUNT, PORT, Range

KEEP = Range(0, 24 * 90, "hours", above_low=True)
WORKERS = Range(0, 64)
EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104 - only compared with
SMTP_VARIABLE = "LIKENESS_SMTP"
DEMO_VISITORS = 10
# Small films are made in a quarter of the time: a try is to show the way, not the picture.
DEMO_FILMS = ("--size", "256x256", "--fps", "20")


def serve(
    *,
    folder: Folder = None,
    host: str = "0.0.0.0",  # noqa: S104 - it is for the phones in the house
    port: Annotated[int, ranged(PORT, "TCP port; 0 takes a free one.")] = 9100,
    url: str | None = None,
    moderation: bool = True,
    stage: bool = False,
    capacity: Annotated[int, ranged(COUNT, "How many photos are taken in tonight, in all.")] = 500,
    quota: Annotated[int, ranged(COUNT, "How many photos one phone may send.")] = 5,
    keep: Annotated[float, ranged(KEEP, "After so many hours a visitor's photo and films are deleted.")] = 24.0,
    workers: Annotated[int, ranged(WORKERS, "How many workers run beside the server, on this machine.")] = 1,
    database: DatabaseUrl = None,
    storage: StorageUrl = None,
    gallery: Path | None = None,
    smtp: str | None = None,
    mail_from: str = "",
    mail_at: str | None = None,
    until: str | None = None,
    reveal: bool = False,
    reveal_at: str | None = None,
    drop_only: bool = False,
    demo: bool = False,
) -> None:
    """Serve the visitors' pages and the operator's, until Ctrl+C.

    Visitors come by the QR code of the page `/screen`. The link of the operator is printed at the start: whoever has it
    decides who is shown.

    Parameters
    ----------
    host
        Address to listen on; 127.0.0.1 lets nobody in from other machines.
    url
        Of the visitors' page, as the QR code has it: for a server behind a proxy. By default this machine's address.
    moderation
        Nobody is shown whom the operator has not approved.
    stage
        A show takes visitors: nobody is done before they were on the stage.
    until
        No photo is taken in from this time on, such as 22:30; the form says so.
    reveal
        Nobody sees films before the operator opens them, for all at once.
    reveal_at
        As --reveal; at this time, such as 21:30, they open by themselves.
    drop_only
        Nobody sees anybody else: visitors are not asked for the stage, and no show gets them.
    gallery
        The folder of a gallery, whose people are compared; without it they are the generator's own.
    smtp
        Of the server that sends mails, smtp://USER:PASSWORD@HOST:PORT or smtps://...; without it visitors are offered
        none. Others who use this machine see it in the list of programs; LIKENESS_SMTP in the environment is an
        alternative.
    mail_from
        The address that mails come from.
    mail_at
        No mail goes before this time of today, such as 21:30, when the break begins.
    demo
        Ten synthetic visitors come, their films are small, and the evening is forgotten at the end.
    """
    from likeness.audience.extra import require_extra

    require_extra()
    from likeness.audience.evening import Places, open_evening, open_patiently
    from likeness.audience.night import NightPlan, parse_hour
    from likeness.audience.post_office import parse_mail_server
    from likeness.audience.priority import lower_server
    from likeness.audience.secret_link import secret_code
    from likeness.audience.server import listen, make_app
    from likeness.audience.server import serve as serve_app
    from likeness.audience.stage_routes import stage_key
    from likeness.audience.worker_pool import WorkerPool
    from likeness.web.addresses import lan_address
    from likeness.web.qr import qr_text

    smtp = smtp or os.environ.get(SMTP_VARIABLE)
    now = time.time()
    mail_server = parse_mail_server(smtp, mail_from, mail_at, now) if smtp else None
    if stage and drop_only:
        raise AudienceError("--drop-only shows nobody on a stage; leave out --stage")
    ends = None if until is None else parse_hour("--until", until, now)
    opens = None if reveal_at is None else parse_hour("--reveal-at", reveal_at, now)
    plan = NightPlan(moderation, stage, capacity, quota, keep, ends, reveal, opens, drop_only)
    with ExitStack() as stack:
        listener = stack.enter_context(listen(host, port))
        if demo:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="likeness-audience-")))
        places = Places(evening_folder(folder), database or "", storage or "")
        evening = open_patiently(lambda: open_evening(places, plan))
        stack.callback(evening.database.close)
        # Not before the evening is open, since it is the whole process's.
        stack.enter_context(lower_server())
        bound = listener.getsockname()[1]
        own = _address(lan_address() if host in EVERYWHERE else host, bound)
        public = f"{(url or own).rstrip('/')}/"
        options = {"--folder": places.folder, "--database": database, "--storage": storage, "--gallery": gallery}
        given = [word for name, value in options.items() if value is not None for word in (name, str(value))]
        pool = WorkerPool(workers, [*given, *(DEMO_FILMS if demo else ())])
        stack.callback(pool.close)
        pool.start()
        print(f"{qr_text(public)}\nVisitors: {public}\nFor the screen: {public}screen")
        for role, words in (("kiosk", "For a tablet at the door, a secret"), ("operator", "Operator, a secret")):
            print(f"{words}: {own}{role}?code={secret_code(evening, role)}", flush=True)
        if stage:
            print(f"For the show: --audience {own} --audience-key {stage_key(evening)}", flush=True)
        if demo:
            stack.enter_context(_visitors(_address("127.0.0.1" if host in EVERYWHERE else host, bound)))
        serve_app(make_app(evening, public, mail_server), listener)


def _address(host: str, port: int) -> str:
    return f"http://{f'[{host}]' if ':' in host else host}:{port}/"


@contextmanager
def _visitors(url: str) -> Iterator[None]:
    """Let synthetic visitors come from a process of their own, for as long as the body runs."""
    command = [sys.executable, "-m", "likeness.audience.demo", url, str(DEMO_VISITORS)]
    process = subprocess.Popen(command)
    try:
        yield
    finally:
        process.terminate()
        process.wait()
