import re
from xml.etree import ElementTree

import cv2
import numpy as np
from numpy.typing import NDArray

from likeness.web.qr import QUIET_ZONE, qr_modules, qr_svg, qr_text

LINK = "http://192.168.100.200:9001/?code=ABCDEFGH"


def scanned(light: NDArray[np.bool_]) -> str:
    """Return what OpenCV reads from a code."""
    picture = np.kron(light.astype(np.uint8) * 255, np.ones((8, 8), np.uint8))
    text, _, _ = cv2.QRCodeDetector().detectAndDecode(cv2.cvtColor(picture, cv2.COLOR_GRAY2BGR))
    return str(text)


def test_the_windows_code_is_read_by_another_program() -> None:
    assert scanned(~np.array(qr_modules(LINK))) == LINK


def test_the_terminals_code_is_read_by_another_program() -> None:
    halves = {"█": (1, 1), "▀": (1, 0), "▄": (0, 1), " ": (0, 0)}
    lines = [np.array([halves[character] for character in line]).T for line in qr_text(LINK).splitlines()]
    assert scanned(np.concatenate(lines).astype(bool)) == LINK


def test_the_pages_code_is_read_by_another_program_and_holds_nothing_else() -> None:
    svg = ElementTree.fromstring(qr_svg(LINK))
    side = len(qr_modules(LINK))
    assert svg.attrib["viewBox"] == f"0 0 {side} {side}"
    light = np.ones((side, side), bool)
    for x, y in re.findall(r"M(\d+) (\d+)h1v1h-1z", svg[1].attrib["d"]):
        light[int(y), int(x)] = False
    assert scanned(light) == LINK
    assert "style" not in qr_svg(LINK)


def test_a_scanner_has_its_quiet_zone() -> None:
    modules = np.array(qr_modules(LINK))
    assert not modules[:QUIET_ZONE].any()
    assert not modules[:, -QUIET_ZONE:].any()
