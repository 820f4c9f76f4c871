"""A plugin that was written for the version before goes on to play, and is told where things are now."""

import importlib
import sys
from collections.abc import Iterator

import pytest
import torch

from likeness.toolkit.moved import MOVED, support_old_paths


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    """Import the old paths anew in each test: they warn at the import alone."""
    yield
    for name in MOVED:
        sys.modules.pop(name, None)


@pytest.mark.parametrize("name", MOVED)
def test_an_old_path_warns_and_has_all_that_the_new_one_has(name: str) -> None:
    with pytest.warns(FutureWarning, match=f"{name} is {MOVED[name].module} now"):
        old = importlib.import_module(name)
    new = importlib.import_module(MOVED[name].module)
    assert {key for key in vars(new) if not key.startswith("_")} <= set(vars(old))
    for before, entry in MOVED[name].names.items():
        thing = getattr(old, before)
        assert thing is getattr(new, entry.name) or issubclass(thing, getattr(new, entry.name))
        for member, now in entry.members.items():
            assert getattr(thing, member) is getattr(thing, now)


def test_the_old_methods_do_what_the_new_ones_do() -> None:
    with pytest.warns(FutureWarning):
        crossfade = importlib.import_module("likeness.crossfade").Crossfade()
    start, goal = torch.zeros(1, 2, 3), torch.ones(1, 2, 3)
    assert crossfade.toward(start, 0.1, 1.0) is start
    crossfade.leave()
    assert 0 < float(crossfade.toward(goal, 0.5, 1.0).mean()) < 1
    assert crossfade.under_way


def test_a_name_that_never_was_is_not_found() -> None:
    support_old_paths()
    support_old_paths()
    assert [type(finder).__name__ for finder in sys.meta_path].count("_OldPaths") == 1
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("likeness.nobody")


def test_classes_renamed_in_their_place_are_found_under_their_old_names() -> None:
    from likeness import picture
    from likeness.projection import worker

    with pytest.warns(FutureWarning, match="SearchRequest now"):
        assert worker.Order is worker.SearchRequest
    with pytest.warns(FutureWarning, match="ProjectionWorker now"):
        assert worker.Searcher is worker.ProjectionWorker
    with pytest.warns(FutureWarning, match="write_picture now"):
        assert picture.write_png is picture.write_picture
