"""The loop's own arithmetic for ten thousand machines, each figure beside a reference in the same run.

`pytest -s tests/bench/test_loop_arithmetic.py` prints them. Nothing here is a timed test: what is asserted is that the
work was done.
"""

import copy
import gc
import statistics
import sys
import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from time import perf_counter
from typing import TYPE_CHECKING

import yaml
from jsonpatch import JsonPatch

from tests.unit.plan.builders import DIALECT, NOW, WorldBuilder, seen_vm, vm_ref, vm_spec
from xcp_reconciler.api.enums import RunStrategy
from xcp_reconciler.loader.declare import declare_all
from xcp_reconciler.loader.documents import Input
from xcp_reconciler.loader.load import load
from xcp_reconciler.model.decision import Steady
from xcp_reconciler.model.digest import digest_of
from xcp_reconciler.model.observed import Snapshot
from xcp_reconciler.model.placement import Assigned
from xcp_reconciler.plan.decide import decide
from xcp_reconciler.plan.rounds import make_plan
from xcp_reconciler.plan.sight import look

if TYPE_CHECKING:
    from jsonpatch import JsonValue

MACHINES = 10_000
ROUNDS = 5
HALTED = vm_spec(run_strategy=RunStrategy.HALTED)
MANIFEST = """apiVersion: xcp.dev/v1alpha1
kind: VirtualMachine
metadata: {{name: vm-{number:05}}}
spec:
  poolRef: {{name: lab}}
  runStrategy: Halted
  memory: {{size: 256Mi}}
"""


def seconds(work: Callable[[], object]) -> float:
    """The median of some rounds; the collector is off, as it is in commands."""
    taken: list[float] = []
    gc.disable()
    try:
        for _ in range(ROUNDS):
            began = perf_counter()
            work()
            taken.append(perf_counter() - began)
    finally:
        gc.enable()
    return statistics.median(taken)


def say(what: str, mine: float, reference: str, theirs: float) -> None:
    """One line: microseconds for each machine, and the ratio to the reference."""
    each = 1e6 / MACHINES
    beside = f"{mine / theirs:6.2f} x {reference} ({theirs * each:.1f} us)"
    sys.stdout.write(f"loop: {what:<44} {mine * each:7.1f} us a machine, {beside}\n")


def built() -> WorldBuilder:
    """Ten thousand halted machines on two hosts, all as declared."""
    world = WorldBuilder("a", "b")
    for number in range(MACHINES):
        name, host = f"vm-{number:05}", "ab"[number % 2]
        world.vm(HALTED, name=name, home=host)
        world.shows(seen_vm(name, host=host, spec=HALTED, running=False))
        world.assignments[vm_ref(name)] = Assigned(host)
    return world


def test_figures_of_a_plan_with_nothing_to_do() -> None:
    """Deciding beside comparing plain dictionaries, the least that any tool must do."""
    world = built().build()
    refs = list(world.declared.desired)
    views = world.sights["lab"].hosts
    leaves: dict[str, JsonValue] = {f"key{number}": {"value": number, "text": "x" * 8} for number in range(60)}
    plain = [copy.deepcopy(leaves) for _ in range(MACHINES)]
    dictionaries = seconds(lambda: [left == right for left, right in zip(plain, reversed(plain), strict=True)])
    assert all(decide(ref, world) == Steady() for ref in refs)
    assert make_plan(world).entries == ()
    say("decide, all as declared", seconds(lambda: [decide(ref, world) for ref in refs]), "dict ==", dictionaries)
    say("whole plan, nothing to do", seconds(lambda: make_plan(world)), "dict ==", dictionaries)
    indexed = seconds(lambda: look(Snapshot("lab", NOW, views), DIALECT))
    say("index a look", indexed, "dict ==", dictionaries)
    desired = list(world.declared.desired.values())
    patches = seconds(lambda: [JsonPatch.from_diff(one, one) for one in plain[:100]]) * MACHINES / 100
    say("digest of what is declared", seconds(lambda: [digest_of(one) for one in desired]), "equal JSON patch", patches)


def test_figures_of_loading() -> None:
    """Reading manifests with places, limits and duplicate checks, beside PyYAML's C loader with none of them."""
    text = "---\n".join(MANIFEST.format(number=number) for number in range(MACHINES))
    content = text.encode()
    loaded = load([Input("all.yaml", content, "/")])
    assert len(loaded.documents) == MACHINES
    assert len(declare_all(loaded.documents, "bench")) == MACHINES
    peer = seconds(lambda: list(yaml.load_all(content, Loader=yaml.CSafeLoader)))
    say("load and validate", seconds(lambda: load([Input("all.yaml", content, "/")])), "CSafeLoader", peer)
    say("declare", seconds(lambda: declare_all(loaded.documents, "bench")), "CSafeLoader", peer)


def test_memory_of_an_object() -> None:
    """Desired and observed together, in KiB an object."""
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    world = built().build()
    kept = (tracemalloc.get_traced_memory()[0] - before) / 1024 / MACHINES
    tracemalloc.stop()
    sys.stdout.write(
        f"loop: {kept:.1f} KiB an object, desired, observed and all indexes, equal parts shared (goal 12)\n"
    )
    assert len(world.sights["lab"].vms) == MACHINES
    assert replace(world, now=NOW + 1).now > NOW
