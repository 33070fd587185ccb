"""A pool on which every constraint of placing binds, and a judge of who was placed where."""

from array import array
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from random import Random
from typing import Final

from xcp_kernels.placement import NOWHERE, Parts, Pool, Reserve, Scope

GIB: Final = 1 << 20
SIZES: Final = (2, 4, 8, 16, 32)
SHARES: Final = (30, 30, 20, 15, 5)
FAILURES: Final = 4
GPU, VGPU, NUMA = range(3)
WHOLE: Final = 1000
SLOTS: Final = 24
OVER: Final = 0.3
"""So much more of the hosts' memory is asked for than there is."""
LIMITS: Final = {Scope.HOST: 1, Scope.DOMAIN: 4}
_HOST: Final = 512 * GIB


@dataclass(frozen=True, slots=True)
class Host:
    """Memory in KiB; what others use of it; the rack that it fails with; its storage; its parts by sort."""

    memory: int
    others: int
    vcpus: int
    rack: int
    storage: int
    tainted: bool
    parts: tuple[tuple[int, int], ...]
    """Sort and size of each."""


@dataclass(frozen=True, slots=True)
class Vm:
    """What comes. Memory in KiB, overhead in it; no want is None, else sort, count, amount of each and profile."""

    memory: int
    vcpus: int
    tolerates: bool
    storage: int | None
    group: int | None
    wants: tuple[tuple[int, int, int, int], ...]


@dataclass(frozen=True, slots=True)
class Batch:
    """Hosts, what comes, and the groups."""

    hosts: tuple[Host, ...]
    vms: tuple[Vm, ...]
    scopes: tuple[Scope, ...]


def drawn(count: int, seed: int) -> Batch:
    """So many hosts, and somewhat more machines than they have room for."""
    random = Random(seed)  # noqa: S311 - a benchmark
    hosts = tuple(_host(random, number, count) for number in range(count))
    vms, scopes = list[Vm](), list[Scope]()
    memory = sum(host.memory - host.others for host in hosts)
    while memory > -OVER * _HOST * count:
        vm = _vm(random, scopes)
        memory -= vm.memory
        vms.append(vm)
    return Batch(hosts, tuple(vms), tuple(scopes))


def _host(random: Random, number: int, count: int) -> Host:
    parts: list[tuple[int, int]] = []
    if number % 4 == 0:
        parts += [(GPU, WHOLE)] * 4
    if number % 4 == 1:
        parts += [(VGPU, SLOTS)] * 2
    # What of each node may be pinned.
    parts += [(NUMA, 40 * GIB)] * 2
    return Host(
        _HOST,
        int(_HOST * random.uniform(0, 0.5)),
        random.choice((140, 256, 256, 256)),
        number * 20 // count,
        random.randrange(4),
        number % 16 == 5,
        tuple(parts),
    )


def _vm(random: Random, scopes: list[Scope]) -> Vm:
    size = random.choices(SIZES, SHARES)[0]
    memory = size * GIB + size * 8192 + 14336
    wants: list[tuple[int, int, int, int]] = []
    kind = random.random()
    if kind < 0.06:
        wants.append((GPU, 1, random.choice((250, 500, 650)), 0))
    elif kind < 0.09:
        wants.append((GPU, random.choice((1, 1, 2)), WHOLE, 0))
    elif kind < 0.14:
        slots = random.choice((4, 8, 12))
        wants.append((VGPU, 1, slots, slots))
    if random.random() < 0.15:
        wants.append((NUMA, 1, memory, 0))
    group = None
    if random.random() < 0.4:
        # Some 60 machines to a group; half of them part by host, half by rack.
        if not scopes or random.random() < 1 / 60:
            scopes.append(random.choice((Scope.HOST, Scope.DOMAIN)))
        group = len(scopes) - 1
    return Vm(
        memory,
        min(max(1, size // random.choice((2, 4, 4))), 16),
        random.random() < 0.1,
        random.randrange(4) if random.random() < 0.3 else None,
        group,
        tuple(wants),
    )


def pool_of(batch: Batch) -> Pool:
    """As the kernel reads it: memory, vCPUs and machines are spread as hbal's score has it."""
    hosts, vms = batch.hosts, batch.vms
    classes = list(dict.fromkeys((vm.tolerates, vm.storage) for vm in vms))
    index = {one: number for number, one in enumerate(classes)}
    wants = [want for vm in vms for want in vm.wants]
    step = 2 * GIB + 2 * 8192 + 14336
    return Pool(
        weight=array("d", [1.0, 1.0, 4.0]),
        scale=array("d", [scale for host in hosts for scale in (1 / host.memory, 1 / 64, 1.0)]),
        base=array("q", [used for host in hosts for used in (host.others, 0, 0)]),
        capacity=array("q", [size for host in hosts for size in (host.memory, host.vcpus, 1 << 40)]),
        domain=array("q", [host.rack for host in hosts]),
        amount=array("q", [size for vm in vms for size in (vm.memory, vm.vcpus, 1)]),
        home=array("q", [NOWHERE] * len(vms)),
        movable=array("q", [1] * len(vms)),
        size=array("q", [1] * len(vms)),
        cost=array("d", [0.0] * len(vms)),
        reach_of=array("q", [index[vm.tolerates, vm.storage] for vm in vms]),
        reach=array("q", [_reaches(host, *one) for one in classes for host in hosts]),
        group_start=array("q", accumulate((int(vm.group is not None) for vm in vms), initial=0)),
        group_of=array("q", [vm.group for vm in vms if vm.group is not None]),
        group_scope=array("q", batch.scopes),
        group_limit=array("q", [LIMITS[scope] for scope in batch.scopes]),
        group_price=array("d", [-1.0] * len(batch.scopes)),
        parts=Parts(
            start=array("q", accumulate((len(host.parts) for host in hosts), initial=0)),
            sort=array("q", [sort for host in hosts for sort, _ in host.parts]),
            size=array("q", [size for host in hosts for _, size in host.parts]),
            base=array("q", [0 for host in hosts for _ in host.parts]),
            uniform=array("q", [int(sort == VGPU) for host in hosts for sort, _ in host.parts]),
            want_start=array("q", accumulate((len(vm.wants) for vm in vms), initial=0)),
            want_sort=array("q", [want[0] for want in wants]),
            want_count=array("q", [want[1] for want in wants]),
            want_amount=array("q", [want[2] for want in wants]),
            want_profile=array("q", [want[3] for want in wants]),
            held=array("q", [0] * len(vms)),
        ),
        reserve=Reserve(FAILURES, 0, array("q", [step << k for k in range(5)]), array("q", [1] * len(hosts))),
    )


def _reaches(host: Host, tolerates: bool, storage: int | None) -> int:  # noqa: FBT001 - a class of reach, unpacked
    return int((tolerates or not host.tainted) and storage in {None, host.storage})


class Books:
    """What every host holds; shares no line with the kernels."""

    def __init__(self, batch: Batch) -> None:
        self._batch = batch
        self.memory = [host.others for host in batch.hosts]
        self._vcpus = [0] * len(batch.hosts)
        self._members = Counter[tuple[int, str, int]]()
        self._parts = [[0] * len(host.parts) for host in batch.hosts]
        self._profiles: list[list[set[int]]] = [[set() for _ in host.parts] for host in batch.hosts]

    def add(self, vm: Vm, number: int, bits: int) -> None:
        """It is there now, with those parts."""
        self.memory[number] += vm.memory
        self._vcpus[number] += vm.vcpus
        if vm.group is not None:
            self._members[self._cell(vm.group, number)] += 1
        for sort, _, amount, profile in vm.wants:
            for k, (is_of, _) in enumerate(self._batch.hosts[number].parts):
                if bits >> k & 1 and is_of == sort:
                    self._parts[number][k] += amount
                    self._profiles[number][k].add(profile)

    def _cell(self, group: int, number: int) -> tuple[int, str, int]:
        if self._batch.scopes[group] == Scope.HOST:
            return group, "host", number
        return group, "rack", self._batch.hosts[number].rack

    def refusals(self, vm: Vm, number: int) -> dict[str, bool]:
        """Of every constraint that is about the machine: whether it keeps it from the host."""
        host = self._batch.hosts[number]
        found = {
            "memory": self.memory[number] + vm.memory > host.memory,
            "vCPUs": self._vcpus[number] + vm.vcpus > host.vcpus,
        }
        if not vm.tolerates:
            found["taints"] = host.tainted
        if vm.storage is not None:
            found["storage"] = vm.storage != host.storage
        if vm.group is not None:
            scope = self._batch.scopes[vm.group]
            name = "apart by host" if scope == Scope.HOST else "apart by rack"
            found[name] = self._members[self._cell(vm.group, number)] >= LIMITS[scope]
        for sort, count, amount, profile in vm.wants:
            able = sum(
                is_of == sort
                and self._parts[number][k] + amount <= size
                and (sort != VGPU or self._profiles[number][k] <= {profile})
                for k, (is_of, size) in enumerate(host.parts)
            )
            found[("GPUs", "vGPU profiles", "NUMA")[sort]] = able < count
        return found

    def wrongs(self) -> list[str]:
        """Parts that hold more than they have, or two profiles."""
        found: list[str] = []
        for number, host in enumerate(self._batch.hosts):
            for k, (sort, size) in enumerate(host.parts):
                if self._parts[number][k] > size or (sort == VGPU and len(self._profiles[number][k]) > 1):
                    found.append(f"part {k} of host {number} holds too much")
        return found


def restarts(batch: Batch, books: Books, at: Sequence[int], lost: Sequence[int]) -> bool:
    """Whether the machines of lost hosts find room elsewhere: the largest first, each where least is left."""
    free = sorted(host.memory - books.memory[k] for k, host in enumerate(batch.hosts) if k not in lost)
    for vm in sorted((vm for vm, host in zip(batch.vms, at, strict=True) if host in lost), key=lambda vm: -vm.memory):
        room = next((k for k, one in enumerate(free) if one >= vm.memory), None)
        if room is None:
            return False
        free[room] -= vm.memory
        free.sort()
    return True
