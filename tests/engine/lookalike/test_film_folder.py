"""The folder of films: what is refused before any work, and what a failure leaves."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from likeness.errors import LikenessError
from likeness.lookalike.film_folder import FilmFolder
from likeness.lookalike.film_page import PagePart, build_page
from likeness.picture import Picture


@pytest.mark.parametrize(("force", "name"), [(False, "out-3"), (True, "out")])
def test_where_a_file_is_there_all_goes_to_the_next_free_folder_unless_it_is_forced(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, force: bool, name: str
) -> None:
    there = tmp_path / "out" / "anna-bad-news.mp4"
    there.parent.mkdir()
    (tmp_path / "out-2").mkdir()
    there.write_bytes(b"precious")
    folder = FilmFolder(tmp_path / "out", [Path("in/anna.jpg")], "smile", 4, force=force)
    folder.claim()
    assert folder.folder == folder.film("anna", "bad-news").parent == tmp_path / name
    assert there.read_bytes() == b"precious"
    assert ("anna-bad-news.mp4 is there already" in caplog.text) is not force


def test_a_photo_is_never_replaced_by_what_is_made_of_another(tmp_path: Path) -> None:
    photos = [tmp_path / "anna.jpg", tmp_path / "anna-drawn.jpg"]
    with pytest.raises(LikenessError, match="is the photo itself"):
        FilmFolder(tmp_path, photos, "smile", 4, force=True)


def test_two_photos_of_one_name_are_refused(tmp_path: Path) -> None:
    with pytest.raises(LikenessError, match="several photos are called anna"):
        FilmFolder(tmp_path, [Path("a/anna.jpg"), Path("b/anna.png")], "smile", 4, force=False)


def test_a_film_that_fails_in_its_middle_leaves_the_old_one_whole(tmp_path: Path) -> None:
    folder = FilmFolder(tmp_path, [Path("anna.jpg")], "smile", 4, force=True)
    film = folder.film("anna", "smile")
    film.write_bytes(b"the old one")

    def pictures() -> Iterator[Picture]:
        yield np.zeros((32, 32, 3), np.uint8)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        folder.write_film(film, pictures(), 10.0, (32, 32))
    assert film.read_bytes() == b"the old one"
    assert list(tmp_path.iterdir()) == [film]


def test_names_on_the_page_are_text_and_addresses_and_never_markup() -> None:
    name = 'a"><script>b %#?'
    film, still = Path(f"{name}-smile.mp4"), Path(f"{name}-photo.jpg")
    page = build_page([PagePart(name, [(film, "The smile.", still)], [(still, "The photo")])])
    assert "<script" not in page
    assert "://" not in page
    assert 'src="a%22%3E%3Cscript%3Eb%20%25%23%3F-smile.mp4"' in page
    assert "a&quot;&gt;&lt;script&gt;b %#?" in page
