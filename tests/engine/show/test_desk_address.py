from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from likeness.options import QUIET
from likeness.parameters.presets import Preset, ShowTable
from likeness.show.desk import find_address
from likeness.show.show import Show
from likeness.web.access import Access
from likeness.web.codes import Codes, Pairing


def test_on_loopback_the_window_shows_an_address_alone() -> None:
    address = find_address(Access("127.0.0.1", 9001))
    assert (address.url, address.code, address.modules) == ("http://127.0.0.1:9001/", "", None)


def test_beyond_loopback_the_window_shows_the_code_and_a_way_to_scan_it() -> None:
    # Of one code in sixty OpenCV reads nothing; phones do.
    codes = Codes(Pairing("GEH7K2MW", "c" * 32), Pairing("BHQ3XN9T", "d" * 32))
    access = Access("192.168.0.5", 9001, codes)
    address = find_address(access)
    assert (address.url, address.code) == ("http://192.168.0.5:9001/", codes.desk.code)
    light = np.kron(~np.array(address.modules), np.ones((8, 8), bool)).astype(np.uint8) * 255
    assert cv2.QRCodeDetector().detectAndDecode(cv2.cvtColor(light, cv2.COLOR_GRAY2BGR))[0] == access.link()


def test_a_show_tells_its_window_where_its_desk_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, unused_udp_port: int
) -> None:
    monkeypatch.setenv("LIKENESS_HOME", str(tmp_path))
    options = replace(QUIET, size=(64, 64), web_port=unused_udp_port)
    with Show(Preset(show=ShowTable(plugins=())), options) as show:
        address = show.overlay.address()
        assert show.web is not None
        assert address is not None
        assert address.url == f"http://127.0.0.1:{show.web.port}/"
