from collections.abc import Callable

from likeness.outputs.output import MemoryOutput, NullOutput
from likeness.picture import Picture


def test_memory_keeps_pictures_and_times_in_order(picture: Callable[..., Picture]) -> None:
    output = MemoryOutput()
    shown = [picture(step=step) for step in range(3)]
    for index, each in enumerate(shown):
        output.show(each, index / 10)
    assert all(kept is each for kept, each in zip(output.pictures, shown, strict=True))
    assert output.times == [0.0, 0.1, 0.2]


def test_null_counts(picture: Callable[..., Picture]) -> None:
    output = NullOutput()
    for index in range(5):
        output.show(picture(), index / 10)
    assert output.count == 5
