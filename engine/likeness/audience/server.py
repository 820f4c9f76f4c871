"""The server of an evening: its pages put together, its socket, its deletions, and its end."""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import FrameType

import uvicorn
from anyio import to_thread
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from likeness.audience.closing import Closing
from likeness.audience.evening import Evening
from likeness.audience.form_pages import FormPages
from likeness.audience.live import Live
from likeness.audience.operator_pages import OperatorPages
from likeness.audience.pages import Pages, language_of
from likeness.audience.pair_pages import PairPages
from likeness.audience.post_office import MailServer, PostOffice
from likeness.audience.security import SecureHeaders
from likeness.audience.stage_routes import StageRoutes
from likeness.audience.visitor_pages import VisitorPages
from likeness.errors import AudienceError
from likeness.errors.fault_log import Faults
from likeness.web.qr import qr_svg

log = logging.getLogger(__name__)

# How often it is looked whose hour of deletion has come.
DELETION_S = 15.0
# How soon a page that failed asks again.
AGAIN_S = 5
# Connections of phones; what is more waits in the system's queue or is told to come again.
MOST_CONNECTIONS = 2000
BACKLOG = 256
# What does not let go at the end of the server, as a film on a slow way, is cut off.
CLOSE_S = 2
# Status of a process that SIGTERM ended, as shells count it.
TERMINATED = 143


def make_app(evening: Evening, url: str, mail_server: MailServer | None = None) -> Starlette:
    """Return the application.

    Args:
        evening: that is open.
        url: of the visitors' page, as the QR code and mails have it.
        mail_server: sends mails; None offers none.
    """
    pages, closing, faults = Pages(evening.texts), Closing(), Faults(log)
    live = Live(evening, closing)

    async def qr(request: Request) -> Response:
        return Response(qr_svg(url), media_type="image/svg+xml")

    async def screen(request: Request) -> Response:
        return pages.draw("screen.html", language_of(request), url=url)

    async def no_icon(_: Request) -> Response:
        return Response(status_code=204)

    async def nothing(request: Request, _: Exception) -> Response:
        return pages.draw("message.html", language_of(request), 404, key="gone")

    async def fault(request: Request, error: Exception) -> Response:
        faults.tell("a page", error, trace=False)
        page = pages.draw("message.html", language_of(request), 503, key="fault")
        # Also where a phone runs no scripts. A form is not sent again by it: the page that had it is asked for.
        path = request.url.path
        page.headers["Refresh"] = (
            f"{AGAIN_S}; url={path if request.method == 'GET' else path.rpartition('/')[0] or '/'}"
        )
        return page

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        tasks = [asyncio.create_task(_delete_due(evening))]
        if mail_server is not None:
            tasks.append(asyncio.create_task(PostOffice(evening, mail_server).run()))
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()

    routes = [
        Route("/qr.svg", qr),
        Route("/screen", screen),
        Route("/favicon.ico", no_icon),
        Route("/page/{name}", pages.file),
        *OperatorPages(evening, pages).routes(),
        *StageRoutes(evening).routes(),
        *FormPages(evening, pages, closing, url).routes(),
        *PairPages(evening, pages).routes(),
        *VisitorPages(evening, pages, live, url, mailing=mail_server is not None).routes(),
    ]
    app = Starlette(
        routes=routes, lifespan=lifespan, middleware=[Middleware(SecureHeaders)],
        exception_handlers={404: nothing, AudienceError: fault},
    )  # fmt: skip
    app.state.closing = closing
    return app


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens.

    Raises:
        AudienceError: the address or port is not to be had.
    """
    try:
        # First, since a name that is none would leave an open socket behind.
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        both = host == "::" and socket.has_dualstack_ipv6()
        return socket.create_server(address[:2], family=family, backlog=BACKLOG, dualstack_ipv6=both)
    # A name that is none raises a TypeError or a UnicodeError.
    except (OSError, OverflowError, UnicodeError, TypeError) as error:
        raise AudienceError(f"nothing can be served at {host}, port {port}: {error}; name another --port") from error


def serve(app: Starlette, listener: socket.socket) -> None:
    """Serve until Ctrl+C or SIGTERM. The main thread.

    Raises:
        KeyboardInterrupt: at Ctrl+C, once all is closed.
        SystemExit: at SIGTERM.
    """

    def end(_: int, __: FrameType | None) -> None:
        # uvicorn raises the signal again when it has closed; without this the process ended before its owner cleans up.
        sys.exit(TERMINATED)

    signal.signal(signal.SIGTERM, end)
    make_server(app).run(sockets=[listener])


class Server(uvicorn.Server):
    """Tells the application that it ends before it waits for the last answers. One event loop."""

    def __init__(self, config: uvicorn.Config, closing: Closing) -> None:
        super().__init__(config)
        self._closing = closing

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Let go of what waits, and end."""
        self._closing.begin()
        await super().shutdown(sockets)


def make_server(app: Starlette) -> uvicorn.Server:
    """Return the server of an application; it writes no log of requests, since addresses are keys."""
    config = uvicorn.Config(
        app, log_config=None, log_level="warning", access_log=False, server_header=False, lifespan="on",
        limit_concurrency=MOST_CONNECTIONS, timeout_keep_alive=10, timeout_graceful_shutdown=CLOSE_S,
        # A proxy on this machine says whom it speaks for; others' word is not taken.
        proxy_headers=True, forwarded_allow_ips="127.0.0.1",
    )  # fmt: skip
    return Server(config, app.state.closing)


async def _delete_due(evening: Evening) -> None:
    """Delete whose hour has come, for as long as the server runs; a deletion that fails is tried again."""
    faults = Faults(log)
    while True:
        await asyncio.sleep(DELETION_S)
        try:
            await to_thread.run_sync(evening.deletion.delete_due, evening.now())
        except (AudienceError, OSError) as error:
            faults.tell("the deletion", error, trace=False)
