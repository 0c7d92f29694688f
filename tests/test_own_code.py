"""A person's own code: what is read off its text without running it, and what happens when it is run."""

import sys
from pathlib import Path
from textwrap import dedent

import pytest

from tui_trainer.named_data import as_path, code_reference, in_the_plane
from tui_trainer.own_code import source
from tui_trainer.own_module import load
from tui_trainer.own_parameters import Parameter, parameters
from tui_trainer.sentence import InputError

NETS = '''
    """Nets."""
    raise SystemExit("this file was run")
    from dataclasses import dataclass
    from typing import Literal
    from torch import nn
    SIZE = 3

    class Base(nn.Module):
        """A net.

        Args:
            hidden: units of the
                hidden layer
            kind: of what kind
        """
        def __init__(self, hidden: int, rate: float = 1, kind: Literal["a", "b"] = "a", *, bias=True, sizes=(1, 2),
                     given: int = SIZE, **more):
            super().__init__()

    class Net(Base):
        pass

    @dataclass
    class Fields:
        depth: int
        name: str = "x"

    def make(inputs, outputs: "int", seed=0):
        """Make one.

        Parameters
        ----------
        seed : int
            of the weights
        """

    def wants(model, what): ...
    partial = make
'''


@pytest.fixture
def file(tmp_path, monkeypatch):
    """A function that writes such a file, and says what a name in it is called from everywhere."""
    monkeypatch.setattr(sys, "path", list(sys.path))

    def write(text: str = NETS, name: str = "nets.py"):
        (tmp_path / name).write_text(dedent(text))
        return lambda attribute: code_reference(f"{tmp_path / name}:{attribute}")

    return write


def test_names_of_code_are_told_from_data():
    assert code_reference("my_net.py:Net") == ("my_net.py", "Net")
    assert code_reference("~/a b/my-net.py:Net").file
    assert not code_reference("package.module:make").file
    for text in ("article", "x1*x2 > 0", "data.csv", "x:", "https://x/y.py:8080", "a b:c", "C:1"):
        assert code_reference(text) is None, text
    assert as_path("my_data.py:make") is None
    assert not in_the_plane("x1.py:make")


def test_parameters_are_read_without_running_the_file(file):
    named = file()
    hidden = Parameter("hidden", int, None, (), "units of the hidden layer")
    rest = [Parameter("rate", float, 1.0), Parameter("kind", str, "a", ("a", "b"), "of what kind")]
    assert parameters(named("Net")) == (hidden, *rest, Parameter("bias", bool, True))
    assert parameters(named("Fields")) == (Parameter("depth", int), Parameter("name", str, "x"))
    assert parameters(named("make"), given=1) == (
        Parameter("outputs", int),
        Parameter("seed", int, 0, (), "of the weights"),
    )
    assert parameters(named("make"), given=1, also=("seed",)) == (Parameter("outputs", int),)
    assert parameters(named("partial")) == ()


def test_a_plain_type_or_none_is_told_from_what_keeps_its_default(file):
    named = file("""
        from typing import Literal, Optional, Union
        def make(rate: float | None = 1, depth: Optional[int] = None, name: "str | None" = "x", old: int = None,
                 flag: Union[None, bool] = True, kind: Optional[Literal["a", "b"]] = "a", other: Literal[1, None] = 1,
                 least: int | None = 2, *, asked: "Optional[int]", word: str | None = "None",
                 mixed: int | str | None = None, thing: list | None = None, bare=None): ...
    """)
    assert parameters(named("make")) == (
        Parameter("rate", float, 1.0, optional=True),
        Parameter("depth", int, None, optional=True),
        Parameter("name", str, "x", optional=True),
        Parameter("old", int, None, optional=True),
        Parameter("flag", bool, True, optional=True),
        Parameter("kind", str, "a", ("a", "b"), optional=True),
        Parameter("other", int, 1, (1,), optional=True),
        Parameter("least", int, 2, optional=True),
        Parameter("asked", int, None, optional=True),
        Parameter("word", str, "None"),  # where the word is a text of its own, it is that
    )


@pytest.mark.parametrize(
    ("text", "name", "said"),
    [
        (NETS, "Nett", "'Nett' is unknown; did you mean Net? there are Base, Net, Fields, make, wants"),
        (NETS, "wants", "it asks for model, what, without a default"),
        ("x = 1", "Net", "there is no 'Net', nor any other function or class"),
        ("def make(:\n    pass", "make", "nets.py, line 1: invalid syntax: def make(:"),
        ("def make(): return '\0'", "make", "nets.py: source code string cannot contain null bytes"),
    ],
)
def test_what_is_wrong_with_a_name_is_said_in_a_line(file, text, name, said):
    with pytest.raises(InputError, match=r"nets\.py:") as refused:
        parameters(file(text)(name))
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(InputError, match=rf"^{tmp_path}/none\.py: no such file"):
        source(code_reference(f"{tmp_path}/none.py:Net"))
    with pytest.raises(InputError, match="there is no module 'nowhere'"):
        source(code_reference("nowhere.at_all:Net"))


def test_a_module_is_found_without_importing_its_packages(tmp_path, monkeypatch):
    (tmp_path / "some_package").mkdir()
    (tmp_path / "some_package" / "__init__.py").write_text("NAME = 'some'\n")
    (tmp_path / "some_package" / "net.py").write_text("from . import NAME\ndef make(a=1): return NAME, a\n")
    monkeypatch.syspath_prepend(tmp_path)
    reference = code_reference("some_package.net:make")
    assert parameters(reference) == (Parameter("a", int, 1),)
    assert "some_package" not in sys.modules
    assert load(reference)() == ("some", 1)


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package whose nets are in a module of it; none of its files may be run by who only reads."""
    stop = "raise SystemExit('this was run')\n"
    (tmp_path / "kit_of_nets" / "deep").mkdir(parents=True)
    for name, text in {
        "__init__.py": "from .nets import Net, make as made\nfrom .deep.inner import Inner\nfrom . import nets\n",
        "nets.py": "from kit_of_nets.deep import Inner as Deeper\ndef make(depth=2): ...\nclass Net:\n"
        "    '''A net.\n\n    Args:\n        width: how wide\n    '''\n    def __init__(self, width: int = 5): ...\n",
        "deep/__init__.py": "from .inner import Inner\nfrom ..loops import Round\n",
        "deep/inner.py": "class Base:\n    def __init__(self, rate=0.5): ...\nclass Inner(Base): ...\n",
        "loops.py": "from .deep import Round\nfrom .nowhere import Lost\nfrom .nets import Missing\n"
        "from ....beyond import Out\nfrom math import sin\nfrom .deep import Inner as Outer, Other as Inner\n",
    }.items():
        (tmp_path / "kit_of_nets" / name).write_text(stop + text)
    monkeypatch.syspath_prepend(tmp_path)


@pytest.mark.usefixtures("package")
def test_what_is_imported_has_the_parameters_of_where_it_is_defined(file):
    width, rate = Parameter("width", int, 5, (), "how wide"), Parameter("rate", float, 0.5)
    named = file(
        "from kit_of_nets import Net as Mine, made\nfrom kit_of_nets.nets import Deeper\nfrom .nets import Net"
    )
    assert parameters(named("Mine")) == (width,)
    assert parameters(named("made")) == (Parameter("depth", int, 2),)
    assert parameters(named("Deeper")) == (rate,)
    assert parameters(named("Net")) == (), "a file is in no package"
    assert parameters(code_reference("kit_of_nets:Net")) == (width,)
    assert parameters(code_reference("kit_of_nets:Inner")) == (rate,)
    assert parameters(code_reference("kit_of_nets.loops:Outer")) == (rate,)
    for name in ("Round", "Lost", "Missing", "Out", "sin", "Inner"):  # in a circle, and to where there is no text of it
        assert parameters(code_reference(f"kit_of_nets.loops:{name}")) == (), name
    assert source(code_reference("kit_of_nets:Net")).path.name == "__init__.py"
    with pytest.raises(InputError, match=r"^kit_of_nets:Nett: there is no 'Nett'"):
        parameters(code_reference("kit_of_nets:Nett"))
    assert "kit_of_nets" not in sys.modules


def test_what_is_imported_is_what_its_file_says_by_now(file, tmp_path):
    """Also where the file that is named has not changed: its parameters are the new ones."""
    (tmp_path / "kit_by_now").mkdir()
    (tmp_path / "kit_by_now" / "__init__.py").write_text("from .inner import make\n")
    named = file("from kit_by_now import make\ndef other(): return make")
    sys.path.insert(0, str(tmp_path))
    for default in (1, 22, 333):
        (tmp_path / "kit_by_now" / "inner.py").write_text(f"def make(a{default}={default}): return a{default}\n")
        for place in (named("make"), code_reference("kit_by_now:make")):
            (asked,) = parameters(place)
            assert load(place)(**{asked.name: asked.default}) == default
        assert load(named("other"))() is load(named("make")), "the file ran twice"


def test_a_changed_text_is_run_anew_with_the_files_beside_it(file):
    file("VALUE = 1", "beside_it.py")
    named = file("from beside_it import VALUE\ndef value(): return VALUE, 'one'")
    first = load(named("value"))
    assert first() == (1, "one")
    assert load(named("value")) is first
    before = source(named("value"))
    file("VALUE = 2", "beside_it.py")
    file("from beside_it import VALUE\ndef value(): return VALUE, 'two'")
    assert load(named("value"))() == (2, "two")
    assert source(named("value")).sha256 != before.sha256


def test_what_goes_wrong_in_a_file_is_said_with_its_line(file):
    with pytest.raises(InputError, match=r"^broken\.py, line 3: ValueError: no luck$"):
        load(file("def make(): pass\n\nraise ValueError('no luck')\n", "broken.py")("make"))
    with pytest.raises(InputError, match=r"^stops\.py, line 2: SystemExit: 3$"):
        load(file("import sys\nsys.exit(3)\ndef make(): pass", "stops.py")("make"))


def test_a_file_that_is_called_like_a_module_takes_its_place_from_none(file):
    assert load(file("def make(): return 'mine'", "random.py")("make"))() == "mine"
    assert Path(sys.modules["random"].__file__).parent != Path(__file__).parent
    assert hasattr(sys.modules["random"], "gauss")


def test_a_package_itself_is_run_as_one(tmp_path, monkeypatch):
    (tmp_path / "some_kit").mkdir()
    (tmp_path / "some_kit" / "__init__.py").write_text("from .net import make as inner\ndef make(): return inner()\n")
    (tmp_path / "some_kit" / "net.py").write_text("def make(): return 'inner'\n")
    monkeypatch.syspath_prepend(tmp_path)
    assert load(code_reference("some_kit:make"))() == "inner"


def test_what_is_installed_is_taken_as_it_is_imported():
    """The text of torch.optim can't be run a second time."""
    from torch.optim import AdamW

    reference = code_reference("torch.optim:AdamW")
    assert load(reference) is AdamW
    assert Parameter("foreach", bool, optional=True) in parameters(reference, 1)
