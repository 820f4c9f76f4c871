"""The desk of a show: opens the web server, and says what pages are told of the show."""

import json
import logging
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import likeness
from likeness.cues.cues import Cues
from likeness.host.host import Host
from likeness.options import Options
from likeness.outputs.window_overlay import DeskAddress, WindowOverlay
from likeness.parameters.store import ParamStore
from likeness.show.controls import Controls
from likeness.show.loop import Loop
from likeness.web.access import Access
from likeness.web.codes import load_codes
from likeness.web.describe import ParamsDescription, read_moved, read_targets
from likeness.web.desk import Desk
from likeness.web.log_lines import LogLines
from likeness.web.oscquery import OscQuery
from likeness.web.page_files import PageFiles
from likeness.web.preview import Preview
from likeness.web.qr import qr_modules, qr_svg
from likeness.web.server import Services, WebServer
from likeness.web.site import Site, Sources
from likeness.web.stream import MjpegStreams
from likeness.web.take_socket import Led, TakeSocket
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
    """What the desk needs of a show. All that is called of it may be called on the web server's thread.

    Args:
        store, host: of the show.
        title: of the preset.
        controls: has the commands, the questions, the stage lock and the status.
        cues: describes cues and the past, and has their pictures.
        loop: has the picture that the outputs got last.
        described: topics that the show's parts describe, by name: what reads each, and how often in seconds.
        log_lines: has the newest lines of the log.
        report: makes a zip for a bug report, on any thread.
        health: whether the show is well, and the reasons as JSON.
        take: the show, for machines that follow it.
    """

    store: ParamStore
    host: Host
    title: str
    controls: Controls
    cues: Cues
    loop: Loop
    described: Mapping[str, tuple[Callable[[], Any], float]]
    log_lines: LogLines
    report: Callable[[], bytes]
    health: Callable[[], tuple[bool, str]]
    take: Led | None = None


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
    preview = Preview(lambda: parts.loop.shown)
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
    if parts.controls.osc is not None:
        announcement = ZeroconfAnnouncement(f"likeness {server.port}", options.web_host, server.port)
        announcement.start()
        opened.callback(announcement.close)
    if overlay is not None:
        overlay.address = lambda: find_address(server.access)
    if server.port != options.web_port:
        log.warning("port %d is taken; the desk is on port %d", options.web_port, server.port)
    return server


def _make_services(parts: DeskParts, access: Access, preview: Preview) -> Services:
    files, streams, controls, cues = PageFiles(), MjpegStreams(preview), parts.controls, parts.cues
    oscquery = OscQuery(parts.store, controls.osc)
    greeting = {
        "program": "likeness",
        "version": likeness.__version__,
        "title": parts.title,
        "page": files.version,
    }
    desk = Desk(
        parts.store,
        controls.commands,
        controls.questions,
        make_topics(parts),
        greeting=greeting,
        link=describe_link(access),
        lock=controls.lock,
        next_picture=preview.next_picture,
    )
    pictures = (cues.picture_of_cue, cues.picture_of_past)
    sources = Sources(controls.status.text, *pictures, parts.report, parts.health)
    take = TakeSocket(parts.take) if parts.take else None
    return Services(desk, Site(files, sources, oscquery, preview, streams), oscquery, streams, take)


def make_topics(parts: DeskParts) -> list[Topic]:
    """Return the topics of a show, in the order in which pages are told of them."""
    store, host, cues = parts.store, parts.host, parts.cues
    params = ParamsDescription(store, lambda: tuple(slot.name for slot in host.rack), lambda name: _help_of(host, name))
    return [
        Whole("params", params.read),
        Keyed("values", lambda: read_targets(store)),
        Keyed("shown", lambda: read_moved(store, store.params), SHOWN_S),
        Whole("status", lambda: json.loads(parts.controls.status.text()), STATUS_S),
        Whole("cues", cues.describe_cues, CUES_S),
        Whole("past", cues.describe_past, PAST_S),
        *(Whole(name, read, every_s) for name, (read, every_s) in parts.described.items()),
        Lines("log", parts.log_lines.read, LOG_S),
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
    return next((slot.help for slot in host.rack if slot.name == name), "")
