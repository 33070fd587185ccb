"""Whether lines that continue a quoted text or stand between brackets are indented as YAML asks.

Our parser does not look. So a quote that somebody forgot to close would take in the fields below it, up to the next
quote, and nobody would hear of it.
"""

import re
from functools import lru_cache

from xcp_reconciler.loader.places import LINE_ENDS, Span, lines_between


def outside_margin(text: str, begin: int, end: int, margin: int, closing: int) -> Span | None:
    """The first line of `text[begin:end]`, its own first one aside, with fewer than `margin` spaces before it.

    The line is counted from that first one; `margin` is at least 1. A last line that is only the closing bracket has
    to have only `closing` spaces: by the letter of YAML as many as the others, but nobody writes it so. Blank lines
    may be as they like, and so may comments between brackets; `closing` is less than `margin` for brackets alone.
    """
    between_brackets = closing < margin
    for found in _too_far_left(margin, "#" if between_brackets else "").finditer(text, begin, end):
        spaces = found.end() - found.start() - 1
        if between_brackets and found.end() == end - 1 and spaces >= closing:
            continue
        return Span(lines_between(text, begin, found.end()), spaces, 1)
    return None


# One search rather than a look at each line: a quoted text may have a million of them.
@lru_cache(maxsize=64)
def _too_far_left(margin: int, passed_over: str) -> re.Pattern[str]:
    return re.compile(f"[{LINE_ENDS}] {{0,{margin - 1}}}(?! )(?=[ \t]*[^ \t{passed_over}{LINE_ENDS}])")
