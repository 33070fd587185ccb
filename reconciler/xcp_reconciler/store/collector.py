"""Python's cycle collector, held back while tens of thousands of values are made that stay."""

import gc
from collections.abc import Generator
from contextlib import contextmanager


@contextmanager
def collector_held() -> Generator[None]:
    """No collection within: each would walk all that was made so far and find nothing."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
