"""The store of photos and films: a folder by default, or any address of fsspec. No web server's root holds it."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any, Literal

import fsspec
from fsspec.implementations.local import LocalFileSystem

from likeness.errors import AudienceError

Kind = Literal["photos", "results"]
KINDS: Sequence[Kind] = ("photos", "results")


class Store:
    """Keeps files under names that nobody can guess and that say nothing. Any thread.

    Args:
        url: a folder, or an address such as `s3://bucket/night`.

    Raises:
        AudienceError: there is no such place, or no driver for it.
    """

    def __init__(self, url: str) -> None:
        try:
            self._files, self._root = fsspec.core.url_to_fs(url)
            for kind in KINDS:
                self._files.makedirs(f"{self._root}/{kind}", exist_ok=True)
        except (OSError, ValueError, ImportError) as error:
            raise AudienceError(f"photos and films cannot be kept in {url}: {error}; name another --storage") from error
        self.local = isinstance(self._files, LocalFileSystem)

    def put(self, kind: Kind, content: bytes, suffix: str) -> str:
        """Keep a file; return its name, such as `photos/6f...e1.jpg`.

        Raises:
            AudienceError: the store refuses, as a full disk does.
        """
        name = f"{kind}/{secrets.token_hex(24)}{suffix}"
        try:
            self._files.pipe_file(self._path(name), content)
        except OSError as error:
            # Of a file that was cut short nothing is to stay.
            self.remove(name)
            raise AudienceError(f"a file could not be kept: {error}; is the disk full?") from error
        return name

    def get(self, name: str) -> bytes:
        """Return a file.

        Raises:
            AudienceError: it is not there.
        """
        try:
            return bytes(self._files.cat_file(self._path(name)))
        except OSError as error:
            raise AudienceError(f"{name} is not in the store: {error}") from error

    def remove(self, name: str) -> bool:
        """Remove a file; return whether none of that name is there any more."""
        path = self._path(name)
        try:
            if self._files.exists(path):
                self._files.rm_file(path)
        except FileNotFoundError:
            return True
        except OSError:
            return False
        return True

    def list(self) -> dict[str, float]:
        """Return the names of all files, with the time when each came, in seconds since 1970."""
        found = {}
        for kind in KINDS:
            for entry in self._files.ls(f"{self._root}/{kind}", detail=True):
                name = f"{kind}/{str(entry['name']).rpartition('/')[2]}"
                found[name] = _seconds(entry)
        return found

    def _path(self, name: str) -> str:
        return f"{self._root}/{name}"


def _seconds(entry: dict[str, Any]) -> float:
    """Return when a file came, as its file system says it; where it does not, it counts as new."""
    when = next((entry[key] for key in ("mtime", "created", "LastModified") if key in entry), float("inf"))
    return float(when.timestamp() if hasattr(when, "timestamp") else when)
