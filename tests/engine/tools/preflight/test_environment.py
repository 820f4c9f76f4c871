"""What is checked beside the picture: the audience's server."""

from dataclasses import replace
from pathlib import Path

import pytest
from tests.engine.audience.served import Served

from likeness.audience.night import NightPlan
from likeness.audience.stage_routes import stage_key
from likeness.options import QUIET
from likeness.show.audience import KEY_VARIABLE
from likeness.tools.preflight.environment import check_audience
from likeness.tools.preflight.finding import Verdict


def test_a_server_that_answers_is_good_and_one_that_is_gone_or_knows_no_such_key_is_less(tmp_path: Path) -> None:
    served = Served(tmp_path, NightPlan(stage=True))
    options = replace(QUIET, audience=served.url, audience_key=stage_key(served.evening))
    try:
        assert check_audience(options).verdict == Verdict.GOOD
        wrong = check_audience(replace(options, audience_key="0" * 40))
        assert (wrong.verdict, "does not know the key" in wrong.text) == (Verdict.LESS, True)
    finally:
        served.close()
    gone = check_audience(options)
    assert (gone.verdict, "does not answer" in gone.text) == (Verdict.LESS, True)


def test_a_show_for_an_audience_does_not_start_without_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(KEY_VARIABLE, raising=False)
    finding = check_audience(replace(QUIET, audience="http://127.0.0.1:9/"))
    assert (finding.verdict, "--audience-key" in finding.text) == (Verdict.STOPS, True)
