"""How errors look."""

from xcp_reconciler.api.diagnostic import Also, Diagnostic, Place, Severity
from xcp_reconciler.report.diagnostics import render, render_all, summary

PLACE = Place("examples/web.yaml", 14, 3, 6, "  memroy: {size: 512Mi}")


def test_a_frame() -> None:
    diagnostic = Diagnostic(
        PLACE,
        "unknown field `memroy` in VirtualMachine/web-1",
        "did you mean `memory`?",
        ("xcp explain vm.spec lists the fields",),
    )
    assert render(diagnostic) == (
        "error: unknown field `memroy` in VirtualMachine/web-1\n"
        "  --> examples/web.yaml:14:3\n"
        "   |\n"
        "14 |   memroy: {size: 512Mi}\n"
        "   |   ^^^^^^ did you mean `memory`?\n"
        "   = xcp explain vm.spec lists the fields"
    )


def test_a_second_place_and_a_warning() -> None:
    also = (Also(Place("b.yaml", 3, 1, 1, "a: 1"), "first given here"),)
    text = render(Diagnostic(Place("a.yaml", 120, 1, 1, "a: 2"), "twice", also=also, severity=Severity.WARNING))
    assert text == (
        "warning: twice\n   --> a.yaml:120:1\n    |\n120 | a: 2\n    | ^\n"
        "   --> b.yaml:3:1\n    |\n  3 | a: 1\n    | - first given here"
    )


def test_a_whole_file_has_no_line() -> None:
    assert render(Diagnostic(Place("a.yaml"), "this is a FIFO", "remove it")) == (
        "error: this is a FIFO\n --> a.yaml\n  = remove it"
    )


def test_long_lines_show_the_part_that_matters() -> None:
    text = "x" * 300 + "memroy" + "y" * 300
    frame = render(Diagnostic(Place("a.yaml", 1, 301, 6, text), "m", "hint")).splitlines()
    assert all(len(line) <= 80 for line in frame)
    start = frame[4].index("^")
    assert frame[3][start : start + 6] == "memroy"


def test_wide_characters_tabs_and_escapes_keep_the_mark_in_place() -> None:
    text = "\t名前\x1b[31m: memroy"
    frame = render(Diagnostic(Place("a\x1b.yaml", 1, text.index("memroy") + 1, 6, text), "m\x07")).splitlines()
    assert "\x1b" not in "".join(frame)
    assert "\x07" not in frame[0]
    # Two of the characters before the mark fill two cells each.
    assert frame[4].index("^") == frame[3].index("memroy") + 2


def test_a_mark_beyond_the_line_is_shown_behind_it() -> None:
    frame = render(Diagnostic(Place("a.yaml", 1, 50, 9, "ab"), "m")).splitlines()
    assert frame[4] == "  |   ^"


def test_the_end_counts() -> None:
    warning = Diagnostic(Place("b.yaml"), "w", severity=Severity.WARNING)
    error = Diagnostic(PLACE, "e")
    assert summary([error, error, warning]) == "2 errors, 1 warning in 2 files"
    assert render_all([warning]).endswith("\n\n1 warning in 1 file")
    assert render_all([]) == ""
