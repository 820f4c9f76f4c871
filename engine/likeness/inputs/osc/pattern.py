"""OSC address patterns: one message for many parameters [OSC 1.0, "OSC Message Dispatching and Pattern Matching"]."""

import re
from collections.abc import Iterable

from likeness.errors import InputError

SIGNS = frozenset("*?[{")
# Each `*` multiplies the ways to try; no name needs more.
MOST_STARS = 4
TOKEN = re.compile(r"\*+|\?|\[(?P<set>!?[^\[\]/]+)\]|\{(?P<words>[^{}/]*)\}|(?P<plain>[^*?\[\]{}])")


def is_pattern(address: str) -> bool:
    """Return whether an address is a pattern."""
    return not SIGNS.isdisjoint(address)


def match_pattern(pattern: str, addresses: Iterable[str]) -> list[str]:
    """Return those of `addresses` that match `pattern`; no sign matches a `/`.

    Raises:
        InputError: where a bracket is not closed, or too many stars would take too long.
    """
    expression, at = "", 0
    while at < len(pattern):
        token = TOKEN.match(pattern, at)
        if token is None:
            raise InputError(f"OSC: the pattern {pattern!r} breaks off at {pattern[at:]!r}; close its brackets")
        expression += _to_expression(token)
        at = token.end()
    if expression.count("*") > MOST_STARS:
        raise InputError(f"OSC: the pattern {pattern!r} has more than {MOST_STARS} stars; name the parameters closer")
    try:
        matches = re.compile(expression).fullmatch
    except re.error as error:
        raise InputError(f"OSC: the pattern {pattern!r} cannot be read: {error}") from error
    return [address for address in addresses if matches(address)]


def _to_expression(token: re.Match[str]) -> str:
    if token["plain"] is not None:
        return re.escape(token["plain"])
    if token["words"] is not None:
        return "(?:" + "|".join(map(re.escape, token["words"].split(","))) + ")"
    if token["set"] is not None:
        negated = token["set"].startswith("!")
        # A `-` between two letters is a range, as it is in a regular expression; all else stands for itself.
        letters = re.sub(r"[\\^\]&~|]", lambda sign: "\\" + sign[0], token["set"].removeprefix("!"))
        return f"[{'^/' if negated else ''}{letters}]"
    return "[^/]" if token[0] == "?" else "[^/]*"
