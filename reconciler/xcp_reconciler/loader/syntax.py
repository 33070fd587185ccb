"""The parser's own complaints, with a hint for those that people meet."""

from typing import Final

from yaml import YAMLError
from yaml.error import MarkedYAMLError

from xcp_reconciler.loader.build import Complaint
from xcp_reconciler.loader.places import Span

_HINTS: Final = (
    ("could not find expected ':'", "a `:` is missing, or the line before is not closed"),
    ("found character that cannot start any token", "text that begins so needs quotes; indent with spaces, not tabs"),
    ("mapping values are not allowed", "text with `: ` in it needs quotes, or the indentation is wrong"),
    (
        "did not find expected key",
        "a name is missing before the `:`, or the indentation is wrong, here or one line before",
    ),
    ("did not find expected node content", "something is missing between brackets or before a `:`"),
    ("did not find expected '-' indicator", "check the indentation of this line and of the one before"),
    ("did not find expected ',' or", "a `,` or a closing bracket is missing"),
    ("unexpected end of stream", "a quote is not closed"),
    ("did not find expected hexdecimal number", "write the character itself, in UTF-8"),
    ("invalid Unicode character escape code", "write the character itself, in UTF-8"),
    ("unknown escape character", "double a backslash that is meant, or use single quotes"),
    ("found undefined tag handle", "remove the tag"),
    ("incompatible YAML document", "remove the %YAML line"),
)


def in_words(error: YAMLError) -> Complaint:
    """What the parser said, where, and what usually helps."""
    if not isinstance(error, MarkedYAMLError):
        return Complaint(Span(0, 0, 1), f"this is not YAML: {error}")
    mark, context = error.problem_mark, error.context_mark
    problem = error.problem or "this is not YAML"
    where = f"{error.context}, " if error.context else ""
    hint = next((hint for text, hint in _HINTS if text in problem), "")
    span = Span(mark.line, mark.column, 1) if mark is not None else Span(0, 0, 1)
    first = Span(context.line, context.column, 1) if context is not None and context.line != span.line else None
    return Complaint(span, f"{where}{problem}", hint, first, error.context or "")
