"""QR codes of the desk's link: for the page, for a terminal, and as modules for the window."""

from itertools import zip_longest

import segno

# What scanners need around a code [ISO/IEC 18004].
QUIET_ZONE = 4
# Two rows of modules in a line of text; a terminal is dark, so what is drawn is the light of the code.
_HALVES = {(False, False): "█", (False, True): "▀", (True, False): "▄", (True, True): " "}


def qr_modules(text: str) -> tuple[tuple[bool, ...], ...]:
    """Return the rows of the QR code of `text`, True where it is dark, with its quiet zone."""
    rows = segno.make_qr(text, error="m").matrix_iter(border=QUIET_ZONE)
    return tuple(tuple(bool(module) for module in row) for row in rows)


def qr_svg(text: str) -> str:
    """Return the QR code of `text` as an SVG that scales, black on white, without styles or scripts."""
    rows = qr_modules(text)
    side = len(rows)
    path = "".join(f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, dark in enumerate(row) if dark)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}" shape-rendering="crispEdges">'
        f'<path fill="#fff" d="M0 0h{side}v{side}H0z"/><path d="{path}"/></svg>'
    )


def qr_text(text: str) -> str:
    """Return the QR code of `text` as lines for a dark terminal, two rows to a line."""
    rows = qr_modules(text)
    below: tuple[bool, ...] = (True,) * len(rows)
    pairs = zip_longest(rows[::2], rows[1::2], fillvalue=below)
    return "\n".join("".join(_HALVES[pair] for pair in zip(upper, lower, strict=True)) for upper, lower in pairs)
