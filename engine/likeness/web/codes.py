"""Pairing codes of the desk: what another machine shows to play along or to look on."""

import json
import logging
import re
import secrets
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal

from likeness.errors import InputError
from likeness.files.atomic_write import atomic_write
from likeness.files.paths import user_dir

log = logging.getLogger(__name__)

Role = Literal["desk", "view"]

# Without 0 and O, 1 and I and L, which are told apart in no font. Eight of 31 make 8.5e11 codes.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
LENGTH = 8
_CODE = re.compile(f"[{ALPHABET}]{{{LENGTH}}}")
# A cookie is never typed, so it is too long to be guessed: wrong ones need not be counted.
_COOKIE_BYTES = 24
_COOKIE = re.compile(r"[A-Za-z0-9_-]{32,64}")
_PRIVATE = 0o600


@dataclass(frozen=True)
class Pairing:
    """What one role is known by.

    Args:
        code: typed, or in a link.
        cookie: what a browser that showed the code sends from then on.
    """

    code: str = field(repr=False)
    cookie: str = field(repr=False)


@dataclass(frozen=True)
class Codes:
    """The pairing of each role: `desk` plays, `view` only looks on."""

    desk: Pairing
    view: Pairing

    def pairing(self, role: Role) -> Pairing:
        """Return what `role` is known by."""
        return self.desk if role == "desk" else self.view


def make_codes() -> Codes:
    """Return new codes, which nobody can guess."""

    def make() -> Pairing:
        return Pairing("".join(secrets.choice(ALPHABET) for _ in range(LENGTH)), secrets.token_urlsafe(_COOKIE_BYTES))

    return Codes(make(), make())


def load_codes(file: Path | None = None) -> Codes:
    """Return the codes of `file`; new ones are made and kept where it is absent or broken.

    Who paired once is so known after a restart. Deleting the file forgets everybody.

    Args:
        file: None for `desk/codes.json` in the user's folder. Only the user may read it.

    Raises:
        InputError: where it cannot be read or written.
    """
    file = file or user_dir("desk") / "codes.json"
    try:
        codes = _parse(file.read_text(encoding="utf-8"))
        if codes is not None:
            file.chmod(_PRIVATE)
            return codes
        log.warning("%s holds no pairing codes; new ones are made, and every tablet pairs again", file)
    except FileNotFoundError:
        pass
    except UnicodeDecodeError:
        log.warning("%s is no text; new pairing codes are made, and every tablet pairs again", file)
    except OSError as error:
        raise InputError(
            f"the desk's pairing codes cannot be read: {error}; make {file} yours, or delete it"
        ) from error
    codes = make_codes()
    try:
        atomic_write(file, json.dumps(asdict(codes), indent=1).encode(), mode=_PRIVATE)
    except OSError as error:
        raise InputError(
            f"the desk's pairing codes cannot be kept: {error}; make {file.parent} writable, or set LIKENESS_HOME"
        ) from error
    return codes


def _parse(text: str) -> Codes | None:
    """Return the codes in `text`; None where it is anything else."""
    try:
        content = json.loads(text)
        made = [Pairing(str(content[role]["code"]), str(content[role]["cookie"])) for role in ("desk", "view")]
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    whole = all(_CODE.fullmatch(each.code) and _COOKIE.fullmatch(each.cookie) for each in made)
    return Codes(*made) if whole and made[0] != made[1] and made[0].code != made[1].code else None
