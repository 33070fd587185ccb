"""A pool's JSON with machines on other hosts."""

import json
from collections.abc import Mapping
from typing import cast

from xcp_reconciler.model.cluster import Cluster


def moved_json(content: bytes, cluster: Cluster, homes: Mapping[str, str]) -> str:
    """The same pool with the machines in `homes` on other hosts, and `freeKiB` as it is then.

    The content is what `cluster` was read from, without errors; keys that nobody knows stay.
    """
    data = cast("dict[str, object]", json.loads(content.decode("utf-8-sig")))
    hosts = {str(host["name"]): host for host in cast("list[dict[str, object]]", data["hosts"])}
    members: dict[str, list[object]] = {name: [] for name in hosts}
    for name, host in hosts.items():
        for vm in cast("list[dict[str, object]]", host.get("vms", [])):
            members[homes.get(str(vm["name"]), name)].append(vm)
    for one in cluster.hosts:
        for machine in one.vms:
            target = homes.get(machine.name, one.name)
            if target != one.name:
                _free(hosts[one.name], machine.needs)
                _free(hosts[target], -machine.needs)
    for name, host in hosts.items():
        if "vms" in host or members[name]:
            host["vms"] = members[name]
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"


def _free(host: dict[str, object], more: int) -> None:
    before = host.get("freeKiB")
    if isinstance(before, int):
        host["freeKiB"] = before + more
