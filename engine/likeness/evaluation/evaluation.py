"""The whole evaluation of one generator."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

from torch import Tensor, nn

from likeness.evaluation.attribute_classifier import AttributeClassifier
from likeness.evaluation.features import (
    FEATURE_SIZE,
    draw_batches,
    picture_features,
    sample_features,
)
from likeness.evaluation.frechet import frechet_distance
from likeness.evaluation.kernel import kernel_distance
from likeness.evaluation.labels import Attribute, Labels
from likeness.evaluation.neighbours import find_nearest, neighbour_distance, precision_recall
from likeness.evaluation.path_length import path_length
from likeness.evaluation.plan import EvaluationPlan
from likeness.evaluation.report import Distances, Memorised, PathLengths, Report, Separability
from likeness.evaluation.seen_faces import look_for_faces
from likeness.evaluation.separability import conditional_entropy, separability
from likeness.generator import Generator
from likeness.generators.networks.efficientnet_lite import EfficientNetLite
from likeness.generators.perceptual import perceptual_distance
from likeness.latent import truncate
from likeness.picture import Picture, resize_images, to_pictures

Progress = Callable[[str, int, int], None]  # stage, done, total
# Samples are drawn from seeds of their own, so that the fixed ones are not among them.
FIRST_SAMPLE = 1_000_000
# A training set may hold the same picture twice: what is closer than this share of its pictures are to their
# neighbours counts as learnt by heart.
CLOSEST_SHARE = 0.01


def use_float32(generator: Generator) -> Generator:
    """Let a generator of ours draw in float32, in place.

    In bfloat16 a step of 1e-4 is none, or a leap: the path length of `composite` came out as 4021 instead of 95.
    """
    for part in vars(generator).values():
        if isinstance(part, nn.Module):
            part.float()
    return generator


def evaluate(
    generator: Generator,
    network: EfficientNetLite,
    files: Sequence[Path],
    plan: EvaluationPlan,
    labels: Labels | None = None,
    progress: Progress = lambda _stage, _done, _all: None,
) -> Report:
    """Measure a generator; the walk and the comparison with another are for the caller to add.

    Args:
        network: on the generator's device.
        files: pictures that are cut like the generator's; the first `plan.hold_out` are the held-out ones.

    Raises:
        LikenessError: where there are too few pictures or samples.
    """
    device, info = generator.mean.device, generator.info
    use_float32(generator)

    def stage(name: str) -> Callable[[int, int], None]:
        return lambda done, total: progress(name, done, total)

    kept, real = picture_features(network, files, info.resolution, device, stage("pictures"))
    held = sum(path in set(files[: plan.hold_out]) for path in kept)
    seeds = range(FIRST_SAMPLE, FIRST_SAMPLE + plan.samples)
    latents, drawn = sample_features(network, generator, seeds, plan.psi, stage("samples"))
    training = real[held:]
    _, fixed = sample_features(network, generator, plan.seeds, plan.seeds_psi)
    pictures = _fixed_pictures(generator, plan)
    near = find_nearest(fixed, training)
    path = _path_lengths(generator, network, plan, progress) if plan.pairs else None
    separable = None
    if labels is not None and plan.attributes:
        names = [path.name for path in kept]
        separable = measure_separability(labels, plan.attributes, names, real, latents, drawn)
    return Report(
        weights=info.weights.name if info.weights else info.family,
        samples=plan.samples,
        psi=plan.psi,
        seeds_psi=plan.seeds_psi,
        training=_whole_distances(training, drawn),
        held_out=_kernel_alone(real[:held], drawn) if held >= 2 else None,
        floor=1e3 * kernel_distance(training, real[:held]).value if held >= 2 else None,
        memorised=_memorised(near.distance, training),
        path=path,
        faces=look_for_faces(pictures, stage("faces")) if pictures else None,
        separable=separable,
        pictures=[(picture, kept[held + int(index)]) for picture, index in zip(pictures, near.index, strict=True)],
    )


def measure_separability(
    labels: Labels, attributes: Sequence[Attribute], names: Sequence[str], real: Tensor, latents: Tensor, drawn: Tensor
) -> Separability:
    """Label samples by a classifier of the labelled pictures, and see how well planes in w part them.

    Args:
        names: file names of the pictures whose features are `real` [n, d].
        latents: of the samples, `[m, num_ws, w_dim]`.
        drawn: the samples' features `[m, d]`.
    """
    entropies, classifiers = {}, {}
    for attribute in attributes:
        classifier = AttributeClassifier(real, labels.values(attribute, names), attribute.name)
        margin = classifier.margin(drawn)
        classifiers[attribute.name] = classifier.held_out
        entropies[attribute.name] = conditional_entropy(latents.flatten(1), margin > 0, margin.abs())
    return Separability(separability(list(entropies.values())), entropies, classifiers)


def _whole_distances(real: Tensor, drawn: Tensor) -> Distances:
    found = kernel_distance(real, drawn)
    count = min(len(real), len(drawn))
    shared = precision_recall(real[:count], drawn[:count])
    frechet = frechet_distance(real, drawn)
    return Distances(len(real), 1e3 * found.value, 1e3 * found.error, frechet, shared.precision, shared.recall)


def _kernel_alone(real: Tensor, drawn: Tensor) -> Distances:
    found = kernel_distance(real, drawn)
    return Distances(len(real), 1e3 * found.value, 1e3 * found.error)


def _memorised(distance: Tensor, training: Tensor) -> Memorised:
    own = neighbour_distance(training, 1)
    border = float(own.quantile(CLOSEST_SHARE))
    closer = int((distance < border).sum())
    return Memorised(float(distance.min()), float(distance.median()), border, float(own.median()), closer)


def _fixed_pictures(generator: Generator, plan: EvaluationPlan) -> list[Picture]:
    latents = truncate(generator.sample(plan.seeds), generator.mean, plan.seeds_psi)
    return [picture for part in draw_batches(generator, latents) for picture in to_pictures(part)]


def _path_lengths(
    generator: Generator, network: EfficientNetLite, plan: EvaluationPlan, progress: Progress
) -> PathLengths:
    def distance(a: Tensor, b: Tensor) -> Tensor:
        return perceptual_distance(network, resize_images(a, FEATURE_SIZE), resize_images(b, FEATURE_SIZE))

    def measured(space: Literal["z", "w"], where: Literal["full", "ends"], nth: int) -> float:
        return path_length(
            generator,
            distance,
            space=space,
            where=where,
            pairs=plan.pairs,
            epsilon=plan.epsilon,
            progress=lambda done: progress("paths", nth * plan.pairs + done, 4 * plan.pairs),
        )

    return PathLengths(
        measured("z", "full", 0), measured("z", "ends", 1), measured("w", "full", 2), measured("w", "ends", 3)
    )


def measure_kernel_distance(
    generator: Generator,
    network: EfficientNetLite,
    files: Sequence[Path],
    plan: EvaluationPlan,
    progress: Progress = lambda _stage, _done, _all: None,
) -> float:
    """Return a generator's kernel distance, times 1,000, to the held-out pictures; to all where none are held out."""
    judged = files[: plan.hold_out] if plan.hold_out >= 2 else files
    device, resolution = generator.mean.device, generator.info.resolution
    _, real = picture_features(network, judged, resolution, device)
    seeds = range(FIRST_SAMPLE, FIRST_SAMPLE + plan.samples)
    _, drawn = sample_features(
        network, generator, seeds, plan.psi, lambda done, total: progress("the other", done, total)
    )
    return _kernel_alone(real, drawn).kernel
