"""Which hosts are for a machine, by their taints and by the labels that it asks for; and which it has to leave."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from xcp_reconciler.model.desired import Desired, HostSpec, Label, Taint, TaintEffect, Toleration, VmSpec


@dataclass(frozen=True, slots=True)
class Reach:
    """Where a machine may be, as the kernel is told: the taints that keep it out of nothing, and hosts (None: any)."""

    tolerates: tuple[str, ...] = ()
    hosts: tuple[str, ...] | None = None


_ANYWHERE: Final = Reach()


def why_not(host: Desired, spec: VmSpec) -> str | None:
    """Why a machine does not come to a host; None where nothing speaks against it.

    Whoever pins a machine to a host has decided already.
    """
    if spec.host is not None:
        return None
    taints = [str(taint) for taint in taints_of(host) if not _tolerates(spec, taint)]
    if taints:
        return f"{host.ref.name} has the {_counted('taint', taints)}"
    missing = [str(label) for label in spec.node_selector if host.labels.get(label.key) != label.value]
    return f"{host.ref.name} has not the {_counted('label', missing)}" if missing else None


def expels(host: HostSpec) -> bool:
    """Whether machines have to leave a host unless they tolerate its taints."""
    return any(taint.effect is TaintEffect.NO_EXECUTE for taint in host.taints)


def has_to_leave(host: Desired, spec: VmSpec) -> bool:
    """Whether a machine that runs on a host has to go elsewhere for a taint. For its labels nobody has to."""
    driving = (taint for taint in taints_of(host) if taint.effect is TaintEffect.NO_EXECUTE)
    return spec.host is None and any(not _tolerates(spec, taint) for taint in driving)


def taints_of(host: Desired) -> tuple[Taint, ...]:
    """The taints of a host."""
    return host.spec.taints if isinstance(host.spec, HostSpec) else ()


def _tolerates(spec: VmSpec, taint: Taint) -> bool:
    return any(
        one.key in {None, taint.key} and one.value in {None, taint.value} and one.effect in {None, taint.effect}
        for one in spec.tolerations
    )


def _counted(word: str, these: list[str]) -> str:
    return f"{word}{'s' if len(these) > 1 else ''} {', '.join(these)}"


class Eligible:
    """The hosts of a pool, asked for many machines: those that ask for the same are answered once."""

    def __init__(self, hosts: Mapping[str, Desired]) -> None:
        self._hosts = hosts
        self._taints = {name: taints for name, host in hosts.items() if (taints := taints_of(host))}
        self._every = tuple(sorted({str(taint) for taints in self._taints.values() for taint in taints}))
        self._fitting: dict[tuple[tuple[Toleration, ...], tuple[Label, ...]], tuple[str, ...]] = {}
        self._reaches: dict[tuple[tuple[Toleration, ...], tuple[Label, ...], str | None], Reach] = {}

    def refusal(self, host: str, spec: VmSpec) -> str | None:
        """Why a machine does not come to a host of the pool; None where nothing speaks against it."""
        known = self._hosts.get(host)
        return why_not(known, spec) if known is not None else None

    def has_to_leave(self, host: str, spec: VmSpec) -> bool:
        """Whether a machine that runs on a host has to go elsewhere for a taint."""
        return host in self._taints and has_to_leave(self._hosts[host], spec)

    def taints(self, host: str) -> tuple[str, ...]:
        """The taints of a host, as a reach names them."""
        return tuple(str(taint) for taint in self._taints.get(host, ()))

    def reach(self, spec: VmSpec, at: str | None = None) -> Reach:
        """Where a machine may be, which is on the host `at` already or on its way there; None: nowhere yet.

        One that asks for nothing and has no tainted host of its own costs nothing: mostly that is everybody.
        """
        if spec.host is not None:
            # Once it is anywhere nothing but its own pin moves it, and where it is no taint counts.
            return Reach(self._every, (spec.host,) if at is None else None)
        if not spec.node_selector and not spec.tolerations and at not in self._taints:
            return _ANYWHERE
        stays = at is not None and not self.has_to_leave(at, spec) and self.refusal(at, spec) is not None
        key = (spec.tolerations, spec.node_selector, at if stays else None)
        found = self._reaches.get(key)
        if found is None:
            found = self._reaches[key] = self._to_stay(spec, at) if at is not None and stays else self._to_come(spec)
        return found

    def _to_come(self, spec: VmSpec) -> Reach:
        tolerated = {str(taint) for taints in self._taints.values() for taint in taints if _tolerates(spec, taint)}
        hosts = self._suited(spec) if spec.node_selector else None
        return Reach(tuple(sorted(tolerated)), hosts)

    def _to_stay(self, spec: VmSpec, own: str) -> Reach:
        """Where it is it may stay, whatever keeps others out; elsewhere the same taints count."""
        tolerated = self.reach(spec).tolerates
        return Reach(tuple(sorted({*tolerated, *self.taints(own)})), (*self._suited(spec), own))

    def _suited(self, spec: VmSpec) -> tuple[str, ...]:
        key = (spec.tolerations, spec.node_selector)
        found = self._fitting.get(key)
        if found is None:
            hosts = self._hosts.items()
            found = self._fitting[key] = tuple(name for name, host in hosts if why_not(host, spec) is None)
        return found
