"""The code that the pictures of a take depend on."""

from pathlib import Path

import pytest

from likeness.show.takes.code_files import engine_files, imported_files


def test_modules_beside_the_program_are_found_through_others_and_installed_ones_are_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "colours").mkdir()
    (tmp_path / "colours" / "__init__.py").write_text("import shapes_of_mine\n")
    (tmp_path / "colours" / "warm.py").write_text("from . import cold\nfrom .tones import deep\n")
    (tmp_path / "colours" / "cold.py").write_text("")
    (tmp_path / "colours" / "unused.py").write_text("")
    # A folder without an `__init__`.
    (tmp_path / "colours" / "tones").mkdir()
    (tmp_path / "colours" / "tones" / "deep.py").write_text("import pydantic.fields, os.path\n")
    (tmp_path / "shapes_of_mine.py").write_text("from colours import warm\nimport not_there_at_all\n")
    plugin = tmp_path / "glow.py"
    plugin.write_text("import numpy, json\nfrom likeness import hookimpl\nfrom colours.warm import red\n")
    found = imported_files([plugin])
    assert found == {
        "colours": tmp_path / "colours" / "__init__.py",
        "colours.warm": tmp_path / "colours" / "warm.py",
        "colours.cold": tmp_path / "colours" / "cold.py",
        "colours.tones.deep": tmp_path / "colours" / "tones" / "deep.py",
        "shapes_of_mine": tmp_path / "shapes_of_mine.py",
    }


def test_a_file_that_is_no_python_imports_nothing(tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text("import (")
    assert imported_files([tmp_path / "broken.py", tmp_path / "absent.py"]) == {}


def test_the_programs_own_files_are_named_by_their_place_in_it() -> None:
    files = engine_files()
    assert files["likeness/latent.py"].name == "latent.py"
    assert "likeness/show/takes/code_files.py" in files
