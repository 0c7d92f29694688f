"""Ask nets about a row that is typed in, or about the rows of a file."""

import threading
import traceback
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.message import Message
from textual.screen import ModalScreen
from textual.suggester import SuggestFromList
from textual.widget import Widget
from textual.widgets import Input, Label, Static

from tui_trainer.escape import printable
from tui_trainer.experiment import Experiment
from tui_trainer.named_data import pasted_path
from tui_trainer.sentence import InputError
from tui_trainer.tui.screens.sized import SizedScreen
from tui_trainer.tui.widgets.form import PlainInput
from tui_trainer.wording import count

if TYPE_CHECKING:
    from tui_trainer.data.columns import ReadAs
    from tui_trainer.engine.predictor import Predictor

MOST_FIELDS = 40
MOST_CLASSES = 5
BAR = 20  # cells of a probability of 1
CLOSE_SECONDS = 3.0


class PredictScreen(ModalScreen[None], SizedScreen):
    """A form of the columns that the nets learned from: what they predict is shown with each letter that is typed."""

    BINDINGS = [
        Binding("escape", "dismiss", "close"),
        Binding("up", "app.focus_previous", "before"),
        Binding("down,enter", "app.focus_next", "next"),
        Binding("pageup", "turn(-1)", "the word before"),
        Binding("pagedown", "turn(1)", "the next word"),
    ]

    class Loaded(Message):
        """The nets are there, or why there are none."""

        def __init__(self, nets: "Mapping[str, Predictor]", trouble: str = "") -> None:
            super().__init__()
            self.nets, self.trouble = nets, trouble

    class Written(Message):
        """A file was written, or not, as these words say."""

        def __init__(self, words: str, wrong: bool) -> None:
            super().__init__()
            self.words, self.wrong = words, wrong

    def __init__(self, when: str, experiment: Experiment, load: "Callable[[], Mapping[str, Predictor]]") -> None:
        """when: of which moment the nets are; experiment: says how their table is read; load: makes the nets, which
        takes a while; raises InputError.
        """
        super().__init__()
        self._when, self._experiment, self._load = when, experiment, load
        self._nets: Mapping[str, Predictor] = {}
        self._texts: list[str] = []
        self._threads: list[threading.Thread] = []

    def compose(self) -> ComposeResult:
        with Vertical(id="predict", classes="dialog") as box:
            box.border_title = f"Predict · {self._when}"
            box.border_subtitle = "↑ ↓ fields · PgDn words · esc close"
            yield VerticalScroll(id="row", can_focus=False)
            yield Static("loading…", id="prediction", markup=False)
            with Vertical(id="files"):
                with Horizontal(classes="field"):
                    yield Label("rows of a file", markup=False)
                    yield PlainInput(id="from", placeholder="new.csv", compact=True)
                with Horizontal(classes="field"):
                    yield Label("written to", markup=False)
                    yield PlainInput(id="to", placeholder="out.csv · ⏎ writes", compact=True)
            yield Static(id="written", markup=False)

    def on_mount(self) -> None:
        self.query_one("#row").display = self.query_one("#files").display = False
        self._in_background(self._loading)

    def on_unmount(self) -> None:
        for thread in self._threads:  # one inside PyTorch at Python's end would crash it
            thread.join(CLOSE_SECONDS)

    def _in_background(self, work: Callable[[], None]) -> None:
        thread = threading.Thread(target=work, daemon=True)
        self._threads = [*(each for each in self._threads if each.is_alive()), thread]
        thread.start()

    def _loading(self) -> None:
        try:
            self.post_message(self.Loaded(self._load()))
        except InputError as error:
            self.post_message(self.Loaded({}, str(error)))
        except Exception:
            self.post_message(self.Loaded({}, traceback.format_exc().strip().splitlines()[-1]))

    # A row that is typed in

    @property
    def _columns(self) -> "Sequence[ReadAs]":
        """What the nets want to know, which is the same for all of them."""
        return next(iter(self._nets.values())).inputs.columns

    async def on_predict_screen_loaded(self, message: "PredictScreen.Loaded") -> None:
        if not message.nets:
            self.query_one("#prediction", Static).update(Text(printable(message.trouble)))
            self.set_class(True, "-wrong")
            return
        self._nets = message.nets
        if any(net.shape for net in self._nets.values()):
            self._ask_for_pictures()
            return
        self._texts = next(iter(self._nets.values())).inputs.typical
        fields: list[Widget] = []
        for place, (column, text) in enumerate(zip(self._columns[:MOST_FIELDS], self._texts, strict=False)):
            words = SuggestFromList(column.words) if column.words else None
            typed = PlainInput(
                text, id=f"column-{place}", compact=True, select_on_focus=True, suggester=words, placeholder="a value"
            )
            fields.append(Horizontal(Label(printable(column.column), markup=False), typed, classes="field"))
        more = len(self._columns) - len(fields)
        if more:
            fields.append(Label(f"and {count(more, 'column')} more, which stay as they are on average", markup=False))
        await self.query_one("#row").mount_all(fields)
        self.query_one("#row").display = self.query_one("#files").display = True
        self.query_one("#column-0", Input).focus()
        self._predict()

    def _ask_for_pictures(self) -> None:
        """Nobody types pixels: pictures are in a file, or in files."""
        words = "pictures: a file, a folder, or an array as the net learned from"
        self.query_one("#prediction", Static).update(words)
        self.query_one("#files Label", Label).update("pictures")
        self.query_one("#files").display = True
        self.query_one("#from", Input).placeholder = "new pictures"
        self.query_one("#from", Input).focus()

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        if event.input.id and event.input.id.startswith("column-"):
            self._texts[int(event.input.id.removeprefix("column-"))] = event.value
            self._predict()

    def action_turn(self, by: int) -> None:
        """The next word of the column that one is at, where it has words."""
        field = self.focused
        if not isinstance(field, Input) or not (field.id or "").startswith("column-"):
            return
        column = self._columns[int(str(field.id).removeprefix("column-"))]
        words = column.words or (("no", "yes") if column.kind == "switch" else ())
        if words:
            place = words.index(field.value) + by if field.value in words else 0
            field.value = words[place % len(words)]

    def _predict(self) -> None:
        """Show what the nets say of the row as it stands, or what is wrong with it."""
        shown = self.query_one("#prediction", Static)
        try:
            lines = [self._line(name, net) for name, net in self._nets.items()]
        except InputError as error:
            lines = [Text(printable(str(error)))]
            self.set_class(True, "-wrong")
        else:
            self.set_class(False, "-wrong")
        shown.update(Text("\n").join(lines))

    def _line(self, name: str, net: "Predictor") -> Text:
        """A net's prediction, and of classes how probable those are that are most so."""
        said = net(net.inputs.of_texts(self._texts))
        title = f"{printable(net.target)}{f' ({printable(name)})' if len(self._nets) > 1 else ''}  "
        if not said.finite[0]:
            raise InputError("these values are beyond what the net gives a finite number for")
        line = Text.assemble(title, (printable(net.in_words(said.values[0])), "bold"))
        shares = sorted(zip(said.probabilities[0].tolist(), net.classes, strict=True), reverse=True)
        width = max((len(printable(each)[:20]) for _, each in shares[:MOST_CLASSES]), default=0)
        for share, each in shares[: MOST_CLASSES if len(self._nets) == 1 else 2]:
            line.append(f"\n  {printable(each)[:20]:<{width}} {share:>6.1%} {'█' * round(share * BAR)}")
        return line

    # The rows of a file

    @on(Input.Submitted, "#from")
    def _to_the_other(self) -> None:
        self.query_one("#to").focus()

    @on(Input.Submitted, "#to")
    def _write(self) -> None:
        rows, to = (self.query_one(f"#{name}", Input).value.strip() for name in ("from", "to"))
        if not rows or not to:
            self._say("give a file with rows, and one that predictions are written to", wrong=True)
            return
        self._say(f"writing {to}…")
        self._in_background(lambda: self._writing(Path(pasted_path(rows)), Path(pasted_path(to))))

    def _writing(self, rows: Path, to: Path) -> None:
        from tui_trainer.export.predictions import predict_file
        from tui_trainer.files import open_for_person
        from tui_trainer.runs.predict import read_like

        try:
            asked, missing = read_like(self._experiment, {})
            with open_for_person(to.expanduser()) as file:
                number, notes = predict_file(self._nets, rows.expanduser(), asked, missing, file)
        except InputError as error:
            self.post_message(self.Written(str(error), wrong=True))
        except Exception as error:  # a bug, which the person who waits for the file must see
            self.post_message(self.Written(f"{to}: not written: {type(error).__name__}: {error}", wrong=True))
        else:
            words = "; ".join([f"{to}: {count(number, 'prediction')} written", *notes])
            self.post_message(self.Written(words, wrong=False))

    def on_predict_screen_written(self, message: "PredictScreen.Written") -> None:
        self._say(message.words, message.wrong)

    def _say(self, words: str, wrong: bool = False) -> None:
        said = self.query_one("#written", Static)
        said.update(Text(printable(words)))
        said.set_class(wrong, "-wrong")
