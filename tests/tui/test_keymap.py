"""A key means the same on every screen."""

from tui_trainer.tui.keys import SAME_IN_KIND, SCREENS


def test_a_key_means_the_same_on_every_screen_and_a_name_stands_for_one_key():
    meanings: dict[str, set[str]] = {}
    keys_of: dict[str, set[str]] = {}
    for keys in SCREENS.values():
        assert len({key.id for key in keys}) == len(keys)
        for key in keys:
            keys_of.setdefault(key.id, set()).add(key.keys[0])
            for each in key.keys:
                meanings.setdefault(each, set()).add(key.id)
    several = {key for key, ids in meanings.items() if len(ids) > 1}
    assert several == set(SAME_IN_KIND), "what does another thing elsewhere says why, and nothing else does"
    assert [id for id, keys in keys_of.items() if len(keys) > 1] == []
