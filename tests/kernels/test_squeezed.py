"""`proportional` is squeezed's rule, to the last bit of its doubles."""

import gzip
import json
from pathlib import Path
from types import ModuleType
from typing import Final

import pytest

from tests.kernels.memory_calls import TWINS
from tests.kernels.squeezed_calls import Domain, SqueezedHost, squeeze
from xcp_kernels.outcome import Reason, Status

VECTORS: Final = Path(__file__).resolve().parents[3] / "shared/bench/squeeze_vectors.json.gz"
twins = pytest.mark.parametrize("kernel", [pytest.param(kernel, id=name) for name, kernel in TWINS.items()])


@twins
def test_everything_that_the_real_one_was_seen_to_answer(kernel: ModuleType) -> None:
    if not VECTORS.exists():
        pytest.skip(f"no {VECTORS}: the recorded answers are not ours to publish")
    with gzip.open(VECTORS) as file:
        vectors = json.load(file)["policy"]
    hosts = [
        SqueezedHost(
            vector["host_free"],
            vector["free_target"],
            tuple(Domain(row[0], row[1], row[3], row[5], row[6]) for row in vector["domains"]),
        )
        for vector in vectors
    ]
    wrong = [
        vector
        for vector, host, answer in zip(vectors, hosts, squeeze(kernel, hosts), strict=True)
        if (answer.surplus, answer.total_range, answer.gamma)
        != (vector["surplus"], vector["total_range"], vector["gamma"])
        or [t if d.active else None for d, t in zip(host.domains, answer.targets, strict=True)] != vector["targets"]
    ]
    assert len(hosts) > 10_000
    assert not wrong, f"{len(wrong)} of {len(hosts)} differ"


@twins
def test_by_hand(kernel: ModuleType) -> None:
    """Half the range for each: 300 spare, and 60 that the first can free, for ranges of 600 and 120."""
    host = SqueezedHost(400, 100, (Domain(100, 700, 160), Domain(80, 200, 80), Domain(5, 9, 7, active=0)))
    (answer,) = squeeze(kernel, [host])
    assert (answer.surplus, answer.total_range, answer.gamma) == (360, 720, 0.5)
    assert answer.targets == (400, 140, 7)
    assert answer.reasons == (Reason.SHARE, Reason.SHARE, Reason.INACTIVE)
    assert answer.status == Status.SCARCE


@twins
def test_what_it_does_beside_the_formula(kernel: ModuleType) -> None:
    """A minimum above the maximum, guests below their minimum, the double inaccuracy, and no range at all."""
    crossed, below, none, nothing = squeeze(
        kernel,
        [
            SqueezedHost(1000, 0, (Domain(50, 40, 50),)),
            SqueezedHost(0, 0, (Domain(100, 200, 10), Domain(100, 200, 150, inaccuracy=30))),
            SqueezedHost(-10, 0, (Domain(100, 200, 100),)),
            SqueezedHost(5, 5, (Domain(100, 100, 100),)),
        ],
    )
    assert (crossed.targets, crossed.gamma, crossed.reasons) == ((50,), 1.0, (Reason.CROSSED,))
    assert (below.targets, below.surplus) == ((100, 100), 0)
    assert (none.targets, none.status) == ((100,), Status.SHORT)
    assert (nothing.targets, nothing.gamma, nothing.status) == ((100,), 0.0, Status.SCARCE)


@twins
def test_products_are_doubles_cut_down(kernel: ModuleType) -> None:
    """A third of 3 is 1 in integers; 2^53 + 1 is no double, so a whole share falls one short of its range."""
    large = (1 << 53) + 1
    third, short = squeeze(
        kernel, [SqueezedHost(1, 0, (Domain(0, 3, 0),)), SqueezedHost(large, 0, (Domain(0, large, 0),))]
    )
    assert third.targets == (1,)
    assert (short.gamma, short.targets) == (1.0, (large - 1,))
