"""Rules over all objects of one run. A name that no file declares breaks none: the store may know it."""

from collections.abc import Iterator
from ipaddress import IPv4Network

from xcp_reconciler.api.enums import DriverName
from xcp_reconciler.api.host import Host
from xcp_reconciler.api.network import Network
from xcp_reconciler.api.pool import Pool
from xcp_reconciler.loader.finding import Elsewhere, Finding, Spot
from xcp_reconciler.loader.rules.attachments import check_attachments
from xcp_reconciler.loader.rules.backing import check_backing
from xcp_reconciler.loader.rules.memory_policy import check_memory_policies
from xcp_reconciler.loader.rules.one_a_pool import check_one_a_pool
from xcp_reconciler.loader.rules.pools import check_pools
from xcp_reconciler.loader.rules.subject import Gathered, Subject, Told
from xcp_reconciler.refs import DEFAULT_NAMESPACE, Kind


def check_together(subjects: list[Subject]) -> Iterator[Told]:
    """Everything that no single document can show."""
    gathered = Gathered(subjects)
    for first, second in gathered.twice:
        also = (Elsewhere(first.number, ("metadata", "name"), "first declared here"),)
        finding = Finding(("metadata", "name"), "this object is declared twice", "rename or remove one", also=also)
        yield Told(second.number, finding)
    yield from _check_hosts(gathered)
    yield from _check_subnets(gathered)
    yield from check_backing(gathered)
    yield from check_attachments(gathered)
    yield from check_pools(gathered)
    yield from check_memory_policies(gathered)
    yield from check_one_a_pool(gathered)


def _check_hosts(gathered: Gathered) -> Iterator[Told]:
    seen: dict[str, Subject] = {}
    for subject, host in gathered.each(Kind.HOST, Host):
        uri = host.spec.uri
        pool = gathered.find(Kind.POOL, DEFAULT_NAMESPACE, host.spec.pool_ref.name)
        if uri is None:
            if pool is not None and isinstance(pool.model, Pool) and pool.model.spec.driver is DriverName.LIBVIRT:
                message = f"a host of the libvirt pool {pool.name} needs a uri"
                hint = "add `uri: qemu+ssh://root@HOST/system`"
                yield Told(subject.number, Finding(("spec",), message, hint, spot=Spot.KEY))
            continue
        first = seen.setdefault(uri, subject)
        if first is not subject:
            also = (Elsewhere(first.number, ("spec", "uri"), f"{first} has it too"),)
            message = "two hosts are the same machine"
            yield Told(subject.number, Finding(("spec", "uri"), message, "each machine is one Host", also=also))


def _check_subnets(gathered: Gathered) -> Iterator[Told]:
    by_pool: dict[str, list[tuple[Subject, IPv4Network]]] = {}
    for subject, network in gathered.each(Kind.NETWORK, Network):
        subnet = IPv4Network(network.spec.subnet)
        others = by_pool.setdefault(network.spec.pool_ref.name, [])
        for other, taken in others:
            if subnet.overlaps(taken):
                also = (Elsewhere(other.number, ("spec", "subnet"), f"{other} has {taken}"),)
                message = f"the subnet {subnet} overlaps that of {other}"
                yield Told(subject.number, Finding(("spec", "subnet"), message, "choose another range", also=also))
                break
        others.append((subject, subnet))
