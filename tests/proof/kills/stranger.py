"""What is not ours on the hosts, and must be found as it was left."""

import re

from tests.lab.lab import Lab
from tests.proof.kills.world import STRANGER, Ground
from xcp_drivers.libvirt.api import Network, Pool

_DOMAIN = """<domain type='{virt}'><name>{name}</name><memory unit='MiB'>32</memory>
<description>not yours</description><os><type arch='x86_64' machine='q35'>hvm</type></os></domain>"""
_NETWORK = (
    "<network><name>{name}</name><bridge name='strange0'/><ip address='10.91.0.1' netmask='255.255.255.0'/></network>"
)
_POOL = "<pool type='dir'><name>{name}</name><target><path>{path}</path></target></pool>"
_FILL = re.compile("<(?:allocation|available)[^/]*/[a-z]*>")
_FILE = "not yours\n"


def plant(on: Ground) -> None:
    """Make a machine that runs on the second host, and one that does not, a network and a repository on the first."""
    here, there = on.connections
    attic = on.lab.shared / f"{STRANGER}-attic"
    attic.mkdir()
    (attic / f"{STRANGER}.img").write_text(_FILE, encoding="ascii")
    here.defineXMLFlags(_described(on.lab, f"{STRANGER}-off"), 0)
    there.defineXMLFlags(_described(on.lab, f"{STRANGER}-on"), 0).createWithFlags(0)
    here.networkDefineXML(_NETWORK.format(name=STRANGER))
    here.storagePoolDefineXML(_POOL.format(name=STRANGER, path=attic), 0).create(0)


def plant_file(on: Ground) -> None:
    """Put a file into the folder that the repository of the scenarios is made of."""
    on.disks.mkdir(exist_ok=True)
    (on.disks / f"{STRANGER}.qcow2").write_text(_FILE, encoding="ascii")


def seen(on: Ground) -> dict[str, str]:
    """Give all that is known of strangers, by what it is."""
    found: dict[str, str] = {}
    for number, connection in enumerate(on.connections, start=1):
        for domain in connection.listAllDomains(0):
            if domain.name().startswith(STRANGER):
                found[f"{domain.name()} on {number}"] = f"{domain.isActive()} {domain.ID()} {domain.XMLDesc(0)}"
        things: list[Network | Pool] = [*connection.listAllNetworks(0), *connection.listAllStoragePools(0)]
        for thing in things:
            if thing.name().startswith(STRANGER):
                # How full the disk is changes by itself.
                text = _FILL.sub("", thing.XMLDesc(0))
                found[f"{thing.name()} on {number}"] = f"{thing.isActive()} {text}"
    for path in sorted(on.lab.shared.rglob(f"{STRANGER}*")):
        if path.is_file():
            found[str(path)] = path.read_text(encoding="ascii")
    return found


def _described(lab: Lab, name: str) -> str:
    return _DOMAIN.format(virt=lab.virt_type, name=name)
