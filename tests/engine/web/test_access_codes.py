from base64 import b64encode
from hashlib import sha256
from http import HTTPStatus

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.engine.web.requests_sent import CODES, EVERYWHERE, HTML, Clock, access, local, remote

from likeness.web.access import MOST_WRONG_EACH, MOST_WRONG_IN_ALL, without_code
from likeness.web.codes import ALPHABET


@pytest.mark.parametrize("role", ["desk", "view"])
def test_the_link_pairs_a_browser_for_its_role(role: str) -> None:
    show = access("192.168.0.5")
    link = show.link("desk" if role == "desk" else "view")
    assert link.startswith("http://192.168.0.5:9001/?code=")
    sent_on = remote(show, link.removeprefix("http://192.168.0.5:9001"), HTML)
    headers = dict(sent_on.headers)
    assert (sent_on.role, sent_on.status, headers["Location"]) == (None, HTTPStatus.SEE_OTHER, "/")
    cookie, *attributes = headers["Set-Cookie"].split("; ")
    assert cookie.startswith("likeness_9001=")
    assert set(attributes) == {"Max-Age=604800", "Path=/", "HttpOnly", "SameSite=Lax"}
    assert remote(show, headers={"Cookie": f"theme=dark; {cookie}"}).role == role
    assert remote(show, "/socket", {"Cookie": cookie}, socket=True).role == role
    # The cookie of another show of this machine is not this one's.
    assert remote(show, headers={"Cookie": cookie.replace("9001", "9002")}).role is None
    # A code is no cookie and a cookie is no code.
    assert remote(show, headers={"Cookie": f"likeness_9001={CODES.desk.code}"}).role is None
    assert remote(show, f"/?code={cookie.partition('=')[2]}", HTML).role is None


def test_the_code_may_be_typed_as_people_type() -> None:
    show, code = access(EVERYWHERE), CODES.desk.code
    typed = f"{code[:4].lower()}-{code[4:].lower()}+"
    assert remote(show, f"/?code={typed}", HTML).status is HTTPStatus.SEE_OTHER


def test_a_program_without_cookies_shows_the_code_with_each_request() -> None:
    show = access(EVERYWHERE)
    assert remote(show, f"/stream.mjpg?width=512&code={CODES.view.code}").role == "view"
    assert remote(show, f"/socket?code={CODES.desk.code}", socket=True).role == "desk"
    assert remote(show, f"/?code={CODES.view.code}", {"Accept": "*/*"}).role == "view"
    assert without_code("/stream.mjpg?width=512&code=ABC&rate=5") == "/stream.mjpg?width=512&rate=5"
    assert without_code("/?code=ABC") == "/"
    assert without_code("/walk?VALUE") == "/walk?VALUE"
    assert without_code("/walk?codec=1") == "/walk?codec=1"


def test_wrong_codes_of_one_address_run_out_and_cookies_go_on() -> None:
    clock = Clock()
    show = access(EVERYWHERE, clock=clock)
    for _ in range(MOST_WRONG_EACH):
        assert remote(show, "/?code=WRONG", HTML).status is HTTPStatus.UNAUTHORIZED
    right = f"/?code={CODES.desk.code}"
    assert remote(show, right, HTML).status is HTTPStatus.TOO_MANY_REQUESTS
    assert remote(show, headers={"Cookie": f"likeness_9001={CODES.desk.cookie}"}).role == "desk"
    assert remote(show, right, HTML, peer="192.168.0.8").status is HTTPStatus.SEE_OTHER
    clock.seconds += 61
    assert remote(show, right, HTML).status is HTTPStatus.SEE_OTHER


def test_wrong_codes_of_many_addresses_run_out_too() -> None:
    show = access(EVERYWHERE)
    for number in range(MOST_WRONG_IN_ALL):
        remote(show, "/?code=WRONG", peer=f"10.0.0.{number}")
    assert remote(show, f"/?code={CODES.desk.code}", HTML, peer="10.1.0.1").status is HTTPStatus.TOO_MANY_REQUESTS


def test_one_machine_cannot_guess_from_all_its_ipv6_addresses() -> None:
    show = access("::")
    for number in range(MOST_WRONG_EACH):
        remote(show, "/?code=WRONG", peer=f"2001:db8:1:2::{number:x}")
    right = f"/?code={CODES.desk.code}"
    assert remote(show, right, HTML, peer="2001:db8:1:2:ffff::1").status is HTTPStatus.TOO_MANY_REQUESTS
    assert remote(show, right, HTML, peer="2001:db8:1:3::1").status is HTTPStatus.SEE_OTHER


def test_the_page_that_asks_says_where_the_code_is_and_runs_nothing() -> None:
    verdict = remote(access(EVERYWHERE), "/?code=<script>alert(1)</script>", HTML)
    headers = dict(verdict.headers)
    assert headers["Content-Type"].startswith("text/html")
    assert verdict.text.count("<input") == 1
    assert "press H" in verdict.text
    assert "alert" not in verdict.text
    style = verdict.text.partition("<style>")[2].partition("</style>")[0]
    assert (
        f"style-src 'sha256-{b64encode(sha256(style.encode()).digest()).decode()}';"
        in headers["Content-Security-Policy"]
    )
    assert "script-src 'self'" in headers["Content-Security-Policy"]
    assert CODES.desk.code not in verdict.text
    assert "<" not in remote(access(EVERYWHERE), "/status", {"Accept": "*/*"}).text


def test_every_answer_carries_the_security_headers() -> None:
    show = access(EVERYWHERE)
    verdicts = [
        local({"Host": "evil.example"}),
        remote(show),
        remote(show, "/", HTML),
        remote(show, f"/?code={CODES.desk.code}", HTML),
    ]
    for verdict in verdicts:
        names = [name for name, _ in verdict.headers]
        assert len(names) == len(set(names))
        assert {"Content-Security-Policy", "X-Content-Type-Options", "Referrer-Policy", "X-Frame-Options"} <= set(names)


def test_on_loopback_the_link_has_no_code() -> None:
    assert access("127.0.0.1").link() == "http://127.0.0.1:9001/"
    assert access("::1").link("view") == "http://[::1]:9001/"
    assert access("localhost").link() == "http://localhost:9001/"
    assert not access("localhost").beyond_loopback


def test_without_codes_nobody_from_another_machine_is_let_in() -> None:
    show = access(EVERYWHERE, codes=None)
    assert remote(show).role is None
    assert remote(show, "/?code=").role is None
    assert remote(show, headers={"Cookie": "likeness_9001="}).role is None


@settings(max_examples=50)
@given(code=st.text(alphabet=ALPHABET, min_size=8, max_size=8))
def test_no_code_but_the_two_is_taken(code: str) -> None:
    expected = {CODES.desk.code: "desk", CODES.view.code: "view"}.get(code)
    assert remote(access(EVERYWHERE), f"/status?code={code}").role == expected
