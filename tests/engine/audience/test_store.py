"""The store: a folder, or another place of fsspec, under names that say nothing."""

from pathlib import Path

import pytest

from likeness.audience.store import Store
from likeness.errors import AudienceError


@pytest.mark.parametrize("url", ["folder", "memory://night"])
def test_a_file_is_kept_under_a_name_that_nobody_guesses_until_it_is_removed(tmp_path: Path, url: str) -> None:
    store = Store(str(tmp_path / "files") if url == "folder" else url)
    names = [store.put("photos", b"photo", ".jpg") for _ in range(2)]
    assert names[0] != names[1]
    assert len(names[0]) == len("photos/") + 48 + len(".jpg")
    assert store.get(names[0]) == b"photo"
    assert set(names) <= set(store.list())
    assert all(came > 1.7e9 for came in store.list().values())
    assert all(store.remove(name) for name in names)
    assert not set(names) & set(store.list())
    assert store.remove(names[0])
    with pytest.raises(AudienceError, match="not in the store"):
        store.get(names[0])


def test_a_place_that_cannot_be_used_is_refused_in_a_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    for url in ("nosuch://bucket/night", str(tmp_path / "file" / "folder")):
        with pytest.raises(AudienceError, match="name another --storage"):
            Store(url)
