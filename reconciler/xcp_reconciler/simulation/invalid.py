"""Why a file that people write for the simulation cannot be read: its place, and the word that was probably meant."""

import re

from pydantic import ValidationError

from xcp_reconciler.api.wording import nearest


def why(error: ValidationError) -> str:
    """The first thing that is wrong."""
    first = error.errors()[0]
    place = ".".join(map(str, first["loc"]))
    context = first.get("ctx", {})
    # Pydantic tells what there is to choose from in one string.
    known = re.findall(r"'([^']*)'", str(context.get("expected", context.get("expected_tags", ""))))
    word = str(context.get("tag", first["input"]))
    near = nearest(word, known) if known else None
    return f"{place}: there is no {word}; did you mean {near}?" if near is not None else f"{place}: {first['msg']}"
