import logging
import os
import stat
from pathlib import Path

import pytest

from likeness.errors import InputError
from likeness.web.codes import ALPHABET, LENGTH, load_codes, make_codes

EMPTY = b'{"desk": {"code": "", "cookie": ""}, "view": {"code": "", "cookie": ""}}'


def test_codes_are_the_same_after_a_restart_and_only_the_user_may_read_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIKENESS_HOME", str(tmp_path))
    codes = load_codes()
    assert load_codes() == codes
    (file,) = (tmp_path / "desk").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_file_that_others_may_read_is_closed_to_them(tmp_path: Path) -> None:
    file = tmp_path / "codes.json"
    load_codes(file)
    file.chmod(0o644)
    load_codes(file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_code_can_be_read_aloud_and_the_roles_differ() -> None:
    codes = make_codes()
    assert len(codes.desk.code) == LENGTH
    assert set(codes.desk.code + codes.view.code) <= set(ALPHABET)
    assert not set("0O1IL") & set(ALPHABET)
    assert len({codes.desk.code, codes.view.code, codes.desk.cookie, codes.view.cookie}) == 4
    assert make_codes() != codes


def test_codes_are_not_in_what_a_log_would_show() -> None:
    codes = make_codes()
    assert codes.desk.code not in repr(codes)
    assert codes.view.cookie not in repr(codes)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b"[]",
        b"\xff\xfe",
        b"[" * 100_000,
        EMPTY,
    ],
)
def test_a_broken_file_is_replaced_with_a_warning(
    tmp_path: Path, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "codes.json"
    file.write_bytes(content)
    with caplog.at_level(logging.WARNING):
        codes = load_codes(file)
    assert "pairs again" in caplog.text
    assert load_codes(file) == codes


def test_a_folder_that_cannot_be_written_ends_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match=r"LIKENESS_HOME|make .* yours"):
        load_codes(tmp_path / "file" / "codes.json")


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX")
def test_the_codes_are_never_readable_by_others_while_they_are_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    modes: list[int] = []
    replace = os.replace

    def look(source: Path, target: Path) -> None:
        modes.append(stat.S_IMODE(source.stat().st_mode))
        replace(source, target)

    monkeypatch.setattr(os, "replace", look)
    load_codes(tmp_path / "codes.json")
    assert modes == [0o600]
