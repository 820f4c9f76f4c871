"""The file for Docker: what it starts are commands and options of this program, and addresses that it takes."""

import json
import re
import tomllib
from pathlib import Path

import pytest
from sqlalchemy import make_url

from likeness.audience.post_office import parse_mail_server
from likeness.cli import app

ROOT = Path(__file__).resolve().parent.parent
COMPOSE = (ROOT / "compose.yaml").read_text(encoding="utf-8")
# ${NAME}, or ${NAME:-default}.
VARIABLE = re.compile(r"\$\{(\w+):?-?([^}]*)\}")


def commands() -> list[list[str]]:
    """Return the commands of this program, with the defaults of their variables."""
    lists = [json.loads(found) for found in re.findall(r"command: (\[.*?\])", COMPOSE, re.DOTALL)]
    chosen = [words for words in lists if words[0] == "likeness"]
    return [[VARIABLE.sub(lambda found: found[2] or found[1], word) for word in words] for words in chosen]


@pytest.mark.parametrize("words", commands(), ids=lambda words: words[2])
def test_each_command_is_one_of_the_program_with_options_that_it_has(words: list[str]) -> None:
    command, bound, _ = app.parse_args(words[1:], exit_on_error=False, print_error=False)
    assert command.__name__ == words[2]
    assert make_url(bound.arguments["database"]).host == "database"
    assert bound.arguments["folder"] == Path("/night")
    if "smtp" in bound.arguments:
        parse_mail_server(bound.arguments["smtp"], bound.arguments["mail_from"], None, 0.0)


def test_the_services_that_addresses_name_are_there_and_each_volume_too() -> None:
    services, volumes = COMPOSE.split("\nvolumes:\n")
    assert {words[2] for words in commands()} == {"serve", "work"}
    assert set(re.findall(r"^  ([a-z]+):$", services, re.MULTILINE)) == {"database", "server", "worker", "mail"}
    used = set(re.findall(r"^      - ([a-z]+):/", services, re.MULTILINE))
    assert used == set(re.findall(r"^  ([a-z]+):$", volumes, re.MULTILINE))


def test_the_image_has_the_extra_and_a_driver_for_the_database() -> None:
    recipe = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    (extra,) = re.findall(r"/src\[(\w+)\]", recipe)
    assert extra in project["optional-dependencies"]
    assert "pg8000" in recipe
    (python,) = re.findall(r"FROM python:3\.(\d+)", recipe)
    low, high = re.findall(r"3\.(\d+)", project["requires-python"])
    assert int(low) <= int(python) < int(high)
