"""Pools as texts: htools' and JSON."""

from typing import Any, Final

_POLICY: Final = "4096,1,1024,1,1,1|128,1,1024,1,1,1;65536,64,4194304,16,8,100|rbd|4.0|32.0"


def htools(machines: dict[str, tuple[int, int, str]], nodes: int = 3, template: str = "rbd") -> str:
    """Text of htools: nodes of 64 GiB and 16 processors, machines of (MiB, vCPUs, node)."""
    free = dict.fromkeys((f"node-{n}" for n in range(nodes)), 65536 - 1024)
    for memory, _, node in machines.values():
        free[node] -= memory
    node_lines = [f"{name}|65536|1024|{left}|1000|1000|16|N|uuid-1|1" for name, left in free.items()]
    lines = [
        f"{name}|{memory}|1024|{vcpus}|running|Y|{node}||{template}||1"
        for name, (memory, vcpus, node) in machines.items()
    ]
    return "\n".join(["group|uuid-1|preferred|", "", *node_lines, "", *lines, "", "", f"|{_POLICY}"]) + "\n"


def pool(**more: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """Two hosts of 64 GiB; four machines of 8 GiB on the first."""
    vms = [{"name": f"vm-{n}", "memoryKiB": 8 << 20, "vcpus": 2} for n in range(4)]
    hosts = [
        {"name": "h1", "memoryKiB": 64 << 20, "cpus": 16, "vms": vms},
        {"name": "h2", "memoryKiB": 64 << 20, "cpus": 16},
    ]
    return {"hosts": hosts, **more}


SKEWED: Final = {f"vm-{n}": (2048 << n % 3, 1 + n % 3, "node-0") for n in range(9)}
