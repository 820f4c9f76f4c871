"""Photos among files: without hidden ones and editors' copies, and what stands in the place of a photo."""

from collections.abc import Iterable
from pathlib import Path, PurePath

# Folders that macOS puts into archives, and Synology's thumbnails of every photo.
SYSTEM_FOLDERS = frozenset({"__macosx", "@eadir"})
SYSTEM_FILES = frozenset({"thumbs.db", "ehthumbs.db", "desktop.ini"})
# Copies that editors, merges and downloads leave beside a file: x.jpg~, x.jpg.orig.
COPY_ENDINGS = ("~", ".bak", ".orig", ".swp", ".tmp", ".part", ".crdownload")


# What servers and git leave where a file was wanted, by its first bytes, and what to do.
PAGES = (b"<!doctype html", b"<html", b"<head", b"<?xml", b"<!--")
WEB_PAGE = "a web page (download the file itself, in a browser)"
LFS_POINTER = "a Git LFS pointer (fetch the file itself: git lfs pull)"
ANNEX_POINTER = "a git-annex pointer (fetch the file itself: git annex get)"


def is_litter(path: PurePath) -> bool:
    """Return whether a file, by its path in a folder or an archive, is no photo of the user's, whatever it holds."""
    name = path.name.lower()
    return (
        any((part.startswith(".") and part not in (".", "..")) or part.lower() in SYSTEM_FOLDERS for part in path.parts)
        or name in SYSTEM_FILES
        or name.endswith(COPY_ENDINGS)
        or (name.startswith("#") and name.endswith("#"))
    )


def list_photo_files(folder: Path, *, sub_folders: bool = False) -> list[Path]:
    """Return the files of `folder` by name, litter left out; they need not be photos.

    Raises:
        OSError: it cannot be read.
    """
    found: Iterable[Path] = folder.rglob("*") if sub_folders else folder.iterdir()
    return sorted(path for path in found if not is_litter(path.relative_to(folder)) and path.is_file())


def name_placeholder(raw: bytes) -> str | None:
    """Return what stands in the place of a file that was never downloaded, and what to do; None for all else.

    Args:
        raw: the first bytes of the file, 200 or more.
    """
    start = raw[:200].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if start.startswith(b"version https://git-lfs."):
        return LFS_POINTER
    if start.startswith((b"/annex/objects/", b"../.git/annex/", b".git/annex/")):
        return ANNEX_POINTER
    # SVG pictures are XML too.
    return WEB_PAGE if start.startswith(PAGES) and b"<svg" not in raw[:4096].lower() else None
