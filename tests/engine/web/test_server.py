"""The web server over real sockets: what each address gets, and from whom nothing is taken."""

import gzip
import http.client
import socket

import pytest
from tests.engine.web.conftest import Rig
from websockets.exceptions import InvalidStatus

from likeness.errors import InputError
from likeness.web.server import WebServer

BROWSER = {"Accept": "text/html,application/xhtml+xml"}


def get(
    server: WebServer, path: str, headers: dict[str, str] | None = None
) -> tuple[int, http.client.HTTPMessage, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20.0)
    try:
        connection.request("GET", path, headers=headers or {})
        response = connection.getresponse()
        return response.status, response.headers, response.read()
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("path", "headers", "kind"),
    [
        ("/", BROWSER, "text/html; charset=utf-8"),
        ("/desk", {}, "text/html; charset=utf-8"),
        ("/page/index.html", {}, "text/html; charset=utf-8"),
        ("/", {}, "application/json"),
        ("/?HOST_INFO", BROWSER, "application/json"),
        ("/walk/speed", BROWSER, "application/json"),
        ("/status", {}, "application/json"),
        ("/health", {}, "application/json"),
        ("/picture/cue/main/5?3", {}, "image/jpeg"),
        ("/picture/past/2.0", {}, "image/jpeg"),
        ("/frame.jpg?width=64", {}, "image/jpeg"),
        ("/report.zip", {}, "application/zip"),
    ],
)
def test_each_address_gets_its_kind_of_answer(server: WebServer, path: str, headers: dict[str, str], kind: str) -> None:
    status, told, content = get(server, path, headers)
    assert (status, told["Content-Type"]) == (200, kind)
    assert content
    assert "default-src 'none'" in told["Content-Security-Policy"]


def test_a_show_that_is_not_well_is_told_by_the_status_of_http(server: WebServer, rig: Rig) -> None:
    assert get(server, "/health")[0] == 200
    rig.well = False
    status, _, content = get(server, "/health")
    assert (status, content) == (503, b'{"state": "ok"}')


@pytest.mark.parametrize(
    "path",
    [
        *("/page/", "/page/../server.py", "/page/%2e%2e/server.py", "/page/nothing.js", "/page/index.html/"),
        *("/picture/cue/main/6", "/picture/cue/../5", "/picture/past/x", "/picture/past/3.0", "/picture/", "/walk/no"),
    ],
)
def test_what_is_not_there_is_not_found(server: WebServer, path: str) -> None:
    assert get(server, path)[0] == 404


def test_a_page_that_a_browser_has_is_not_sent_again(server: WebServer) -> None:
    tag = get(server, "/desk")[1]["ETag"]
    status, _, content = get(server, "/desk", {"If-None-Match": tag})
    assert (status, content) == (304, b"")


def test_a_page_is_packed_for_a_browser_that_can_unpack_it(server: WebServer) -> None:
    status, headers, content = get(server, "/page/style.css", {"Accept-Encoding": "gzip, deflate"})
    assert (status, headers["Content-Encoding"]) == (200, "gzip")
    plain = get(server, "/page/style.css")
    assert "Content-Encoding" not in plain[1]
    assert len(content) < len(plain[2]) / 2
    assert gzip.decompress(content) == plain[2]


@pytest.mark.parametrize("host", ["evil.example", "evil.example:9001", "127.0.0.1.evil.example", ""])
def test_a_name_that_is_not_this_machines_is_refused(server: WebServer, host: str) -> None:
    for path in ("/", "/status", "/page/index.html", "/frame.jpg"):
        assert get(server, path, {"Host": host})[0] in (400, 403)


@pytest.mark.parametrize("body", [None, b"x" * 300_000], ids=["plain", "with a body"])
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_only_reading_is_answered(server: WebServer, method: str, body: bytes | None) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20.0)
    connection.request(method, "/status", body)
    response = connection.getresponse()
    assert (response.status, response.headers["Allow"]) == (405, "GET, HEAD")
    assert response.read() == b"GET and HEAD alone, without a body\n"
    connection.close()


def test_a_get_with_a_body_is_told_so(server: WebServer) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20.0)
    connection.request("GET", "/status", b"x")
    assert connection.getresponse().status == 400
    connection.close()


@pytest.mark.parametrize(
    "path",
    ["/status", "/health", "/page/style.css", "/frame.jpg", "/stream.mjpg", "/", "/nothing", "/picture/cue/main/5"],
)
def test_head_is_answered_as_get_without_the_content(server: WebServer, path: str) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20.0)
    connection.request("HEAD", path)
    head = connection.getresponse()
    assert head.read() == b""
    connection.close()
    if path == "/stream.mjpg":
        assert (head.status, head.headers["Content-Type"]) == (200, "multipart/x-mixed-replace; boundary=picture")
        return
    connection.request("GET", path)
    whole = connection.getresponse()
    assert (head.status, head.headers.items()) == (whole.status, whole.headers.items())
    assert int(head.headers["Content-Length"]) == len(whole.read())
    connection.close()


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("/frame.jpg?width=abc", "width=abc is not taken; width is 16 to 1024 px"),
        ("/frame.jpg?width=-5", "width=-5 is not taken; width is 16 to 1024 px"),
        ("/frame.jpg?width=", "width= is not taken; width is 16 to 1024 px"),
        ("/stream.mjpg?rate=nan", "rate=nan is not taken; rate is 0.1 to 30 pictures a second"),
        ("/stream.mjpg?rate=15&width=1e9", "width=1e9 is not taken; width is 16 to 1024 px"),
    ],
)
def test_a_number_out_of_its_range_is_refused_with_the_range(server: WebServer, address: str, words: str) -> None:
    status, _, content = get(server, address)
    assert (status, content.decode()) == (400, f"{words}\n")


def test_what_is_refused_is_refused_whatever_it_asks(server: WebServer) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20.0)
    connection.request("OPTIONS", "/status", headers={"Host": "evil.example"})
    assert connection.getresponse().status == 403
    connection.close()


def test_a_socket_from_another_site_is_refused(server: WebServer, rig: Rig) -> None:
    for path in ("/socket", "/"):
        with pytest.raises(InvalidStatus, match="403"), rig.page(path, origin="http://evil.example"):
            pass
    with rig.page(origin=f"http://127.0.0.1:{server.port}") as page:
        assert page.hear("hello")


def test_a_port_that_is_taken_gives_way_to_the_next_and_not_where_it_must_be_exact(server: WebServer) -> None:
    def fail() -> None:
        raise RuntimeError("no services")

    second = WebServer(lambda access: fail(), server.port, load_codes=fail, exact=True)  # type: ignore[arg-type]
    with pytest.raises(InputError, match=rf"port {server.port} .*--web-port"):
        second.start()
    third = WebServer(lambda access: fail(), server.port, load_codes=fail)  # type: ignore[arg-type]
    with pytest.raises(RuntimeError, match="no services"):
        third.start()
    assert third.port > server.port
    # What it had opened is closed again.
    with socket.create_server(("127.0.0.1", third.port)):
        pass
