"""The log on the page, and the file for a bug report."""

import io
import zipfile

from tests.engine.web.page.conftest import send
from tests.engine.web.page.played_show import PlayedShow
from tests.engine.web.page.tab import Tab


def test_what_the_show_warns_of_is_read_on_the_page_by_level(show: PlayedShow, desk: Tab) -> None:
    desk.click("[data-tab=Log]")
    broken = show.home / "presets" / "odd.toml"
    broken.parent.mkdir(exist_ok=True)
    broken.write_text('title = "odd"\n[show]\nplugins = ["random_walk"]\n[random_walk]\nnothing_like_it = 3\n')
    send(desk, "/preset/recall", "odd")
    desk.wait_for("document.querySelector('.log-lines').textContent.includes('nothing_like_it')")
    lines = desk.evaluate("document.querySelectorAll('.log-lines li').length")
    desk.click("name=Warnings")
    desk.wait_for(f"document.querySelectorAll('.log-lines li').length < {lines}")
    desk.wait_for("document.querySelector('.log-lines').textContent.includes('nothing_like_it')")
    assert desk.evaluate("[...document.querySelectorAll('.log-lines li')].every((line) => line.className !== 'info')")
    broken.unlink()


def test_the_bug_report_is_a_zip_without_an_address(show: PlayedShow, desk: Tab) -> None:
    desk.click("[data-tab=Log]")
    desk.place("name=Make a bug report")
    path = desk.evaluate("document.querySelector('.report a').getAttribute('href')")
    with zipfile.ZipFile(io.BytesIO(show.fetch(path))) as report:
        names = report.namelist()
        text = "\n".join(report.read(name).decode("utf-8", errors="replace") for name in names)
    assert names
    assert "127.0.0.1" not in text
    assert not [name for name in names if name.endswith((".jpg", ".png", ".safetensors"))]
