from array import array
from typing import TypeAlias

# Anything contiguous of 64-bit integers or doubles will do: array('q') and array('d'), memoryviews, NumPy's arrays.
_Integers: TypeAlias = array[int] | memoryview
_Floats: TypeAlias = array[float] | memoryview

def demand_aware(
    offsets: _Integers,
    budget: _Integers,
    floor: _Integers,
    ceiling: _Integers,
    demand: _Integers,
    weight: _Floats,
    active: _Integers,
    actual: _Integers,
    target_out: _Integers,
    reason_out: _Integers,
    status_out: _Integers,
    level_inout: _Floats,
) -> int: ...
def demand_aware_calm(
    offsets: _Integers,
    budget: _Integers,
    floor: _Integers,
    ceiling: _Integers,
    demand: _Integers,
    weight: _Floats,
    active: _Integers,
    actual: _Integers,
    held: _Integers,
    shrink_band: _Integers,
    grow_band: _Integers,
    target_out: _Integers,
    reason_out: _Integers,
    status_out: _Integers,
    level_inout: _Floats,
) -> int: ...
def proportional(
    offsets: _Integers,
    host_free: _Integers,
    free_target: _Integers,
    dynamic_min: _Integers,
    dynamic_max: _Integers,
    actual: _Integers,
    inaccuracy: _Integers,
    active: _Integers,
    target_out: _Integers,
    reason_out: _Integers,
    status_out: _Integers,
    surplus_out: _Integers,
    range_out: _Integers,
    gamma_out: _Floats,
) -> int: ...
def static(
    offsets: _Integers,
    budget: _Integers,
    floor: _Integers,
    ceiling: _Integers,
    active: _Integers,
    actual: _Integers,
    target_out: _Integers,
    reason_out: _Integers,
    status_out: _Integers,
) -> int: ...
