"""The keys as a person wants them: those of a set, such as vim's, and those that stand under `[keys]` in app.toml."""

import re
import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from itertools import combinations

from textual.binding import Binding, InvalidBinding
from textual.keys import Keys, format_key

from tui_trainer.catalog import KEY_SETS
from tui_trainer.sentence import InputError
from tui_trainer.tui.keys import EXERCISE_KEYS, SCREENS, Key
from tui_trainer.wording import quoted, unknown

KNOWN = {key.id: key for screen in reversed(SCREENS.values()) for key in screen}  # the training screen's come last
NAMED = re.compile(r"\{([^\s{}]+)\}")
SET = "set"  # the name under [keys] that chooses a set


@dataclass(frozen=True)
class KeySet:
    """Keys that come along. moved: by what is moved; motions: what is pressed, and for which key it stands."""

    moved: Mapping[str, str] = field(default_factory=dict)
    motions: Mapping[str, str] = field(default_factory=dict)


STANDARD = KeySet()
# What had one of vim's letters has another; a lesson's h and the G of the training screen stay what they are.
VIM = KeySet(
    {"log": "ctrl+l", "pin": "K", "goal": "Z"},
    {"h": "left", "j": "down", "k": "up", "l": "right", "g g": "home", "G": "end", ":": "ctrl+p"},
)


class Keymap:
    """Which keys do what, beside those of keys.py."""

    def __init__(self, moved: Mapping[str, str], motions: Mapping[str, str]) -> None:
        """moved: the keys of what has others than in keys.py, with commas between them."""
        self.moved, self.motions = dict(moved), motions

    def shown(self, id: str | None) -> str:
        """How the keys are written that something was moved to; empty where it was not."""
        return " ".join(format_key(key) for key in self.moved.get(id or "", "").split(",") if key)

    def name(self, id: str) -> str:
        """The key that does something, as it is written; empty for what no key does."""
        return self.shown(id) or (KNOWN[id].name if id in KNOWN else "")

    def words(self, text: str) -> str:
        """A text with the keys in force for `{go}` and such: what a key does stands there, by its name in a keymap."""
        return NAMED.sub(lambda found: self.name(found[1]) or found[0], text)

    def mapped(self, keys: Sequence[Key]) -> list[Key]:
        """These keys as they are by now."""
        return [
            replace(key, key=self.moved[key.id], shown=self.shown(key.id)) if key.id in self.moved else key
            for key in keys
        ]


def read_keymap(wanted: Mapping[str, str], chosen: str = "") -> tuple[Keymap, str]:
    """The keymap of what stands under `[keys]`, and in a line what is wrong there; all else is heeded.

    chosen: the set for this sitting, whichever stands there.
    """
    own, troubles = dict(wanted), list[str]()
    name = own.pop(SET, "standard")
    if not chosen and name not in KEY_SETS:
        troubles.append(f"{SET}: {unknown(name, KEY_SETS)}")
        name = "standard"
    keys: KeySet = KEY_SETS[chosen or name].load()
    moved = dict(keys.moved)
    for id, text in own.items():
        try:
            if id not in KNOWN:
                near = get_close_matches(id[:80], KNOWN, n=1)
                meant = f"did you mean {near[0]}?" if near else "take the names of the footer, with - for a space"
                raise InputError(f"{quoted(id)} is unknown; {meant}")
            moved[id] = _read_keys(text, typed=KNOWN[id] in EXERCISE_KEYS)
        except InputError as error:
            troubles.append(str(error))
    while clash := _clash(moved):
        key, place, *ids = clash
        stays = next(id for id in reversed(moved) if id in ids)
        troubles.append(f"{format_key(key)} would be {' and '.join(ids)} on the screen of {place}; {stays} stays")
        del moved[stays]
    said = f"keys: {'; '.join(troubles)}; all else holds" if troubles else ""
    return Keymap(moved, keys.motions), said


def _read_keys(text: str, typed: bool) -> str:
    """Keys as Textual calls them, with commas between. Raises InputError for what is no key."""
    try:
        keys = [binding.key for binding in Binding.make_bindings([Binding(text, "none")])]
    except InvalidBinding:
        keys = []
    for key in keys or [""]:
        plain = re.sub(r"^((ctrl|shift|alt)\+)+", "", key)
        if plain not in NAMES:
            raise InputError(f"{quoted(text)} is no key; write one as n, N, f2, ctrl+s or question_mark")
        if typed and key in LETTERS:
            raise InputError(f"{quoted(text)} is typed into an exercise's lines; take one such as ctrl+s or f2")
    return ",".join(keys)


def _clash(moved: Mapping[str, str]) -> tuple[str, ...]:
    """A key that would do two things on a screen, that screen, and both things; nothing where there is none."""
    keymap = Keymap(moved, {})
    for place, keys in SCREENS.items():
        for one, other in combinations(keymap.mapped(keys), 2):
            if both := {*one.keys} & {*other.keys}:
                return min(both), place, one.id, other.id
    return ()


def _name(sign: str) -> str:
    return next(iter(Binding.make_bindings([Binding(sign, "none")]))).key


LETTERS = {_name(sign) for sign in string.printable if sign.isprintable() and sign not in " ,"} | {"comma", "space"}
NAMES = {key.value for key in Keys} | LETTERS
