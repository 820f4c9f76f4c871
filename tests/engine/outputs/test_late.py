"""Outputs of a machine that does not play yet: nothing is opened, written or sent, and windows are black."""

import numpy as np

from likeness.outputs.fitting import FittedOutput
from likeness.outputs.group import OutputGroup, innermost
from likeness.outputs.late import LateOutput
from likeness.outputs.output import MemoryOutput, Output

GREY = np.full((4, 6, 3), 99, np.uint8)


def test_a_late_output_is_opened_by_its_first_picture_and_a_window_is_black_until_then() -> None:
    window, sent, opened = MemoryOutput("window"), MemoryOutput("ndi"), list[Output]()

    def open_output() -> Output:
        opened.append(sent)
        return sent

    late = LateOutput("ndi:faces", open_output)
    group = OutputGroup([window, FittedOutput(late, 12, 8)])
    group.held_back = True
    group.show(GREY, 0.0)
    group.show(GREY, 0.1)
    assert opened == []
    assert innermost(late) is late
    assert [picture.any() for picture in window.pictures] == [False, False]
    # The same array, so that nothing is scaled or shown again.
    assert window.pictures[0] is window.pictures[1]
    group.held_back = False
    group.show(GREY, 0.2)
    group.show(GREY, 0.3)
    assert opened == [sent]
    assert [picture.shape for picture in sent.pictures] == [(8, 12, 3)] * 2
    assert innermost(late) is sent
    assert window.pictures[-1] is GREY
    group.close()
    assert sent.closed


def test_a_late_output_that_was_never_opened_closes() -> None:
    LateOutput("ndi:faces", MemoryOutput).close()
