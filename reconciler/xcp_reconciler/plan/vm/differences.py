"""Field by field: what of a machine's stored configuration is not as declared, and what would mend it."""

from collections.abc import Iterator
from typing import TypeVar

from xcp_reconciler.model import ops
from xcp_reconciler.model.decision import Change, Pending, PendingReason, Value
from xcp_reconciler.model.impact import Direction, Impact, Unsupported
from xcp_reconciler.model.observed import DiskConfig, InterfaceConfig, ObservedVm, VmConfig
from xcp_reconciler.plan.limits import Proposal, Refused
from xcp_reconciler.plan.vm.facts import VmFacts
from xcp_reconciler.units import format_kib

Named = TypeVar("Named", DiskConfig, InterfaceConfig)
VmMove = ops.Setting | ops.VmOp
VmProposal = Proposal[VmMove] | Refused


def differences(facts: VmFacts, vm: ObservedVm) -> Iterator[VmProposal]:
    """Proposals for every declared field that the stored configuration does not have, and for CPUs not plugged in."""
    stored, wanted = vm.stored, meant(facts, vm.stored)
    yield from _cores(facts, vm, wanted)
    if stored == wanted:
        return
    if stored.memory_size != wanted.memory_size:
        sizes = format_kib(stored.memory_size), format_kib(wanted.memory_size)
        yield propose(facts, vm, "memory.size", *sizes, ops.MemorySize(wanted.memory_size, wanted.memory_target))
    if stored.boot != wanted.boot:
        yield propose(facts, vm, "boot", _boot(stored), _boot(wanted), ops.Boot(wanted.boot))
    if stored.serial != wanted.serial:
        yield propose(facts, vm, "serial", stored.serial, wanted.serial, ops.Serial(wanted.serial))
    if not _same_disks(stored.disks, wanted.disks):
        yield propose(facts, vm, "disks", _disks(stored.disks), _disks(wanted.disks), ops.Disks(wanted.disks))
    if frozenset(stored.interfaces) != frozenset(wanted.interfaces):
        cards = _cards(stored.interfaces), _cards(wanted.interfaces)
        yield propose(facts, vm, "interfaces", *cards, ops.Interfaces(wanted.interfaces))
    if stored.description != wanted.description:
        texts = stored.description, wanted.description
        yield propose(facts, vm, "description", *texts, ops.Description(wanted.description))


def _cores(facts: VmFacts, vm: ObservedVm, wanted: VmConfig) -> Iterator[VmProposal]:
    stored, live = vm.stored, vm.live
    beyond = live is not None and wanted.cores > live.max_cores
    if stored.max_cores != wanted.max_cores:
        both = ops.MaxCores(wanted.max_cores, min(wanted.cores, wanted.max_cores))
        yield propose(facts, vm, "cpu.maxCores", stored.max_cores, wanted.max_cores, both)
    elif beyond and stored.cores != wanted.cores:
        # The running machine cannot have them before its power cycle brings the larger maximum.
        later = ops.MaxCores(wanted.max_cores, wanted.cores)
        yield propose(facts, vm, "cpu.maxCores", stored.cores, wanted.cores, later)
    if beyond:
        return
    now = live.cores if live is not None else stored.cores
    if stored.cores == wanted.cores <= now:
        # What a guest has not given back when it was asked is pending. What was stored and not plugged in is done now:
        # the call that did both may have ended between the two.
        return
    direction = Direction.GROW if wanted.cores > now else Direction.SHRINK
    if facts.cost("cpu.cores", vm, direction).impact is Impact.DEFERRED:
        # The backend keeps it for the next power cycle; what the guest has now stays, and is pending.
        if stored.cores != wanted.cores:
            later = ops.MaxCores(wanted.max_cores, wanted.cores)
            yield propose(facts, vm, "cpu.cores", stored.cores, wanted.cores, later, direction)
        return
    op = ops.SetCores(facts.ref, vm.host, vm.uuid, wanted.cores)
    yield propose(facts, vm, "cpu.cores", now, wanted.cores, op, direction)


def propose(
    facts: VmFacts,
    vm: ObservedVm,
    path: str,
    current: Value,
    wanted: Value,
    move: VmMove,
    direction: Direction = Direction.ANY,
) -> VmProposal:
    """A proposal with what it costs on this machine's host; a refusal where the backend cannot do it."""
    row = facts.cost(path, vm, direction)
    if isinstance(row.impact, Unsupported):
        return Refused(path, row.impact.reason)
    return Proposal(Change(path, current, wanted, row.impact, row.reason), move)


def meant(facts: VmFacts, stored: VmConfig) -> VmConfig:
    """The declared configuration; for an adopted machine with all that the spec does not mention left as it is."""
    wanted = facts.wanted
    if not facts.adopted:
        return wanted
    return VmConfig(
        wanted.cores,
        wanted.max_cores,
        wanted.memory_size,
        wanted.memory_target,
        _merged(stored.disks, wanted.disks),
        tuple(_kept_mac(facts, card, stored) for card in _merged(stored.interfaces, wanted.interfaces)),
        wanted.boot or stored.boot,
        wanted.serial or stored.serial,
        wanted.description or stored.description,
    )


def _merged(stored: tuple[Named, ...], wanted: tuple[Named, ...]) -> tuple[Named, ...]:
    merged: dict[str, Named] = {one.name: one for one in stored}
    merged.update({one.name: one for one in wanted})
    return tuple(merged.values())


def _kept_mac(facts: VmFacts, card: InterfaceConfig, stored: VmConfig) -> InterfaceConfig:
    declared = {interface.name: interface for interface in facts.spec.interfaces}
    if card.name in declared and declared[card.name].mac is None:
        for old in stored.interfaces:
            if old.name == card.name:
                return InterfaceConfig(card.name, card.network, old.mac, card.model)
    return card


def waiting_for_power_cycle(vm: ObservedVm) -> tuple[Pending, ...]:
    """What is stored but not yet what the running machine has."""
    live, stored = vm.live, vm.stored
    if live is None or live == stored:
        return ()
    pairs: list[tuple[str, Value, Value]] = []
    if live.max_cores != stored.max_cores:
        pairs.append(("cpu.maxCores", live.max_cores, stored.max_cores))
    if live.memory_size != stored.memory_size:
        pairs.append(("memory.size", format_kib(live.memory_size), format_kib(stored.memory_size)))
    if live.boot != stored.boot:
        pairs.append(("boot", _boot(live), _boot(stored)))
    if live.serial != stored.serial:
        pairs.append(("serial", live.serial, stored.serial))
    if live.cores > stored.cores:
        pairs.append(("cpu.cores", live.cores, stored.cores))
    if not _same_disks(live.disks, stored.disks):
        pairs.append(("disks", _disks(live.disks), _disks(stored.disks)))
    if frozenset(live.interfaces) != frozenset(stored.interfaces):
        pairs.append(("interfaces", _cards(live.interfaces), _cards(stored.interfaces)))
    words = "stored now, effective at the next power cycle"
    return tuple(
        Pending(Change(path, current, wanted, Impact.DEFERRED, words), PendingReason.POWER_CYCLE, words)
        for path, current, wanted in pairs
    )


def _boot(config: VmConfig) -> str | None:
    if config.boot is None:
        return None
    return " ".join(part for part in (config.boot.kernel, config.boot.initrd or "", config.boot.cmdline) if part)


def _same_disks(one: tuple[DiskConfig, ...], other: tuple[DiskConfig, ...]) -> bool:
    """Disks are known by name; of their order only that in which the firmware tries them means anything."""
    if frozenset(one) != frozenset(other):
        return False
    return [disk for disk in one if disk.bootable] == [disk for disk in other if disk.bootable]


def _disks(disks: tuple[DiskConfig, ...]) -> str:
    return ", ".join(f"{disk.name}={disk.path.rsplit('/', 1)[-1]}" for disk in disks) or "none"


def _cards(cards: tuple[InterfaceConfig, ...]) -> str:
    return ", ".join(f"{card.name}={card.network} {card.mac}" for card in cards) or "none"
