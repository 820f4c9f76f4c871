import asyncio
import threading
import time
from collections.abc import Callable, Iterator

import cv2
import numpy as np
import pytest

from likeness.errors import OutputError
from likeness.picture import Picture
from likeness.web.preview import LOOK_S, WIDTHS, Preview, encode_jpeg

DEADLINE_S = 20.0


class Painter:
    """A show that puts down pictures when it is told to, and counts who looks at them."""

    def __init__(self, picture: Picture | None = None) -> None:
        self.picture = picture
        self.looks = 0

    def newest(self) -> Picture | None:
        self.looks += 1
        return self.picture


def plain(level: int, width: int = 320, height: int = 160) -> Picture:
    return np.full((height, width, 3), level, np.uint8)


def decoded(jpeg: bytes) -> Picture:
    picture = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)).astype(np.uint8)


@pytest.fixture
def show() -> Iterator[Callable[..., tuple[Painter, Preview]]]:
    opened: list[Preview] = []

    def make(picture: Picture | None = None) -> tuple[Painter, Preview]:
        painter = Painter(picture)
        preview = Preview(painter.newest)
        preview.start()
        opened.append(preview)
        return painter, preview

    yield make
    for preview in opened:
        preview.close()


Maker = Callable[..., tuple[Painter, Preview]]


async def within(waiting: "asyncio.Future[tuple[int, bytes]]") -> tuple[int, bytes]:
    return await asyncio.wait_for(waiting, DEADLINE_S)


def test_the_picture_that_comes_is_the_shows(show: Maker) -> None:
    across = np.linspace(0, 255, 320).astype(np.uint8)
    shown = np.stack([np.tile(across, (160, 1)), np.full((160, 320), 40), np.tile(across[::-1], (160, 1))], axis=-1)
    _, preview = show(shown.astype(np.uint8))
    jpeg = asyncio.run(preview.frame_jpeg(320))
    assert np.abs(decoded(jpeg).astype(int) - shown).mean() < 3


@pytest.mark.parametrize(("wanted", "comes"), [(1, 64), (64, 64), (65, 128), (300, 384), (512, 512), (9999, 1024)])
def test_sizes_are_rounded_up_to_the_few_that_clients_share(show: Maker, wanted: int, comes: int) -> None:
    _, preview = show(plain(10, 2048, 1024))
    assert decoded(asyncio.run(preview.frame_jpeg(wanted))).shape == (comes // 2, comes, 3)
    assert comes in WIDTHS


def test_a_small_picture_is_not_enlarged(show: Maker) -> None:
    _, preview = show(plain(10, 100, 50))
    assert decoded(asyncio.run(preview.frame_jpeg(512))).shape == (50, 100, 3)


def test_whoever_had_a_picture_waits_for_another(show: Maker) -> None:
    painter, preview = show(plain(10))

    async def watch() -> None:
        number, _ = await preview.next_picture(320)
        waiting = asyncio.ensure_future(preview.next_picture(320, number))
        looks = painter.looks
        while painter.looks < looks + 3:
            await asyncio.sleep(LOOK_S)
        assert not waiting.done()
        painter.picture = plain(200)
        later, jpeg = await within(waiting)
        assert later > number
        assert abs(int(decoded(jpeg)[80, 160, 0]) - 200) <= 2

    asyncio.run(watch())


def test_before_the_first_picture_everybody_waits(show: Maker) -> None:
    painter, preview = show()

    async def watch() -> None:
        waiting = asyncio.ensure_future(preview.next_picture(320))
        while painter.looks < 3:
            await asyncio.sleep(LOOK_S)
        assert not waiting.done()
        painter.picture = plain(10)
        assert (await within(waiting))[0] == 1

    asyncio.run(watch())


def test_clients_share_what_is_coded_and_get_the_same_number(show: Maker, monkeypatch: pytest.MonkeyPatch) -> None:
    coded: list[int] = []

    def count(picture: Picture, width: int) -> bytes:
        coded.append(width)
        return encode_jpeg(picture, width)

    monkeypatch.setattr("likeness.web.preview.encode_jpeg", count)
    _, preview = show(plain(10, 1024, 512))

    async def watch() -> list[tuple[int, bytes]]:
        return await asyncio.gather(*(preview.next_picture(width) for width in (500, 512, 400, 128) for _ in range(5)))

    answers = asyncio.run(watch())
    assert {number for number, _ in answers} == {1}
    assert sorted(coded) == [128, 512]
    assert len({jpeg for _, jpeg in answers}) == 2


def test_no_client_gets_more_than_it_asked_for(show: Maker) -> None:
    painter, preview = show(plain(0))
    done = threading.Event()

    def paint() -> None:
        for level in range(10_000):
            if done.wait(0.002):
                return
            painter.picture = plain(level % 256)

    async def watch(rate: float, pictures: int) -> float:
        number, _ = await preview.next_picture(64, -1, rate)
        began = time.monotonic()
        for _ in range(pictures):
            number, _ = await preview.next_picture(64, number, rate)
        return time.monotonic() - began

    async def both() -> list[float]:
        return await asyncio.gather(watch(10.0, 5), watch(30.0, 10))

    painting = threading.Thread(target=paint)
    painting.start()
    slow, fast = asyncio.run(both())
    done.set()
    painting.join()
    # The first one's place among the moments of its rate is by chance, so a step may be missing, never two.
    assert slow >= 4 / 10 - 0.02
    assert fast >= 9 / 30 - 0.02


def test_rates_and_sizes_that_make_no_sense_harm_nobody(show: Maker) -> None:
    painter, preview = show(plain(10))

    async def watch() -> None:
        for width, rate in ((0, 1e9), (-5, float("inf")), (10**9, 30.0)):
            number, _ = await within(asyncio.ensure_future(preview.next_picture(width, -1, rate)))
            painter.picture = plain(number % 200)
            await within(asyncio.ensure_future(preview.next_picture(width, number, rate)))
        for rate in (0.0, -1.0, float("nan")):
            number, _ = await preview.next_picture(64, -1, rate)
            slow = asyncio.ensure_future(preview.next_picture(64, number, rate))
            painter.picture = plain(number % 200)
            # Somebody else is served meanwhile.
            await within(asyncio.ensure_future(preview.next_picture(64, number)))
            slow.cancel()

    asyncio.run(watch())


def test_nothing_at_all_happens_while_nobody_looks(show: Maker) -> None:
    painter, preview = show(plain(10))
    asyncio.run(preview.frame_jpeg(64))
    looks = painter.looks

    # Whoever stops looking leaves nothing behind.
    async def leave() -> None:
        number, _ = await preview.next_picture(64)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(preview.next_picture(64, number), 3 * LOOK_S)

    asyncio.run(leave())
    end = time.monotonic() + DEADLINE_S
    while looks != painter.looks:
        assert time.monotonic() < end
        looks = painter.looks
        time.sleep(5 * LOOK_S)


def test_a_picture_that_cannot_be_coded_is_logged_and_the_next_comes(
    show: Maker, caplog: pytest.LogCaptureFixture
) -> None:
    painter, preview = show(np.zeros((0, 0, 3), np.uint8))

    async def watch() -> bytes:
        waiting = asyncio.ensure_future(preview.frame_jpeg(64))
        while not caplog.records:
            await asyncio.sleep(LOOK_S)
        painter.picture = plain(99)
        return await asyncio.wait_for(waiting, DEADLINE_S)

    assert abs(int(decoded(asyncio.run(watch()))[0, 0, 0]) - 99) <= 2
    assert len(caplog.records) == 1


def test_closing_ends_the_thread_and_tells_who_waits(show: Maker) -> None:
    _, preview = show()

    async def watch() -> None:
        waiting = asyncio.ensure_future(preview.next_picture(64))
        await asyncio.sleep(0)
        await asyncio.to_thread(preview.close)
        with pytest.raises(OutputError, match="closed"):
            await within(waiting)
        with pytest.raises(OutputError, match="closed"):
            await preview.next_picture(64)

    asyncio.run(watch())
    preview.close()
    assert "preview" not in {thread.name for thread in threading.enumerate()}
