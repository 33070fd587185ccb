"""Progress as people see it: a table that moves on a terminal, a line for each step that ends elsewhere."""

from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from typing import Final

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from xcp_reconciler.model.status import Status
from xcp_reconciler.ports.sink import News
from xcp_reconciler.refs import Ref
from xcp_reconciler.report.progress import Line, LineState, Progress, phase_of, seconds

_BAR: Final = 20
# Lines below the table, and one to spare: a table that is higher than the terminal cannot be redrawn.
_MARGIN: Final = 3
_REFRESH_HZ: Final = 8
_LONGEST: Final = 36
_TIME: Final = 6

_STYLES: Final = {
    LineState.WAITING: "dim",
    LineState.RUNNING: "",
    LineState.SETTLED: "green",
    LineState.FAILED: "red",
    LineState.BLOCKED: "yellow",
}
# Who is shown when not everybody fits.
_RANK: Final = {
    LineState.FAILED: 0,
    LineState.RUNNING: 1,
    LineState.BLOCKED: 2,
    LineState.WAITING: 3,
    LineState.SETTLED: 4,
}


class ProgressSink:
    """A listener that shows what it hears. `now` is only asked to draw how long a step has been running."""

    def __init__(self, progress: Progress, console: Console, now: Callable[[], float]) -> None:
        self.progress = progress
        self._console = console
        self._now = now
        self._live = False
        self._footer = "Ctrl-C stops after the running step"

    def tell(self, news: News) -> None:
        """Take note, and say what has ended."""
        words = self.progress.take(news)
        if words is not None and not self._live:
            self.say(f"  {words}")

    def overhear(self, ref: Ref, status: Status) -> None:
        """Take note of what another process has published."""
        words = self.progress.overhear(ref, status, self._now())
        if words is not None and not self._live:
            self.say(f"  {words}")

    def say(self, words: str) -> None:
        """Print a line; on a terminal above the table."""
        # Nobody reads any more: no reason to leave steps half made.
        with suppress(OSError):
            self._console.print(Text(words), soft_wrap=True)

    def stopping(self, words: str) -> None:
        """Say that the end is near."""
        self._footer = words
        self.say(words)

    @contextmanager
    def shown(self) -> Generator[None]:
        """Draw the table, if this is a terminal, for as long as this lasts."""
        if not self._console.is_terminal or not self.progress.lines:
            yield
            return
        self._live = True
        with Live(
            get_renderable=self._table, console=self._console, refresh_per_second=_REFRESH_HZ, vertical_overflow="crop"
        ):
            yield
        self._live = False

    def _table(self) -> RenderableType:
        now = self._now()
        lines = self._fitting(max(self._console.height - _MARGIN, 3))
        table = Table.grid(padding=(0, 2, 0, 0))
        for cells in ([f"  #{line.number}" for line in lines], [str(line.ref) for line in lines]):
            table.add_column(no_wrap=True, min_width=min(max(map(len, cells), default=0), _LONGEST))
        table.add_column(no_wrap=True, min_width=max((len(line.word) for line in lines), default=0))
        # Reasons are long: they alone give way.
        table.add_column(no_wrap=True)
        table.add_column(no_wrap=True, min_width=_TIME)
        for line in lines:
            table.add_row(*_cells(line, now))
        total = len(self.progress.lines)
        hidden = f", {total - len(lines)} not shown" if len(lines) < total else ""
        foot = f"{self.progress.settled} of {total} done, {seconds(now - self.progress.began)}{hidden}, {self._footer}"
        return Group(table, Text(f"  {foot}", overflow="ellipsis", no_wrap=True))

    def _fitting(self, room: int) -> list[Line]:
        lines = list(self.progress.lines.values())
        if len(lines) > room:
            lines = sorted(lines, key=lambda line: (_RANK[line.state], -(line.ended or 0.0)))[:room]
        return sorted(lines, key=lambda line: line.number)


def _cells(line: Line, now: float) -> tuple[RenderableType, ...]:
    style = _STYLES[line.state]
    time = ""
    if line.began is not None:
        running = line.state is LineState.RUNNING
        time = seconds((now if running or line.ended is None else line.ended) - line.began)
    phase: RenderableType = Text(phase_of(line), style=style, overflow="ellipsis")
    if line.state is LineState.RUNNING and line.fraction is not None:
        bar = Table.grid(padding=(0, 1, 0, 0))
        bar.add_row(
            Text(phase_of(line)),
            Text(f"{line.fraction:>4.0%}"),
            ProgressBar(total=1.0, completed=line.fraction, width=_BAR),
        )
        phase = bar
    return Text(f"  #{line.number}"), Text(str(line.ref)), Text(line.word), phase, Text(time, style="dim")
