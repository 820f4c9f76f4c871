import pytest

from likeness.errors import LikenessError
from likeness.tools.parse_moves import parse_moves


@pytest.mark.parametrize("texts", [["smile=nan"], ["smile=21"], ["=2"], ["smile=2", "smile=1"], ["smile=two"]])
def test_amounts_are_numbers_that_a_face_stands(texts: list[str]) -> None:
    with pytest.raises(LikenessError, match="--direction"):
        parse_moves(texts)
