"""What the scenarios declare: small things that take no time of their own."""

import hashlib
from typing import Any, Final

from tests.lab.guest import qcow2
from tests.real.estate import HOSTS, Estate

HERE, THERE = HOSTS
WEB: Final = "VirtualMachine/web-1"
APPLY: Final = ("apply", "-f", ".", "--auto-approve", "--timeout", "90s")


def machine(estate: Estate, name: str, **more: Any) -> None:  # noqa: ANN401 - manifests are data
    """Declare a machine whose firmware finds nothing to boot and halts: it runs, moves, and hears no power button."""
    spec = {
        "poolRef": {"name": "lab"},
        "memory": {"size": "64Mi"},
        "shutdown": {"timeout": "1s", "force": "AfterTimeout"},
        "placement": {"host": HERE},
    }
    estate.declare("VirtualMachine", name, **{**spec, **more})


def disk(volume: str) -> dict[str, Any]:
    """Give a disk on a volume, by the volume's name."""
    return {"name": volume, "volumeRef": {"name": volume}}


def ground(estate: Estate) -> None:
    """Declare what machines stand on: a network, an image and an overlay over it."""
    image = qcow2(estate.site.folder / "image.qcow2", 16)
    estate.nat()
    estate.volume("base", source={"file": image.name, "sha256": hashlib.sha256(image.read_bytes()).hexdigest()})
    estate.volume("root", backing={"volumeRef": {"name": "base"}})


def whole(estate: Estate, **more: Any) -> None:  # noqa: ANN401 - manifests are data
    """Declare a machine with a disk over an image and a card on a network."""
    ground(estate)
    cards = [{"name": "eth0", "networkRef": {"name": "nat"}}]
    machine(estate, "web-1", disks=[disk("root")], interfaces=cards, **more)
