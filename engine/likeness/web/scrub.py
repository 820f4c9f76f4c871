"""Removal of what tells who and where somebody is: names, home folders, addresses, passwords, names of pictures."""

import getpass
import os
import platform
import re
from collections.abc import Iterable
from contextlib import suppress
from ipaddress import ip_address
from pathlib import Path

ADDRESS, USER, HOST, PICTURE = "[address]", "[user]", "[host]", "[picture]"
USER_VARIABLES = ("USER", "LOGNAME", "USERNAME", "SUDO_USER")
# A user of this name tells nothing, and the word is in every other line.
TELLS_NOTHING = frozenset({"likeness"})

# A link as a whole: its host, its path and its query may each hold a name or a password.
_LINK = re.compile(r"\b([A-Za-z][A-Za-z0-9+.-]*)://[^\s\"'<>]+")
_AT = re.compile(r"[^\s\"'<>,;()\[\]]+@[^\s\"'<>,;()\[\]]+")
_IPV4 = re.compile(r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w.]*\d)")
# What may be an address of six groups of a network card, or of IPv6, with a zone.
_COLONS = re.compile(r"(?<![\w:])(?:[0-9A-Fa-f]{0,4}[:-]){2,7}[0-9A-Fa-f.]*(?:%\w+)?")
_CARD = re.compile(r"(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}")
_LOCAL_NAME = re.compile(r"(?<![\w.-])[\w-]+(?:\.[\w-]+)*\.(?:local|lan|home|internal|localdomain)\b\.?", re.IGNORECASE)
_HOMES = re.compile(r"(?:/home|/Users|/var/home|[A-Za-z]:(?:\\\\|\\|/)Users)(?:\\\\|\\|/)[^/\\\s\"':;]+|/root\b")
_ENDINGS = r"\.(?:jpe?g|png|webp|heic|bmp|tiff?|gif)\b"
_QUOTED_PICTURE = re.compile(rf"([\"'])[^\"'\n]*{_ENDINGS}\1", re.IGNORECASE)
_PICTURE = re.compile(rf"(?:(?<![^\s\"'=(])[~/][^\n\"';:]*?|[^\s\"'=(]+){_ENDINGS}", re.IGNORECASE)


class Scrubber:
    """Removes what tells who and where somebody is from texts. It keeps no text; any thread.

    Args:
        users: names of the user; None asks the system.
        hosts: names of the machine; None asks the system.
        home: the user's folder; None asks the system.
    """

    def __init__(
        self, users: Iterable[str] | None = None, hosts: Iterable[str] | None = None, home: Path | None = None
    ) -> None:
        self._home = str(home or _home())
        self._users = _words(_users() if users is None else users)
        self._hosts = _words({platform.node(), platform.node().partition(".")[0]} if hosts is None else hosts)

    def scrub(self, text: str, *, addresses: bool = True) -> str:
        """Return `text` without them.

        Args:
            text: of any kind; JSON stays JSON and TOML stays TOML.
            addresses: whether numbers with dots are addresses; versions are not.
        """
        text = _LINK.sub(rf"\1://{ADDRESS}", text)
        text = _QUOTED_PICTURE.sub(rf"\1{PICTURE}\1", text)
        text = _PICTURE.sub(PICTURE, text)
        for home in (self._home, self._home.replace("\\", "\\\\")):
            if len(home) > 1:
                text = text.replace(home, "~")
        text = _HOMES.sub("~", text)
        text = _AT.sub(ADDRESS, text)
        if addresses:
            text = _IPV4.sub(ADDRESS, text)
            text = _COLONS.sub(lambda found: ADDRESS if _is_address(found[0]) else found[0], text)
        text = _LOCAL_NAME.sub(HOST, text)
        text = self._hosts.sub(HOST, text) if self._hosts else text
        return self._users.sub(USER, text) if self._users else text


def _is_address(text: str) -> bool:
    if _CARD.fullmatch(text):
        return True
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _words(names: Iterable[str]) -> re.Pattern[str] | None:
    """Return what finds these names as whole words, in any case, the longest first."""
    known = sorted({name for name in names if name and name.lower() not in TELLS_NOTHING}, key=len, reverse=True)
    if not known:
        return None
    return re.compile(rf"(?<![^\W_])(?:{'|'.join(map(re.escape, known))})(?![^\W_])", re.IGNORECASE)


def _home() -> Path:
    try:
        return Path.home()
    # The user has none.
    except RuntimeError:
        return Path()


def _users() -> set[str]:
    names = {os.environ.get(name, "") for name in USER_VARIABLES} | {_home().name}
    # The user may have no entry in the system's list, as in some containers.
    with suppress(KeyError, OSError):
        names.add(getpass.getuser())
    return names
