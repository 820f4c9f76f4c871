"""OSC commands that recall and save presets."""

import logging
from collections.abc import Callable, Mapping

from likeness.errors import PresetError
from likeness.files.names import parse_name
from likeness.files.paths import search_dirs, user_dir
from likeness.host.host import Host
from likeness.master import BY_HAND
from likeness.options import Options
from likeness.parameters.modulation import Modulation
from likeness.parameters.presets import Preset, find_preset, read_preset, save_preset
from likeness.parameters.store import ParamStore
from likeness.params import to_number
from likeness.show.load_rack import warn_of_clamped

log = logging.getLogger(__name__)


def with_options(preset: Preset, options: Options) -> Preset:
    """Return `preset` with what `options` say instead of its [show] table, so that what is saved plays as it did."""
    show = preset.show
    played = {
        "weights": options.weights or show.weights,
        "heads": options.heads or show.heads or 1,
        "fps": options.fps or show.fps,
        "size": show.size if options.size is None else "x".join(map(str, options.size)),
        "fit": options.fit or show.fit,
        "takeover": options.takeover or show.takeover,
    }
    return preset.model_copy(update={"show": show.model_copy(update=played)})


class PresetCommands:
    """Commands by address; each may be called on any thread, with whatever arguments came.

    Args:
        store, host: of the show.
        preset: what the show was built from; what is saved is this with the current values and rack.
        seed: of the show.
        modulation: the modulators; those of a recalled preset replace them.

    Attributes:
        current: name of the preset that was recalled or saved last, or that the show began with. Any thread.
    """

    def __init__(
        self, store: ParamStore, host: Host, preset: Preset, seed: int, modulation: Modulation | None = None
    ) -> None:
        self._modulation = modulation or Modulation(seed)
        self._store, self._host, self._preset, self._seed = store, host, preset, seed
        self.current = preset.name
        self.commands: Mapping[str, Callable[..., None]] = {
            "/preset/recall": self.recall_preset,
            "/preset/save": self.save_preset,
        }

    def recall_preset(self, name: object, seconds: object = 0.0) -> None:
        """Let the values of the preset `name` travel in over `seconds`; what does not fit is logged and left out.

        The master stays as it is: a blackout is lifted by the hand that pressed it.

        Raises:
            PresetError: where there is none of that name.
        """
        path = find_preset(str(name), search_dirs("presets"))
        preset = read_preset(path)
        values = {address: value for address, value in preset.flat_values().items() if address not in BY_HAND}
        travel = max(to_number(seconds) or 0.0, 0.0)
        for line in self._store.recall(values, travel):
            log.warning("preset %s: %s", name, line)
        warn_of_clamped(self._store, values)
        self._store.run(lambda: self._modulation.replace(preset.modulation, travel))
        self.current = path.stem

    def change_program(self, number: int) -> None:
        """Recall the preset that stands at place `number`, from 0, in the `programs` of the `[show]` table.

        Raises:
            PresetError: where there is no such place or preset.
        """
        programs = self._preset.show.programs
        if number >= len(programs):
            raise PresetError(f"there is no program {number}; list presets as programs in the preset's [show] table")
        self.recall_preset(programs[number])

    def save_preset(self, name: object) -> None:
        """Write the parameters' targets, wherever their glides are, as a preset in the user's folder.

        Raises:
            PresetError: where the name or the disk does not allow it.
        """
        # With the ending it would be read as a path.
        plain = parse_name(str(name).removesuffix(".toml"), "a preset's name", PresetError)
        path = user_dir("presets") / f"{plain}.toml"
        save_preset(path, self.current_preset().model_copy(update={"title": plain}))
        self.current = path.stem
        log.info("saved %s", path)

    def record_weights(self, name: str) -> None:
        """Record `name` as the weights in everything saved from now on. The show's thread."""
        show = self._preset.show.model_copy(update={"weights": name})
        self._preset = self._preset.model_copy(update={"show": show})

    def current_preset(self) -> Preset:
        """Return the show of the moment as a preset: what the parameters are set to, wherever their glides are."""
        values = self._store.targets()
        show = values.pop("show")
        # Where the hand stands in the past means nothing to another night.
        values.pop("history", None)
        # Nor does the fader between two presets.
        values.pop("preset", None)
        # Nor does a shift key that is held.
        values.get("cue", {}).pop("arm", None)
        table = self._preset.show.model_copy(
            update={"plugins": tuple(slot.name for slot in self._host.rack), "seed": self._seed, **show}
        )
        played = {"name": self.current, "modulation": self._modulation.entries, "values": values}
        return self._preset.model_copy(update={"show": table, **played})
