"""The operator's page by HTTP: who may see it, and what its buttons do."""

import csv
import io

import pytest
from sqlalchemy import select
from tests.engine.audience.served import Phone, Served, signature

from likeness.audience.states import State
from likeness.audience.tables import Night, Visitor


def act(operator: Phone, name: str, *numbers: int, **fields: str) -> int:
    form = signature(operator.ask("/operator").text)
    body = "&".join([f"form={form}&act={name}", *(f"number={number}" for number in numbers)])
    body += "".join(f"&{key}={value}" for key, value in fields.items())
    return operator.ask("/operator/act", body.encode(), Content_Type="application/x-www-form-urlencoded").status


def waiting(served: Served) -> int:
    _, number = served.come()
    served.work()
    return number


@pytest.mark.parametrize("path", ["/operator", "/operator/grid", "/operator/photo/1.jpg", "/operator/consents.csv"])
def test_without_the_link_nobody_sees_anything_of_it(served: Served, path: str) -> None:
    phone = served.phone()
    assert phone.ask(path).status == 403
    phone.cookies["likeness_operator"] = "0" * 40
    assert phone.ask(path).status == 403
    assert phone.ask("/operator/act", b"act=pause", Content_Type="application/x-www-form-urlencoded").status == 403


def test_wrong_codes_are_refused_and_slowed_down(served: Served) -> None:
    phone = served.phone()
    answers = [phone.ask(f"/operator?code={number}") for number in range(12)]
    assert {answer.status for answer in answers} == {403}
    assert "Wait a minute" in answers[-1].text
    assert phone.cookies == {}


def test_the_link_gives_a_cookie_and_leaves_no_code_in_the_address(served: Served) -> None:
    operator = served.operator()
    assert operator.ask("/operator").status == 200
    assert "likeness_operator" in operator.cookies


def test_visitors_are_approved_refused_undone_and_banned(served: Served) -> None:
    operator = served.operator()
    first, second, third = (waiting(served) for _ in range(3))
    assert operator.ask("/operator").text.count('class="card"') == 3
    assert operator.ask(f"/operator/photo/{first}.jpg").body.startswith(b"\xff\xd8\xff")
    assert act(operator, "approve", first, second) == 303
    assert act(operator, "refuse", third) == 303
    states = [served.guests.state(number) for number in (first, second, third)]
    assert states == [State.QUEUED, State.QUEUED, State.REFUSED]
    assert act(operator, "undo") == 303
    assert served.guests.state(third) is State.WAITING
    assert act(operator, "ban", third) == 303
    assert served.guests.state(third) is State.REFUSED
    assert "banned" in operator.ask("/operator?show=refused").text
    assert act(operator, "undo") == 303
    assert act(operator, "refuse", third) == 303


def test_intake_and_moderation_are_switched_and_a_form_of_another_page_is_not_taken(served: Served) -> None:
    operator = served.operator()

    def settings() -> tuple[bool, bool]:
        with served.evening.database.reading() as session:
            night = session.scalars(select(Night)).one()
            return night.paused, night.moderation

    assert act(operator, "pause") == 303
    assert settings() == (True, True)
    assert act(operator, "resume") == 303
    assert act(operator, "publish") == 303
    assert settings() == (False, False)
    assert act(operator, "moderate") == 303
    assert settings() == (False, True)
    assert operator.post("/operator/act", act="pause", form="0" * 40).status == 403
    assert act(operator, "no-such-act") == 422
    assert settings() == (False, True)


def test_to_the_stage_says_why_it_has_no_effect(served: Served) -> None:
    operator, number = served.operator(), waiting(served)
    form = signature(operator.ask("/operator").text)
    answer = operator.post("/operator/act", form=form, act="hurry", number=str(number))
    assert "start the server with --stage" in operator.ask(answer.headers["location"]).text
    with served.evening.database.writing() as session:
        session.get_one(Night, 1).stage = True
    answer = operator.post("/operator/act", form=form, act="hurry", number=str(number))
    assert "who is not approved" in operator.ask(answer.headers["location"]).text
    assert act(operator, "approve", number) == 303
    answer = operator.post("/operator/act", form=form, act="hurry", number=str(number))
    assert answer.headers["location"] == "/operator?show=waiting"
    with served.evening.database.writing() as session:
        session.get_one(Night, 1).stage = False


def test_the_export_tells_what_was_agreed_to_word_by_word(served: Served) -> None:
    operator, (_, number) = served.operator(), served.come(language="nl", agree_stage="")
    table = list(csv.DictReader(io.StringIO(operator.ask("/operator/consents.csv").text)))
    own = [row for row in table if row["visitor"] == str(number)]
    assert [(row["kind"], row["language"]) for row in own] == [("compare", "nl")]
    assert own[0]["text"] == served.evening.texts.consent("nl", "compare").text
    assert own[0]["agreed_at"].endswith("Z")


def test_the_night_is_deleted_only_where_the_word_was_typed(served: Served) -> None:
    operator, number = served.operator(), waiting(served)
    assert act(operator, "delete-night") == 422
    assert act(operator, "delete-night", word="delete") == 422
    assert served.guests.state(number) is State.WAITING
    assert act(operator, "delete-night", word="DELETE") == 303
    assert served.guests.state(number) is State.DELETED
    assert served.evening.store.list() == {}


def test_a_photo_that_may_show_nudity_is_marked_and_the_others_are_not(served: Served) -> None:
    operator = served.operator()
    first, second = waiting(served), waiting(served)
    with served.evening.database.writing() as session:
        session.get_one(Visitor, first).nudity = 0.934
        session.get_one(Visitor, second).nudity = 0.1
    page = operator.ask("/operator").text
    assert page.count("nudity") == page.count("nudity 93 %") == 1
    assert page.index(f'data-number="{second}"') < page.index(f'data-number="{first}"')
