from http import HTTPStatus

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.engine.web.requests_sent import EVERYWHERE, LAN_HOST, TABLET, Headers, access, local, remote


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1:9001",
        "127.0.0.1",
        "localhost:9001",
        "LocalHost:9001",
        "localhost.:9001",
        "[::1]:9001",
        "[0:0:0:0:0:0:0:1]:9001",
        "192.168.0.5:9001",
        "stage:9001",
        "STAGE.local.:9001",
    ],
)
def test_a_host_that_only_this_machine_can_have_is_let_in(host: str) -> None:
    assert local({"Host": host}).role == "desk"


@pytest.mark.parametrize(
    "host",
    [
        "",
        "evil.example",
        "evil.example:9001",
        "localhost.evil.example:9001",
        "127.0.0.1.evil.example",
        "evil.localhost:9001",
        "stage.evil.example",
        "stage..:9001",
        ".localhost",
        "127.0.0.1:9002",
        "127.0.0.1:",
        "127.0.0.1:0",
        "127.0.0.1:99999",
        "127.0.0.1:+9001",
        "127.0.0.1:９００１",
        "127.0.0.1.:9001",
        "127.1",
        "0x7f000001",
        "0x7f.1",
        "2130706433",
        "0177.0.0.1",
        "0.0.0.0:9001",
        "[::]:9001",
        "::1",
        "[127.0.0.1]:9001",
        "[::1",
        "[::1]9001",
        "[::1%25lo]:9001",
        "user@127.0.0.1:9001",
        "127.0.0.1:9001/evil",
        "127.0.0.1:9001,evil.example",
        "127.0.0.1 evil.example",
        "ｌocalhost",
    ],
)
def test_any_other_host_is_refused(host: str) -> None:
    verdict = local({"Host": host})
    assert (verdict.role, verdict.status) == (None, HTTPStatus.FORBIDDEN)


def test_a_request_without_a_host_or_with_two_is_refused() -> None:
    twice = Headers({"Host": "127.0.0.1:9001"}, {"Host": "127.0.0.1:9001"})
    for headers in (Headers(), twice):
        assert access().judge("/", headers, "127.0.0.1").status is HTTPStatus.FORBIDDEN


@pytest.mark.parametrize("socket", [True, False])
@pytest.mark.parametrize(
    ("origin", "let_in"),
    [
        ("http://127.0.0.1:9001", True),
        ("HTTP://127.0.0.1:9001", True),
        ("http://localhost:9001", False),
        ("http://127.0.0.1", False),
        ("http://127.0.0.1:9002", False),
        ("http://evil.example", False),
        ("http://evil.example:9001", False),
        ("http://127.0.0.1:9001.evil.example", False),
        ("http://127.0.0.1:9001@evil.example", False),
        ("http://127.0.0.1:9001/", False),
        ("ws://127.0.0.1:9001", False),
        ("chrome-extension://abcdef", False),
        ("file://", False),
        ("null", False),
        ("", False),
    ],
)
def test_only_the_desks_own_page_is_an_origin(origin: str, let_in: bool, socket: bool) -> None:
    verdict = local({"Host": "127.0.0.1:9001", "Origin": origin}, socket=socket)
    assert verdict.role == ("desk" if let_in else None)
    assert local({"Host": "127.0.0.1:9001", "Origin": origin}, method="POST").role == verdict.role


def test_a_proxy_with_https_may_stand_before_the_desk() -> None:
    assert local({"Host": "stage.local", "Origin": "https://stage.local"}, socket=True).role == "desk"
    assert local({"Host": "stage.local", "Origin": "https://stage.local:443"}, socket=True).role == "desk"
    assert local({"Host": "stage.local", "Origin": "https://evil.example"}, socket=True).role is None


def test_two_origins_are_refused() -> None:
    own = {"Host": "127.0.0.1:9001", "Origin": "http://127.0.0.1:9001"}
    headers = Headers(own, {"Origin": "http://evil.example"})
    assert access().judge("/socket", headers, "127.0.0.1", socket=True).role is None


def test_another_site_may_link_to_the_desk_and_load_nothing_of_it() -> None:
    def fetched(site: str, mode: str, socket: bool = False) -> str | None:
        headers = {"Host": "localhost:9001", "Sec-Fetch-Site": site, "Sec-Fetch-Mode": mode}
        return local(headers, socket=socket).role

    assert fetched("cross-site", "navigate") == "desk"
    assert fetched("none", "navigate") == "desk"
    assert fetched("same-origin", "no-cors") == "desk"
    assert fetched("cross-site", "no-cors") is None
    # A page of another port of this machine is another program's.
    assert fetched("same-site", "no-cors") is None
    assert fetched("cross-site", "navigate", socket=True) is None


def test_a_proxys_request_for_another_host_is_refused() -> None:
    for target in ("http://evil.example/", "//evil.example/", "//[", "*", ""):
        assert local({"Host": "127.0.0.1:9001"}, target).role is None


def test_beyond_loopback_this_machine_plays_and_others_are_asked_for_the_code() -> None:
    open_to_all = access(EVERYWHERE)
    assert open_to_all.beyond_loopback
    for peer, host in (("127.0.0.1", "localhost:9001"), ("::1", "[::1]:9001"), ("::ffff:127.0.0.1", "127.0.0.1:9001")):
        assert open_to_all.judge("/", Headers({"Host": host}), peer).role == "desk"
    for path in ("/", "/status", "/frame.jpg", "/stream.mjpg", "/picture/cue/main/5", "/socket"):
        assert remote(open_to_all, path).status is HTTPStatus.UNAUTHORIZED
    # A page on this machine under a name that only the network knows is not known to be here.
    assert open_to_all.judge("/", Headers({"Host": LAN_HOST}), "127.0.0.1").role is None
    # Nor is another machine that says so, nor what came through a proxy.
    assert open_to_all.judge("/", Headers({"Host": "127.0.0.1:9001"}), TABLET).role is None
    proxied = Headers({"Host": "127.0.0.1:9001", "X-Forwarded-For": TABLET})
    assert open_to_all.judge("/", proxied, "127.0.0.1").role is None


TEXTS = st.text(max_size=60) | st.text(alphabet="0123456789abcdefx.:[]%@/\\-_ ,;=&?\t\r\nlocalhost\x00é", max_size=60)


@settings(max_examples=40)
@given(host=TEXTS, origin=TEXTS, cookie=TEXTS, path=TEXTS, peer=TEXTS)
def test_no_header_raises_or_lets_a_stranger_in(host: str, origin: str, cookie: str, path: str, peer: str) -> None:
    show = access(EVERYWHERE)
    assert show.judge(path, Headers({"Host": host, "Origin": origin, "Cookie": cookie}), TABLET).role is None
    stranger = Headers({"Host": LAN_HOST, "Cookie": f"likeness_9001={cookie}"})
    assert show.judge(f"/?code={path}", stranger, peer).role is None
    assert show.judge(f"/{path}", stranger, peer).role is None


@settings(max_examples=50)
@given(name=st.from_regex(r"[a-z0-9-]{1,20}(\.[a-z0-9-]{1,20}){0,3}\.?(:9001)?", fullmatch=True))
def test_no_name_but_this_machines_passes(name: str) -> None:
    bare = name.removesuffix(":9001").removesuffix(".")
    literal = bare == "127.0.0.1" or (bare.count(".") == 3 and bare.replace(".", "").isdigit())
    if bare not in ("stage", "stage.local", "localhost") and not literal:
        assert local({"Host": name}).role is None
