from array import array
from typing import TypeAlias

# Anything contiguous of 64-bit integers will do: array('q'), memoryviews and NumPy's arrays of these.
_Integers: TypeAlias = array[int] | memoryview

def tolerates(
    offsets: _Integers,
    sizes: _Integers,
    room: _Integers,
    failures: int,
    work: int,
    deadline: float,
    lost_out: _Integers,
    figures_out: _Integers,
) -> int: ...
def restart(
    offsets: _Integers,
    sizes: _Integers,
    room: _Integers,
    lost: _Integers,
    work: int,
    deadline: float,
    host_out: _Integers,
    figures_out: _Integers,
) -> int: ...
