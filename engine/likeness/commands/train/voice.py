"""`likeness train voice` and `likeness train mouth`: what a face that speaks hears, and how its mouth moves."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from likeness.options import Force, ranged
from likeness.ranges import COUNT, SEED, Range

VOICES = ("slt", "awb", "kal16", "ked_diphone", "cmu_us_slt_arctic_hts")


def voice(
    *,
    output: Annotated[Path, Parameter(name=("--output", "-o"))],
    voices: tuple[str, ...] = VOICES,
    hold_out: str = "rms",
    steps: Annotated[int, ranged(COUNT)] = 1800,
    hidden: Annotated[int, ranged(Range(4, 512))] = 80,
    variations: Annotated[int, ranged(Range(0, 100))] = 3,
    delay: Annotated[int, ranged(Range(0, 20, "rows of 10 ms"))] = 3,
    seed: Annotated[int, ranged(SEED)] = 0,
    force: Force = False,
) -> None:
    """Train the network by which the plugin speak turns a voice into the shapes of a mouth: minutes on one core.

    It learns from speech that the programs flite and festival say, which tell when each sound ends; on Debian and
    Ubuntu: apt-get install flite festival festvox-kdlpc16k festvox-us-slt-hts. Nothing of them is in the result.

    Parameters
    ----------
    output
        The .safetensors file to write; as voice.safetensors in ~/.likeness/weights the plugin takes it.
    voices
        Names of the voices to learn from: slt, awb, kal16 and rms of flite, ked_diphone and cmu_us_slt_arctic_hts of
        festival.
    hold_out
        The voice on which the result is measured, with sentences that no other voice has said.
    steps
        Steps of learning.
    hidden
        Size of the network's memory.
    variations
        How often each sentence is heard again, from another throat, in a room, in noise.
    delay
        By how many rows the lips follow the sound; a delay makes them surer.
    seed
        Of everything random.
    """
    import torch
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    from likeness.files.free_name import claimed
    from likeness.training.voice.fit import VoiceSettings, describe_report, fit_voice, measure_voice, write_voice
    from likeness.training.voice.sentences import HELD_OUT, SENTENCES
    from likeness.training.voice.speech import check_voices, say_all

    columns = (TextColumn("{task.description:10}"), BarColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    # So small a network is no faster on more, and sums of several threads differ in their last bits.
    torch.set_num_threads(1)
    settings = VoiceSettings(steps, hidden, variations, delay, seed)
    check_voices(voices)
    check_voices([hold_out])
    with claimed([output], force=force) as [path], Progress(*columns) as progress:
        speaking, learning = progress.add_task("speaking"), progress.add_task("learning")

        def show_speech(done: int, total: int) -> None:
            progress.update(speaking, completed=done, total=total)

        def show_steps(done: int, total: int) -> None:
            progress.update(learning, completed=done, total=total)

        said = say_all(voices, SENTENCES, show_speech)
        tensors = fit_voice(said, settings, show_steps)
        report = measure_voice(tensors, say_all([hold_out], HELD_OUT), delay)
        write_voice(path, tensors, delay)
    for line in describe_report(report, hold_out):
        print(line)
    print(f"The result is in {path.resolve()} ({path.stat().st_size / 1e3:.0f} kB)")


def mouth(shapes: Path, *, output: Annotated[Path, Parameter(name=("--output", "-o"))], force: Force = False) -> None:
    """Make the moves of a mouth on a composite's mean face, from shapes of expressions: a second.

    Parameters
    ----------
    shapes
        An .npz file with the names, fields and mask of ICT-FaceKit's expression shapes, seen from the front.
    output
        The .safetensors file to write: NAME.mouth.safetensors beside the weights NAME whose faces it moves.
    """
    from likeness.files.free_name import claimed
    from likeness.training.mouth_fields import bake_mouth

    with claimed([output], force=force) as [path]:
        size = bake_mouth(shapes, path)
    print(f"The result is in {output.resolve()} ({size / 1e3:.0f} kB)")
