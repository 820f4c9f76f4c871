"""Topics of a desk that show parts describe by themselves: MIDI, modulation, sound, presets, generator, and more."""

from collections.abc import Callable, Mapping
from typing import Any

from likeness.audio.describe import AudioDescription
from likeness.audio.features import AudioFeatures
from likeness.generator import GeneratorInfo
from likeness.host.host import Host
from likeness.parameters.describe import describe_modulators
from likeness.parameters.modulation import Modulation
from likeness.parameters.store import ParamStore
from likeness.show.audience import AudienceStage
from likeness.show.camera import CameraStage
from likeness.show.controls import Controls
from likeness.show.describe_generator import GeneratorDescription
from likeness.show.describe_presets import PresetsDescription
from likeness.show.describe_rack import RackDescription
from likeness.show.generator_swap import GeneratorSwap
from likeness.show.preset_commands import PresetCommands
from likeness.show.preset_morph import PresetMorph
from likeness.show.rack_editor import RackEditor

# How often each is worth asking, in seconds.
AT_ONCE_S, METER_S, SLOW_S = 0.0, 0.1, 0.25

Describe = Callable[[], Any]


def describe_show(
    store: ParamStore,
    host: Host,
    modulation: Modulation,
    presets: PresetCommands,
    morph: PresetMorph,
    editor: RackEditor,
    swap: GeneratorSwap,
    camera: CameraStage,
    audience: AudienceStage,
    controls: Controls,
    info: Callable[[], GeneratorInfo],
    heard: Callable[[], AudioFeatures],
    *,
    listening: bool,
    watching: bool,
) -> Mapping[str, tuple[Describe, float]]:
    """Return what describes each topic, and how often to ask it in seconds.

    All may be called on one thread beside the show's; each says why that is safe. None waits for another thread, and
    folders are read at most once a second.

    Args:
        store, host, modulation, presets, morph, editor, swap, camera, audience, controls: of the show.
        info: returns that of the generator that plays.
        heard: returns the newest features of the sound.
        listening: whether there is sound.
        watching: whether plugins are reloaded when their files change.
    """
    audio = AudioDescription(heard, on=listening)
    rack = RackDescription(store, host, editor, watching=watching)
    names, generator = PresetsDescription(presets, morph), GeneratorDescription(swap, info)
    return {
        "midi": (controls.describe_midi, AT_ONCE_S),
        # A tuple of frozen values, replaced as a whole.
        "modulation": (lambda: describe_modulators(modulation.entries), AT_ONCE_S),
        "audio": (audio.describe, METER_S),
        "presets": (names.describe, SLOW_S),
        "generator": (generator.describe, METER_S),
        # The host replaces its tuple of states as a whole.
        "camera": (lambda: camera.describe(host.visitors), SLOW_S),
        # A frozen value, replaced as a whole.
        "audience": (audience.describe, SLOW_S),
        "rack": (rack.describe, SLOW_S),
    }
