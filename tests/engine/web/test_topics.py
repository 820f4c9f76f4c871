"""Topics: each page is told what it has not got, and no more."""

import json
from typing import Any

import pytest

from likeness.web.topics import Keyed, Lines, Topics, Whole


class Clock:
    at = 0.0

    def __call__(self) -> float:
        return self.at


def told(topics: Topics, version: int) -> dict[str, Any]:
    text = topics.text_since(version)
    return json.loads(text) if text else {}


def test_a_whole_topic_is_told_when_anything_in_it_changes() -> None:
    value = {"bpm": 120}
    topics = Topics([Whole("tempo", lambda: dict(value))])
    topics.refresh()
    assert told(topics, 0) == {"tempo": {"bpm": 120}}
    seen = topics.version
    topics.refresh()
    assert topics.version == seen
    assert told(topics, seen) == {}
    value["bpm"] = 121
    topics.refresh()
    assert told(topics, seen) == {"tempo": {"bpm": 121}}


def test_of_a_keyed_topic_only_what_changed_is_told_and_what_is_gone_as_none() -> None:
    values = {"a": 1, "b": 2}
    topics = Topics([Keyed("values", lambda: values)])
    topics.refresh()
    first = topics.version
    values["b"] = 3
    topics.refresh()
    second = topics.version
    del values["a"]
    topics.refresh()
    assert told(topics, second) == {"values": {"a": None}}
    assert told(topics, first) == {"values": {"a": None, "b": 3}}
    assert told(topics, 0) == {"values": {"b": 3}}


def test_lines_are_added_and_a_page_that_comes_late_gets_the_last_ones() -> None:
    lines: list[str] = []
    topics = Topics([Lines("log", lambda: (lines[-3:], len(lines)), most=2)])
    topics.refresh()
    assert told(topics, 0) == {}
    lines += ["one", "two", "three"]
    topics.refresh()
    seen = topics.version
    assert told(topics, 0) == {"log": ["two", "three"]}
    lines.append("four")
    topics.refresh()
    assert told(topics, seen) == {"log": ["four"]}


def test_a_topic_is_read_no_more_often_than_it_asks() -> None:
    clock, reads = Clock(), []
    topics = Topics([Whole("slow", lambda: reads.append(1) or len(reads), 1.0)], clock)
    for at in (0.0, 0.3, 0.9, 1.0, 1.1):
        clock.at = at
        topics.refresh()
    assert len(reads) == 2


def test_a_topic_that_raises_keeps_no_other_from_being_told() -> None:
    def fail() -> None:
        raise RuntimeError("no rack")

    topics = Topics([Whole("rack", fail), Whole("tempo", lambda: 120)])
    with pytest.raises(RuntimeError, match="no rack"):
        topics.refresh()
    assert told(topics, 0) == {"tempo": 120}
