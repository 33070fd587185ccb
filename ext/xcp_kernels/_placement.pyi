from array import array
from typing import TypeAlias

from xcp_kernels.pool import Pool, Settings

_Integers: TypeAlias = array[int] | memoryview
_Floats: TypeAlias = array[float] | memoryview

def flaws(pool: Pool, host_out: _Integers, item_out: _Integers, group_out: _Integers) -> int: ...
def score(pool: Pool, at: _Integers, summary_out: _Floats) -> int: ...
def place(pool: Pool, order: int, host_out: _Integers, part_out: _Integers, refused_out: _Integers) -> int: ...
def plan(
    pool: Pool,
    settings: Settings,
    item_out: _Integers,
    host_out: _Integers,
    score_out: _Floats,
    summary_out: _Integers,
) -> int: ...
