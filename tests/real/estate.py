"""A folder of manifests about the lab's two hosts, the program run on it, and what the hosts themselves say."""

import copy
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from tests.cli.pool_site import Site
from tests.cli.result import Result
from tests.lab.host import eventually
from tests.lab.lab import Lab

OWNER: Final = "real"
HOSTS: Final = ("host-a", "host-b")
MIB: Final = 1024

Spec = dict[str, Any]


@dataclass(slots=True)
class Estate:
    """Manifests that tests edit as data. Hosts are called host-a and host-b, wherever their URIs lead."""

    lab: Lab
    site: Site
    manifests: dict[str, Spec] = field(default_factory=dict[str, Spec])

    @staticmethod
    def on(lab: Lab, folder: Path, *uris: str) -> "Estate":
        """Declare the pool, the hosts and a folder that both share; `uris` take the place of the hosts' own."""
        folder.mkdir(parents=True, exist_ok=True)
        estate = Estate(lab, Site(folder))
        estate.site.write("xcp.yaml", f"owner: {OWNER}\n")
        estate.declare("Pool", "lab", driver="libvirt")
        for number, name in enumerate(HOSTS, start=1):
            own = lab.uri(number)
            uri = uris[number - 1] if uris else own
            # All hosts of the lab are one machine: each is told how much of it is its own.
            more = {"capacity": {"memory": "4Gi"}, "migrationURI": own}
            estate.declare("Host", name, poolRef={"name": "lab"}, uri=uri, **more)
        path = str(lab.shared / "disks")
        estate.declare("StorageRepository", "shared", poolRef={"name": "lab"}, type="Dir", path=path, shared=True)
        return estate

    # --- what is declared

    def declare(self, kind: str, name: str, **spec: Any) -> None:  # noqa: ANN401 - manifests are data
        """Declare an object, or declare it anew."""
        self.manifests[f"{kind}/{name}"] = spec
        self.write()

    def machine(self, name: str, *, mib: int = 128, **more: Any) -> None:  # noqa: ANN401 - manifests are data
        """Declare a tiny guest whose serial line is `serial(name)`."""
        guest = self.lab.guest
        spec: Spec = {
            "poolRef": {"name": "lab"},
            "memory": {"size": f"{mib}Mi"},
            "boot": {"kernel": str(guest.kernel), "initrd": str(guest.initrd), "cmdline": "console=ttyS0 quiet"},
            "serial": {"file": str(self.serial(name))},
            "shutdown": {"timeout": "20s", "force": "AfterTimeout"},
        }
        self.declare("VirtualMachine", name, **{**spec, **more})

    def volume(self, name: str, **more: Any) -> None:  # noqa: ANN401 - manifests are data
        """Declare a volume of 16 MiB in the shared folder."""
        spec: Spec = {"storageRef": {"name": "shared"}, "size": "16Mi", "format": "Qcow2"}
        self.declare("Volume", name, **{**spec, **more})

    def nat(self) -> None:
        """Declare a NAT network called nat."""
        self.declare("Network", "nat", poolRef={"name": "lab"}, type="NAT", subnet="10.78.0.0/24")

    def edit(self, key: str, **changes: Any) -> None:  # noqa: ANN401 - manifests are data
        """Change fields of `KIND/NAME`; a dict changes the fields that it names."""
        spec = copy.deepcopy(self.manifests[key])
        for name, value in changes.items():
            spec[name] = {**spec.get(name, {}), **value} if isinstance(value, Mapping) else value
        self.manifests[key] = spec
        self.write()

    def drop(self, *keys: str) -> None:
        """Declare these no more."""
        for key in keys:
            del self.manifests[key]
        self.write()

    def write(self) -> None:
        """Write the manifests; JSON is YAML."""
        documents = (
            {
                "apiVersion": "xcp.dev/v1alpha1",
                "kind": key.partition("/")[0],
                "metadata": {"name": key.partition("/")[2]},
                "spec": spec,
            }
            for key, spec in self.manifests.items()
        )
        self.site.write("estate.yaml", "\n---\n".join(json.dumps(one, indent=2) for one in documents))

    # --- what is done and planned

    def apply(self, *options: str) -> Result:
        """Apply all, and insist that it worked."""
        result = self.site.apply("--timeout", "90s", *options)
        assert result.code == 0, result.text
        return result

    def plan(self) -> Any:  # noqa: ANN401 - a plan as data
        """Give the plan for all."""
        result = self.site.run("plan", "-f", ".", "-o", "json")
        assert result.code == 0, result.text
        return result.json

    def settled(self, *, pending: int = 0) -> Any:  # noqa: ANN401 - a plan as data
        """Insist that there is nothing to do, and give the plan that says so."""
        result = self.site.run("plan", "-f", ".", "--detailed-exitcode", "-o", "json")
        assert result.code == 0, result.text
        summary = result.json["summary"]
        found = {name: summary[name] for name in ("changes", "pending", "heldBack", "blocked", "waiting")}
        nothing = {"changes": 0, "pending": pending, "heldBack": 0, "blocked": 0, "waiting": 0}
        assert found == nothing, result.text
        return result.json

    def status(self, kind: str, name: str) -> Any:  # noqa: ANN401 - a status as data
        """Give an object's status as `xcp get` shows it."""
        result = self.site.run("get", kind, name, "-o", "json")
        assert result.code == 0, result.text
        (item,) = result.json["items"]
        return item["status"]

    # --- what the hosts say

    def copies(self, name: str) -> list[tuple[str, str]]:
        """Give host and state of each copy of a machine, whoever made it, on the hosts that have power."""
        found: list[tuple[str, str]] = []
        for host, called in zip(self.lab.hosts, HOSTS, strict=True):
            if host.processes("libvirtd") and name in host.virsh("list", "--all", "--name").split():
                found.append((called, host.virsh("domstate", name).strip()))
        return found

    def serial(self, name: str) -> Path:
        """Give the file that a guest's serial line is written to, wherever it runs."""
        return self.lab.shared / f"{name}.log"

    def lines(self, name: str) -> list[str]:
        """Give what a guest has said so far."""
        log = self.serial(name)
        return log.read_text(errors="replace").splitlines() if log.exists() else []

    def boots(self, name: str) -> int:
        """Count how often a guest has come up, on whichever host: a second copy would be one more."""
        return sum("GUEST-UP" in line for line in self.lines(name))

    def up(self, name: str, *, boots: int = 1) -> None:
        """Wait until a guest has come up so many times, and insist that it was not oftener."""
        eventually(f"{name} comes up", lambda: self.boots(name) >= boots, seconds=60)
        assert self.boots(name) == boots

    def files(self) -> list[str]:
        """Give the files in the shared repository."""
        return sorted(path.name for path in (self.lab.shared / "disks").iterdir())

    def uuid(self, name: str) -> str:
        """Give the uuid that a machine has on its host."""
        ((called, _),) = self.copies(name)
        return self.lab.hosts[HOSTS.index(called)].virsh("domuuid", name).strip()
