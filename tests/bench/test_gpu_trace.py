"""The paper's policies as re-implemented here, and the gate in small: every tenth host and machine of the trace."""

from dataclasses import replace

import pytest

from tests.bench.gpu_arrivals import TRACE, WHOLE, Ask, Node, Trace, read_trace
from tests.bench.gpu_policies import Host, best_fit, gradient, packing, place
from tests.bench.gpu_trace import line_of, ours, pool_of

_SMALL = Trace((Node(8, 100, 2), Node(8, 100, 0), Node(4, 100, 1)), (Ask(2, 1, 1, WHOLE), Ask(1, 1, 1, 500)))


def test_the_gradient_avoids_spoiling_a_whole_gpu() -> None:
    """A share on a GPU that is shared already costs no whole one; of equal GPUs the first."""
    score = gradient(_SMALL)
    share, fresh = Host(8, 100, [500, WHOLE], 2), Host(8, 100, [WHOLE, WHOLE], 2)
    assert score(share, Ask(1, 1, 1, 500))[0] > score(fresh, Ask(1, 1, 1, 500))[0]
    assert score(share, Ask(1, 1, 1, 500))[1] == 0
    assert score(fresh, Ask(2, 1, 1, WHOLE))[1] is None


def test_best_fit_and_packing_prefer_what_is_used() -> None:
    used, fresh = Host(4000, 100, [500, 0], 2), Host(8000, 100, [WHOLE, WHOLE], 2)
    for score in (best_fit, packing):
        assert score(used, Ask(1000, 1, 1, 500))[0] > score(fresh, Ask(1000, 1, 1, 500))[0]


def test_who_finds_no_place_goes_away() -> None:
    asks = [Ask(4, 1, 1, WHOLE)] * 4
    assert place(_SMALL, asks, gradient(_SMALL)) == [True, True, True, False]
    assert ours(pool_of(_SMALL, asks))[0] == [True, True, True, False]


@pytest.mark.skipif(not TRACE.exists(), reason="the trace is not here; it is not ours to publish")
def test_a_tenth_of_the_trace_leaves_fewer_gpus_than_the_gradient() -> None:
    whole = read_trace()
    trace = replace(whole, nodes=whole.nodes[::10], asks=whole.asks[::10])
    arrivals = trace.arrivals(42)
    found, seconds = ours(pool_of(trace, arrivals))
    mine = line_of("xcp", 42, trace, arrivals, found, seconds)
    theirs = line_of("FGD", 42, trace, arrivals, place(trace, arrivals, gradient(trace)), 1.0)
    assert 0 < mine.unallocated <= theirs.unallocated < 20
    assert len(mine.curve) == len(theirs.curve) == 131
