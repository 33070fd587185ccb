from array import array
from typing import TypeAlias

from xcp_kernels.pool import Pool, Settings

Integers: TypeAlias = array[int] | memoryview
Floats: TypeAlias = array[float] | memoryview

def flaws(pool: Pool, host_out: Integers, item_out: Integers, group_out: Integers) -> int: ...
def score(pool: Pool, at: Integers, summary_out: Floats) -> int: ...
def place(pool: Pool, host_out: Integers, refused_out: Integers) -> int: ...
def plan(
    pool: Pool,
    settings: Settings,
    item_out: Integers,
    host_out: Integers,
    score_out: Floats,
    summary_out: Integers,
) -> int: ...
