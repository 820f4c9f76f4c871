"""Results by names that no file has."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from likeness.errors import LikenessError
from likeness.files.free_name import claim_folder, claim_name, claimed, number_after, refuse_existing


def test_what_is_there_keeps_its_name_and_the_next_free_one_is_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    film = tmp_path / "new" / "film.mp4"
    assert claim_name(film) == film
    assert not caplog.text
    film.write_bytes(b"precious")
    (film.parent / "film-2.mp4").symlink_to("nowhere")
    assert claim_name(film) == film.parent / "film-3.mp4"
    assert film.read_bytes() == b"precious"
    assert "film.mp4 is there already, so this one is" in caplog.text
    assert claim_name(film, force=True) == film


def test_of_many_that_claim_one_name_at_once_each_gets_its_own(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        names = list(pool.map(claim_name, [tmp_path / "film.mp4"] * 24))
    assert {path.name for path in names} == {"film.mp4", *(f"film-{number}.mp4" for number in range(2, 25))}


def test_files_that_belong_together_have_one_number(tmp_path: Path) -> None:
    (tmp_path / "anna-beside.png").touch()
    (tmp_path / "anna-2.png").touch()
    wanted = [tmp_path / "anna.png", tmp_path / "anna-beside.png"]
    with claimed(wanted, numbering=number_after("anna")) as names:
        assert names == [tmp_path / "anna-3.png", tmp_path / "anna-3-beside.png"]
        names[0].write_bytes(b"done")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["anna-2.png", "anna-3.png", "anna-beside.png"]


def test_a_name_is_free_again_where_the_work_failed(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), claimed([tmp_path / "sheet.png"]):
        raise KeyboardInterrupt
    assert not list(tmp_path.iterdir())


def test_what_is_no_file_is_written_to_by_its_name() -> None:
    assert claim_name(Path("/dev/null")) == Path("/dev/null")


def test_a_folder_gets_the_next_free_name_too(tmp_path: Path) -> None:
    assert [claim_folder(tmp_path / "out").name for _ in range(3)] == ["out", "out-2", "out-3"]
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="file"):
        claim_folder(tmp_path / "file" / "out")


def test_what_is_found_by_its_name_is_refused_instead(tmp_path: Path) -> None:
    smile = tmp_path / "smile.safetensors"
    refuse_existing([smile])
    smile.touch()
    refuse_existing([smile], force=True)
    with pytest.raises(LikenessError, match=r"smile\.safetensors is there already; --force replaces it"):
        refuse_existing([smile])
