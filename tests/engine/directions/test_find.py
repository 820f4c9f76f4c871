"""Two attributes whose labels go together, found as two directions that do not."""

import torch

from likeness.directions.find import find_directions

RNG = torch.Generator().manual_seed(0)
LATENTS = torch.randn(600, 2, 12, generator=RNG)
SMILE = LATENTS[:, 0, 0]
# In these pictures the old smile less.
AGE = LATENTS[:, 1, 3] - 0.8 * SMILE


def test_each_direction_leaves_the_other_attribute_as_it_is() -> None:
    found, missed = find_directions(LATENTS, {"smile": SMILE.tolist(), "age": AGE.tolist()})
    assert not missed
    smile, age = found
    assert (smile.name, smile.kept, age.kept) == ("smile", ("age",), ("smile",))

    def moved(direction: torch.Tensor) -> tuple[float, float]:
        d = direction
        return float(d[0, 0]), float(d[1, 3] - 0.8 * d[0, 0])

    on_smile, on_age = moved(smile.tensor)
    assert on_smile > 0.5
    assert abs(on_age) < 0.1
    on_smile, on_age = moved(age.tensor)
    assert on_age > 0.5
    assert abs(on_smile) < 0.1
    assert 0.5 < smile.left < 1


def test_a_direction_is_one_deviation_of_the_latents_long() -> None:
    (found,), _ = find_directions(3 * LATENTS, {"smile": SMILE.tolist()})
    assert found.tensor.shape == (2, 12)
    assert abs(float(found.tensor.norm()) - 3.0) < 0.3
    assert found.left == 1


def test_what_no_latent_tells_is_named_with_its_score_and_not_found() -> None:
    coin = (torch.rand(600, generator=RNG) > 0.5).double().tolist()
    found, missed = find_directions(LATENTS, {"smile": SMILE.tolist(), "coin": coin})
    assert [each.name for each in found] == ["smile"]
    assert found[0].kept == ()
    assert missed["coin"].score < 0.6


def test_only_what_is_asked_for_is_kept() -> None:
    labels = {"smile": SMILE.tolist(), "age": AGE.tolist()}
    smile, age = find_directions(LATENTS, labels, keep=["age"])[0]
    assert (smile.kept, age.kept) == (("age",), ())


def test_a_class_against_the_rest_leaves_the_balance_among_the_others() -> None:
    # Four classes in a plane of the latents, at corners that are not square.
    corners = torch.tensor([[3.0, 0.0, 0.0], [0.0, 3.0, 0.5], [0.4, 0.0, 3.0], [-2.0, -2.0, -2.0]])
    number = torch.arange(400) % 4
    latents = 0.5 * torch.randn(400, 2, 6, generator=RNG)
    latents[:, 0, :3] += corners[number]
    labels = {f"class {k}": (number == k).double().tolist() for k in range(4)}
    found, missed = find_directions(latents, labels, "means", against_rest=True)
    assert not missed
    assert len(found) == 4
    planes = torch.stack([each.fit.normal for each in found])
    for k, each in enumerate(found):
        moved = planes @ each.tensor.flatten().double()
        others = torch.cat([moved[:k], moved[k + 1 :]])
        assert moved[k] > 0.5
        assert float(others.max() - others.min()) < 1e-6 * float(moved[k])
        assert float(others.max()) < 0
