"""The texts: whole in all three languages, chosen by the phone, with versions of what is agreed to."""

import re
from pathlib import Path

import pytest

from likeness.audience.states import Reason, State
from likeness.audience.texts import CONSENTS, FOLDER, LANGUAGES, Texts, choose_language
from likeness.errors import AudienceError


def headings(language: str) -> list[str]:
    return re.findall(r"^## (.+)$", (FOLDER / f"{language}.md").read_text(encoding="utf-8"), re.MULTILINE)


def test_every_language_has_every_text_and_every_state_and_reason_has_one() -> None:
    assert {language: headings(language) for language in LANGUAGES} == dict.fromkeys(LANGUAGES, headings("en"))
    wanted = {f"state-{state}" for state in State if state is not State.DELETED}
    assert wanted | {f"reason-{reason}" for reason in Reason} <= set(headings("en"))
    texts = Texts()
    for language in LANGUAGES:
        assert all(texts.plain(language, key) for key in headings("en"))


def test_what_is_filled_in_is_the_same_in_all_languages() -> None:
    texts = Texts()

    def filled(language: str) -> dict[str, list[str]]:
        return {key: re.findall(r"\{\w+\}", texts.plain(language, key)) for key in headings("en")}

    assert filled("nl") == filled("de") == filled("en")


@pytest.mark.parametrize(
    ("asked", "accepted", "language"),
    [
        ("", "", "en"),
        ("", "nl-NL,nl;q=0.9,en;q=0.8", "nl"),
        ("", "fr-FR,fr;q=0.9,de;q=0.4,en;q=0.3", "de"),
        ("", "de;q=0,nl;q=0.1", "nl"),
        ("", "*;q=x,;;;,nl;q=9", "en"),
        ("de", "nl", "de"),
        ("xx", "nl", "nl"),
    ],
)
def test_the_language_is_that_of_the_link_else_of_the_phone(asked: str, accepted: str, language: str) -> None:
    assert choose_language(asked, accepted) == language


def test_a_house_replaces_single_texts_and_the_version_of_a_consent_changes_with_its_words(tmp_path: Path) -> None:
    own = tmp_path / "nl.md"
    own.write_text("# Ons huis\n\n## title\n\nKom binnen\n\n## consent-stage\n\nIk wil **op** het podium.\n")
    ours, theirs = Texts(), Texts(tmp_path)
    assert theirs.plain("nl", "title") == "Kom binnen"
    assert theirs.plain("nl", "send") == ours.plain("nl", "send")
    assert theirs.plain("en", "title") == ours.plain("en", "title")
    agreed = theirs.consent("nl", "stage")
    assert agreed.text == "Ik wil **op** het podium."
    versions = {
        texts.consent(language, kind).version for texts in (ours, theirs) for language in LANGUAGES for kind in CONSENTS
    }
    assert len(versions) == 7
    own.write_text("## tittle\n\nKom binnen\n")
    with pytest.raises(AudienceError, match="heading 'tittle'"):
        Texts(tmp_path)


def test_a_text_cannot_bring_tags_or_scripts_into_the_page(tmp_path: Path) -> None:
    (tmp_path / "en.md").write_text("## intro\n\n<script>x</script> [a](javascript:alert(1)) {name} **bold**\n")
    html = Texts(tmp_path).html("en", "intro", name="<img src=x>")
    assert "<script" not in html
    assert "<img" not in html
    assert "href" not in html
    assert "<strong>bold</strong>" in html
