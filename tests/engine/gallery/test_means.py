"""Groups of photos from a table: as it is written on any system, and what is no table or no group is one line."""

from pathlib import Path

import pytest

from likeness.errors import GalleryError
from likeness.gallery.means import LEAST_FACES, read_groups

ROWS = "".join(f"{number}.jpg,a\n" for number in range(LEAST_FACES))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_a_group_has_the_photos_of_its_rows(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "labels.csv").write_bytes(("file,group\n" + ROWS).encode(encoding))
    (group,) = read_groups(tmp_path / "labels.csv", tmp_path, "group", {})
    assert group.name == "a"
    assert group.photos == tuple(tmp_path / f"{number}.jpg" for number in range(LEAST_FACES))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("file;group\n0.jpg;a\n", "separated by semicolons"),
        ("file,group\n0.jpg,a\n1.jpg\n\n2.jpg,a,extra\n", "line 5 has 3 cells for 2 columns"),
        ("file,group\n0.jpg,a\n1.jpg\n", "no group has the 5 photos that a mean wants, of 2 rows"),
        ("file,group\n", "no group has the 5 photos that a mean wants, of 0 rows"),
        ("file,class\n", "has no column 'group'"),
    ],
)
def test_a_table_without_a_group_is_refused(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "labels.csv").write_text(text)
    with pytest.raises(GalleryError, match=said):
        read_groups(tmp_path / "labels.csv", tmp_path, "group", {})
