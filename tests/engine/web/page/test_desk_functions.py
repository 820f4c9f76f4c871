"""The page's pure functions, called in one tab: what fits where, what is picked, how things are read and written."""

import itertools
import json
import math
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tests.engine.web.page.chromium import Chromium
from tests.engine.web.page.quiet_desk import QuietDesk

from likeness.parameters.lfo_shapes import SHAPES
from likeness.params import Float, Int

Call = Callable[..., list[Any]]


@pytest.fixture(scope="module")
def call(browser: Chromium, told: QuietDesk) -> Iterator[Call]:
    """Return a caller of a function of the `page` with many lists of arguments; it returns what each call did."""
    tab = browser.tab()
    tab.open(told.url)

    def call(function: str, *arguments: list[Any]) -> list[Any]:
        code = f"{json.dumps(arguments)}.map((each) => ({function})(...each))"
        return list(tab.evaluate(f"import('/page/page.js').then((page) => {code})"))

    yield call
    tab.pump()
    assert tab.faults == []
    browser.close_tab(tab)


def test_a_grid_fits_its_box_and_holds_all_cues(call: Call) -> None:
    boxes = [[width, height] for width in range(200, 1300, 37) for height in range(120, 900, 41)]
    for (width, height), grid in zip(boxes, call("page.cues.fitGrid", *boxes), strict=True):
        columns, rows, (wide, high) = grid["columns"], grid["rows"], grid["cell"]
        assert columns * rows * grid["pages"] == 64
        pager = 48 if grid["pages"] > 1 else 0
        assert columns * (wide + 4) - 4 <= width - (pager if grid["sideways"] else 0)
        assert rows * (high + 4) - 4 <= height - (0 if grid["sideways"] else pager)
        assert wide > 20
        assert max(wide / high, high / wide) < 1.4
        # The buttons of the pages fit beside the grid.
        if grid["sideways"] and grid["pages"] > 1 and not grid["turns"]:
            assert grid["pages"] * 48 - 4 <= height


def test_a_larger_box_never_has_more_pages(call: Call) -> None:
    for size in range(240, 900, 60):
        grids = call("page.cues.fitGrid", *([size + more, size + more] for more in range(0, 400, 50)))
        pages = [grid["pages"] for grid in grids]
        assert pages == sorted(pages, reverse=True)


def test_faces_of_the_past_are_evenly_spread_and_the_nearest_there_are(call: Call) -> None:
    times = [second + 0.25 * (second % 3) for second in range(900)]
    cases = [
        [times, now, span, count] for now in (3.5, 61.0, 599.9, 890.4) for span in (30, 60, 600) for count in (1, 7)
    ]
    for (_, now, span, count), picked in zip(cases, call("page.past.pickTimes", *cases), strict=True):
        step = span / count
        assert picked
        assert len(picked) <= count + 1
        for at, time in picked:
            assert now - span - step <= at <= now
            wanted = min(at + step / 2, now)
            assert abs(time - wanted) == min(abs(each - wanted) for each in times) <= max(step / 2, 1)
        slots = [at for at, _ in picked]
        assert all(b - a == pytest.approx(step) for a, b in itertools.pairwise(slots))


def test_faces_of_the_past_wander_on_and_are_not_drawn_anew(call: Call) -> None:
    times = [float(second) for second in range(200)]
    frames = call("page.past.pickTimes", *([times, 100 + tick / 10, 60, 8] for tick in range(100)))
    for before, after in itertools.pairwise(frames):
        # All but the newest, which stands for a time that goes on.
        assert dict(before[:-1]).items() <= {**dict(before[:1]), **dict(after)}.items()


def test_no_past_is_no_face(call: Call) -> None:
    assert call("page.past.pickTimes", [[], 10, 60, 8], [[5.0], 500, 60, 8]) == [[], []]


PICTURES = [
    ({"connection": "gone", "black": True}, ["gone", "no show"]),
    ({"black": True, "level": 0.4}, ["black", "going black"]),
    ({"black": True, "level": 0}, ["black", "black"]),
    ({"black": True, "level": 0, "frozen": True}, ["black", "black, frozen"]),
    ({"brightness": 0.01}, ["black", "brightness 0"]),
    ({"frozen": True}, ["frozen", "frozen"]),
    ({"frozen": True, "drawn": False}, ["frozen", "frozen"]),
    ({"drawn": False}, ["old", "no new pictures"]),
    ({"level": 0.5}, ["live", "coming back"]),
    ({}, ["live", "live"]),
]


def test_what_the_audience_sees_is_told_by_the_worst_that_is_true(call: Call) -> None:
    asked = []
    for told, _ in PICTURES:
        status = {"master": {"level": told.get("level", 1)}, "drawn": told.get("drawn", True)}
        asked.append([{"connection": "open", "brightness": 1, **told, "status": status}])
    assert call("page.preview.describePicture", *asked) == [words for _, words in PICTURES]
    assert call("page.preview.describePicture", [{"connection": "open", "brightness": 1}]) == [["live", "live"]]


FADERS = [
    Float("a", 0.0),
    Float("b", 0.25, min=0.01, max=8.0, warp="exp"),
    Float("c", 0.0, min=-4.0, max=4.0),
    Int("d", 0, max=12),
]


def declare(param: Float | Int) -> dict[str, Any]:
    return {"kind": param.kind, "min": param.min, "max": param.max, "warp": getattr(param, "warp", "lin")}


def test_faders_stand_where_the_engine_has_them(call: Call) -> None:
    # Sevenths, since halves are rounded to even numbers by Python alone.
    shares = [share / 7 for share in range(8)]
    for param in FADERS:
        values = call("page.number.fromUnit", *([declare(param), share] for share in shares))
        assert values == pytest.approx([param.from_unit(share) for share in shares])
        back = call("page.number.toUnit", *([declare(param), value] for value in values))
        assert back == pytest.approx([param.to_unit(value) for value in values])


TYPED = [
    ("0.3", "", 1, 0.3),
    ("30%", "", 1, 0.3),
    (" 0,3 ", "", 1, 0.3),
    ("1.5 Hz", "Hz", 2, 1.5),
    ("200 ms", "s", 2, 0.2),
    ("9", "", 2, 2.0),
    (".5e0", "", 2, 0.5),
    ("-3", "", 2, 0.0),
]


def test_typed_values_are_read_as_somebody_means_them(call: Call) -> None:
    asked = [[{"kind": "float", "min": 0, "max": most, "unit": unit}, text] for text, unit, most, _ in TYPED]
    assert call("page.number.parseTyped", *asked) == pytest.approx([value for *_, value in TYPED])


def test_what_is_written_is_read_again_as_the_same_number(call: Call) -> None:
    for param in FADERS:
        told = {**declare(param), "unit": ""}
        written = call("page.number.spoken", *([told, param.from_unit(share / 9)] for share in range(10)))
        again = call(
            "page.number.spoken",
            *([told, value] for value in call("page.number.parseTyped", *([told, text] for text in written))),
        )
        assert again == written


def test_names_are_written_without_the_unit_beside_their_number(call: Call) -> None:
    named = call(
        "page.number.nameOf",
        [{"name": "budget_ms", "unit": "ms"}],
        [{"name": "fade_in", "unit": "s"}],
        [{"name": "ms", "unit": "ms"}],
    )
    assert named == ["budget", "fade in", "ms"]


GROUPS = [
    {"owner": "master", "title": "master", "plugin": False, "params": [{"name": "blackout", "help": "Fade to black."}]},
    {
        "owner": "random_walk",
        "title": "random walk",
        "plugin": True,
        "params": [{"name": "speed", "help": "How fast."}, {"name": "push_by", "help": "A black one."}],
    },
]


def test_the_filter_keeps_what_has_every_word_and_puts_plugins_first(call: Call) -> None:
    found = call(
        "page.params.filterGroups",
        *([GROUPS, typed] for typed in ("", "BLACK", "walk push", "push-walk", "fast speed")),
    )
    names = [[param["name"] for group in groups for param in group["params"]] for groups in found]
    assert names == [["speed", "push_by", "blackout"], ["push_by", "blackout"], ["push_by"], [], ["speed"]]


def test_the_first_pads_are_two_faders_of_the_first_plugin_that_has_two(call: Call) -> None:
    def group(owner: str, kinds: list[str], plugin: bool = True) -> dict[str, Any]:
        params = [{"address": f"{owner}.{at}", "name": str(at), "kind": kind} for at, kind in enumerate(kinds)]
        return {"owner": owner, "plugin": plugin, "params": params}

    groups = [
        group("show", ["float", "float"], False),
        group("a", ["float", "bool"]),
        group("b", ["bool", "int", "float"]),
    ]
    two = {"x": "direction_pad.x", "y": "direction_pad.y"}
    assert call("page.pad.firstPads", [groups], [[]]) == [[{"x": "b.1", "y": "b.2"}, two], [two]]


def test_pictures_of_cues_are_found_in_banks_of_any_name(call: Call) -> None:
    asked = (
        ["main", "5", {"picture": 7}],
        ["a b/c?", "5", {"picture": 0}],
        ["main", "5", {"picture": None}],
        ["main", "5"],
    )
    assert call("page.cues.pictureOf", *map(list, asked)) == [
        "/picture/cue/main/5?7",
        "/picture/cue/a%20b%2Fc%3F/5?0",
        None,
        None,
    ]


@pytest.mark.parametrize("shape", ["sine", "triangle", "saw", "square"])
def test_curves_are_drawn_as_the_show_plays_them(shape: str, call: Call) -> None:
    phases = [number / 16 + 0.01 for number in range(40)]
    drawn = call(f"page.shapes.SHAPES.{shape}", *([phase] for phase in phases))
    assert drawn == pytest.approx([SHAPES[shape](phase, 0) for phase in phases])


@pytest.mark.parametrize("shape", ["hold", "smooth"])
def test_random_shapes_are_drawn_as_what_they_are(shape: str, call: Call) -> None:
    values = call(f"page.shapes.SHAPES.{shape}", [0], [0.4], [0.9], [1], [1.4])
    assert all(0 <= value <= 1 for value in values)
    # One holds its value for a cycle, the other is on its way to the next.
    assert (values[0] == values[1] == values[2]) == (shape == "hold")
    assert values[2] != values[3]


def test_the_curve_of_what_listens_rises_and_falls_within_its_bounds(call: Call) -> None:
    for attack, release in ((0.001, 0.3), (0.5, 0.01), (60, 60)):
        told = {"source": "audio", "attack": attack, "release": release}
        heights = call(f"page.shapes.curveOf({json.dumps(told)})", *([x / 50] for x in range(51)))
        assert all(math.isfinite(height) and 0 <= height <= 1 for height in heights)
        top = heights.index(max(heights))
        assert heights[: top + 1] == sorted(heights[: top + 1])
        assert heights[top:] == sorted(heights[top:], reverse=True)
