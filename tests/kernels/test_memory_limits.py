"""What the memory kernels do with extremes, with nothing, and with what makes no sense: no crash, no wrong sum."""

from array import array
from types import ModuleType
from typing import Any

import pytest

from tests.kernels.memory_calls import MODES, TWINS, Guest, Host, ask, ask_one
from tests.kernels.squeezed_calls import Domain, SqueezedHost, squeeze
from xcp_kernels.limits import MOST_GUESTS, MOST_KIB
from xcp_kernels.outcome import Reason, Status

twins = pytest.mark.parametrize("kernel", [pytest.param(kernel, id=name) for name, kernel in TWINS.items()])
modes = pytest.mark.parametrize("mode", MODES)
LEAST, MOST = -(1 << 63), (1 << 63) - 1
FINE = Guest(10, 100, 50, actual=33)


@twins
@modes
@pytest.mark.parametrize(
    ("guest", "reason"),
    [
        (FINE._replace(floor=-1), Reason.NEGATIVE),
        (FINE._replace(ceiling=LEAST), Reason.NEGATIVE),
        (FINE._replace(ceiling=MOST_KIB + 1), Reason.TOO_LARGE),
        (FINE._replace(floor=MOST), Reason.TOO_LARGE),
        (FINE._replace(floor=MOST, ceiling=-1), Reason.NEGATIVE),
    ],
)
def test_one_bad_guest_stops_its_host_and_no_other(kernel: ModuleType, mode: str, guest: Guest, reason: Reason) -> None:
    asleep = FINE._replace(active=0, floor=LEAST, weight=float("nan"), actual=-5)
    bad, good = ask(kernel, mode, [Host(100, (FINE, guest, asleep)), Host(100, (FINE, asleep))])
    assert bad.status == Status.INVALID
    assert bad.targets == (33, 33, -5)
    assert bad.reasons == (Reason.REFUSED, reason, Reason.INACTIVE)
    assert good.status == Status.PLENTY
    assert good.targets == (100, -5)


@twins
@pytest.mark.parametrize("weight", [float("nan"), float("inf"), float("-inf"), -1.0, -5e-324])
def test_bad_weights(kernel: ModuleType, weight: float) -> None:
    answer = ask_one(kernel, "demand_aware", Host(100, (FINE, FINE._replace(weight=weight))))
    assert (answer.status, answer.targets) == (Status.INVALID, (33, 33))
    assert answer.reasons == (Reason.REFUSED, Reason.BAD_WEIGHT)


@twins
@pytest.mark.parametrize("field", ["demand", "held", "shrink", "grow"])
def test_every_size_is_looked_at(kernel: ModuleType, field: str) -> None:
    for size, reason in ((-1, Reason.NEGATIVE), (MOST_KIB + 1, Reason.TOO_LARGE)):
        answer = ask_one(kernel, "demand_aware_calm", Host(100, (FINE, FINE._replace(**{field: size}))))
        assert (answer.status, answer.reasons) == (Status.INVALID, (Reason.REFUSED, reason))


@twins
def test_weights_at_the_edge_of_doubles(kernel: ModuleType) -> None:
    """Ratios count; what is lighter than a 65536th of the heaviest counts as that, and hardly any weight as equal."""
    rows = (Guest(0, 1000, 1000, 1e308), Guest(0, 1000, 1000, 5e307), Guest(0, 1000, 1000, 0.0))
    assert ask_one(kernel, "demand_aware", Host(1500, rows)).targets == (1000, 500, 0)
    rest = ask_one(kernel, "demand_aware", Host(2500, rows))
    assert rest.targets == (1000, 1000, 500)
    tiny = tuple(row._replace(weight=weight) for row, weight in zip(rows, (5e-324, 1e-310, 0.0), strict=True))
    assert ask_one(kernel, "demand_aware", Host(1500, tiny)).targets == (500, 500, 500)


@twins
@pytest.mark.parametrize(("parts", "share"), [(1.45, 1), (1.5, 2), (0.2, 1)])
def test_weights_are_rounded_to_parts_of_the_heaviest(kernel: ModuleType, parts: float, share: int) -> None:
    rows = (Guest(0, 1 << 20, 1 << 20, 1.0), Guest(0, 1 << 20, 1 << 20, parts / 65536))
    assert ask_one(kernel, "demand_aware", Host(65536 + share, rows)).targets == (65536, share)


@twins
@modes
def test_the_largest_there_is(kernel: ModuleType, mode: str) -> None:
    rows = tuple(Guest(0, MOST_KIB, MOST_KIB - i, 1.0, 1, 0) for i in range(3))
    for budget in (1, MOST_KIB, 2 * MOST_KIB + 1, 3 * MOST_KIB - 4):
        assert sum(ask_one(kernel, mode, Host(budget, rows)).targets) == budget
    assert ask_one(kernel, mode, Host(MOST, rows)).targets == (MOST_KIB,) * 3
    assert ask_one(kernel, mode, Host(LEAST, rows)).status == Status.SHORT


@modes
def test_a_host_with_as_many_guests_as_it_may_have(mode: str) -> None:
    """The largest sums there are. By the compiled one, as it is sums of 64 and 128 bits that could fail."""
    rows = tuple(Guest(0, MOST_KIB, MOST_KIB - i) for i in range(MOST_GUESTS))
    answer = ask_one(TWINS["compiled"], mode, Host(MOST_KIB + 7, rows))
    assert sum(answer.targets) == MOST_KIB + 7


@twins
@modes
def test_a_host_with_more_guests_than_it_may_have(kernel: ModuleType, mode: str) -> None:
    asleep = FINE._replace(active=0)
    assert ask_one(kernel, mode, Host(MOST_KIB, (asleep,) * MOST_GUESTS)).status == Status.PLENTY
    answer = ask_one(kernel, mode, Host(MOST_KIB, (FINE,) * (MOST_GUESTS + 1)))
    assert (answer.status, set(answer.reasons), set(answer.targets)) == (Status.INVALID, {Reason.REFUSED}, {33})


@twins
@modes
def test_no_host_and_no_guest(kernel: ModuleType, mode: str) -> None:
    assert ask(kernel, mode, []) == []
    nobody, somebody = ask(kernel, mode, [Host(5, ()), Host(150, (FINE,))])
    assert (nobody.targets, nobody.status, somebody.targets) == ((), Status.PLENTY, (100,))
    assert ask_one(kernel, mode, Host(-1, ())).status == Status.SHORT
    assert squeeze(kernel, []) == []


def arrays() -> dict[str, Any]:
    """A right call of `demand_aware`."""
    return {
        "offsets": array("q", [0, 2]),
        "budget": array("q", [100]),
        "floor": array("q", [0, 0]),
        "ceiling": array("q", [90, 90]),
        "demand": array("q", [90, 90]),
        "weight": array("d", [1, 1]),
        "active": array("q", [1, 1]),
        "actual": array("q", [0, 0]),
        "target_out": array("q", [0, 0]),
        "reason_out": array("q", [0, 0]),
        "status_out": array("q", [0]),
        "level_inout": array("d", [0]),
    }


@twins
def test_read_only_inputs_and_shared_memory_out(kernel: ModuleType) -> None:
    given = arrays()
    kept = bytearray(16)
    for name in ("offsets", "budget", "floor", "ceiling", "demand", "weight", "active", "actual"):
        given[name] = memoryview(given[name]).toreadonly()
    given["target_out"] = memoryview(kept).cast("q")
    kernel.demand_aware(**given)
    assert memoryview(kept).cast("q").tolist() == [50, 50]


@twins
@pytest.mark.parametrize(
    "changed",
    [
        {"offsets": array("q")},
        {"offsets": array("q", [1, 2])},
        {"offsets": array("q", [0, 3, 2]), "budget": array("q", [0, 0]), "status_out": array("q", [0, 0])},
        {"offsets": array("q", [0, -1])},
        {"offsets": array("q", [0, MOST])},
        *({name: one[:0]} for name, one in arrays().items() if name != "offsets"),
    ],
)
def test_arrays_that_do_not_fit_together(kernel: ModuleType, changed: dict[str, Any]) -> None:
    given = arrays() | changed
    with pytest.raises(ValueError, match=r"offsets|array of"):
        kernel.demand_aware(**given)
    assert not any(given["target_out"])


@pytest.mark.parametrize("name", [name for name in arrays() if not name.endswith(("out", "inout"))])
def test_the_compiled_one_takes_no_other_numbers(name: str) -> None:
    given = arrays()
    wrong = array("i", [0, 0]) if given[name].typecode == "q" else array("f", [1, 1])
    with pytest.raises(ValueError, match="mismatch"):
        TWINS["compiled"].demand_aware(**{**given, name: wrong})
    with pytest.raises(TypeError):
        TWINS["compiled"].demand_aware(**{**given, name: None})
    with pytest.raises((BufferError, TypeError, ValueError)):
        TWINS["compiled"].demand_aware(**{**given, "target_out": memoryview(given["target_out"]).toreadonly()})


@twins
def test_squeezed_sums_that_need_more_than_64_bits(kernel: ModuleType) -> None:
    wide = Domain(LEAST, MOST, 0)
    fits = SqueezedHost(0, 0, (Domain(0, MOST, MOST - 1),))
    answer, free, fine, low = squeeze(
        kernel, [SqueezedHost(0, 0, (wide, wide)), SqueezedHost(MOST, -5, (wide,)), fits, SqueezedHost(LEAST, MOST, ())]
    )
    assert answer.status == free.status == Status.INVALID
    assert (answer.targets, answer.reasons) == ((0, 0), (Reason.TOO_LARGE, Reason.TOO_LARGE))
    # The product of doubles is 2^63, which no target can be.
    assert fine.status == Status.INVALID
    assert (low.status, low.surplus, low.gamma) == (Status.SHORT, 0, 0.0)
