from array import array
from typing import TypeAlias

from xcp_kernels.workload import Walk, Workload

# Anything contiguous of 64-bit integers will do: array('q'), memoryviews and NumPy's arrays of these.
_Integers: TypeAlias = array[int] | memoryview

def cost(workload: Workload, at: _Integers, figures_out: _Integers) -> int: ...
def anneal(workload: Workload, walk: Walk, at_inout: _Integers, best_out: _Integers, figures_out: _Integers) -> int: ...
