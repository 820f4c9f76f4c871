"""The desk of a show: opens the web server, and says what pages are told of the show."""

import json
import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import likeness
from likeness.host.host import Host
from likeness.inputs.osc.apply import Command
from likeness.inputs.stage_lock import StageLock
from likeness.options import Options
from likeness.outputs.window_overlay import DeskAddress, WindowOverlay
from likeness.parameters.store import ParamStore
from likeness.picture import Picture
from likeness.web.access import Access
from likeness.web.codes import load_codes
from likeness.web.describe import ParamsDescription, read_moved, read_targets
from likeness.web.desk import Desk
from likeness.web.oscquery import OscQuery
from likeness.web.page_files import PageFiles
from likeness.web.preview import Preview
from likeness.web.qr import qr_modules, qr_svg
from likeness.web.server import Services, WebServer
from likeness.web.site import Site, Sources
from likeness.web.stream import MjpegStreams
from likeness.web.topics import Keyed, Lines, Topic, Whole
from likeness.web.zeroconf_announce import ZeroconfAnnouncement

log = logging.getLogger(__name__)

# How often topics are read: what moves under a hand in each update, what is only looked at less often.
SHOWN_S = 1 / 15
STATUS_S = 1 / 5
CUES_S = 1 / 20
PAST_S = 1.0
LOG_S = 1 / 4


@dataclass(frozen=True)
class DeskParts:
    """What the desk needs of a show. Everything may be called on the web server's thread.

    Args:
        store, host: of the show.
        title: of the preset.
        commands, questions: by OSC path.
        lock: of the stage.
        osc: the host and port of the OSC input, or None.
        status: the show's numbers as JSON.
        shown: returns the picture that the outputs got last.
        described: topics that others describe, by name: what reads each, and how often in seconds.
        sources: pictures of cues and of the past, and the report.
        log_lines: returns the newest lines of the log, and the number of the last one.
    """

    store: ParamStore
    host: Host
    title: str
    commands: Mapping[str, Command]
    questions: Mapping[str, Command]
    lock: StageLock
    osc: tuple[str, int] | None
    status: Callable[[], str]
    shown: Callable[[], Picture]
    sources: Sources
    described: Mapping[str, tuple[Callable[[], Any], float]] = field(default_factory=dict)
    log_lines: Callable[[], tuple[Sequence[Any], int]] = lambda: ((), 0)


def open_desk(opened: ExitStack, options: Options, parts: DeskParts, overlay: WindowOverlay | None = None) -> WebServer:
    """Serve the desk, OSCQuery, the status and the preview until `opened` closes; return the server.

    Args:
        opened: closes what is opened here.
        options: where to listen.
        parts: of the show.
        overlay: of the show's window, which tells where the desk is.

    Raises:
        InputError: where no port is free, or the host is not an address of this machine.
    """
    preview = Preview(parts.shown)
    preview.start()
    opened.callback(preview.close)
    server = WebServer(
        lambda access: _make_services(parts, access, preview),
        options.web_port,
        host=options.web_host,
        load_codes=load_codes,
    )
    server.start()
    opened.callback(server.close)
    if parts.osc is not None:
        announcement = ZeroconfAnnouncement(f"likeness {server.port}", options.web_host, server.port)
        announcement.start()
        opened.callback(announcement.close)
    if overlay is not None:
        overlay.address = lambda: find_address(server.access)
    if server.port != options.web_port:
        log.warning("port %d is taken; the desk is on port %d", options.web_port, server.port)
    return server


def _make_services(parts: DeskParts, access: Access, preview: Preview) -> Services:
    files, streams = PageFiles(), MjpegStreams(preview)
    oscquery = OscQuery(parts.store, parts.osc)
    greeting = {
        "program": "likeness",
        "version": likeness.__version__,
        "title": parts.title,
        "page": files.version,
    }
    desk = Desk(
        parts.store,
        parts.commands,
        parts.questions,
        make_topics(parts),
        greeting=greeting,
        link=describe_link(access),
        lock=parts.lock,
        next_picture=preview.next_picture,
    )
    return Services(desk, Site(files, parts.sources, oscquery, preview, streams), oscquery, streams)


def make_topics(parts: DeskParts) -> list[Topic]:
    """Return the topics of a show, in the order in which pages are told of them."""
    params = ParamsDescription(
        parts.store, lambda: tuple(slot.name for slot in parts.host.rack), lambda name: _help_of(parts.host, name)
    )
    return [
        Whole("params", params.read),
        Keyed("values", lambda: read_targets(parts.store)),
        Keyed("shown", lambda: read_moved(parts.store, parts.store.params), SHOWN_S),
        Whole("status", lambda: json.loads(parts.status()), STATUS_S),
        *(Whole(name, read, every_s) for name, (read, every_s) in parts.described.items()),
        Lines("log", parts.log_lines, LOG_S),
    ]


def find_address(access: Access) -> DeskAddress:
    """Return where the desk is, as the window shows it."""
    link = access.link("desk")
    if not access.beyond_loopback:
        return DeskAddress(link)
    url, _, code = link.partition("?code=")
    return DeskAddress(url, code, qr_modules(link))


def describe_link(access: Access) -> dict[str, str] | None:
    """Return the links by which other machines reach the desk; None where they cannot."""
    if not access.beyond_loopback:
        return None
    url = access.link("desk")
    return {"url": url, "view_url": access.link("view"), "qr": qr_svg(url)}


def _help_of(host: Host, name: str) -> str:
    return next((str(getattr(slot, "help", "")) for slot in host.rack if slot.name == name), "")
