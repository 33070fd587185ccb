"""A pool from Ganeti's htools' text: sections of lines of fields between `|`, sizes in MiB; and the same text, moved.

Read for clusters whose machines have one home: where storage is shared (rbd, ext, sharedfile, gluster, blockdev,
diskless) any host can take a machine over; a machine on drbd, plain or file stays where it is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from xcp_reconciler.api.diagnostic import Diagnostic, Place
from xcp_reconciler.api.wording import nearest, shown
from xcp_reconciler.loader.cluster.reading import Read
from xcp_reconciler.loader.limits import LIMITS
from xcp_reconciler.model.cluster import MOST_KIB, Cluster, ClusterGroup, ClusterHost, ClusterVm, GroupScope

MIB: Final = 1024
_SHARED: Final = frozenset({"rbd", "ext", "sharedfile", "gluster", "blockdev", "diskless"})
_TEMPLATES: Final = (*sorted(_SHARED), "drbd", "plain", "file")
_STATES: Final = (
    "running",
    "ADMIN_down",
    "ADMIN_offline",
    "USER_down",
    "ERROR_down",
    "ERROR_up",
    "ERROR_nodedown",
    "ERROR_nodeoffline",
    "ERROR_wrongnode",
)
_RUNS: Final = frozenset({"running", "ERROR_up"})
_EXCLUSION: Final = "htools:iextags:"
_DEFAULT_RATIO: Final = 4.0
_NODE_FIELDS: Final = (9, 15)
_INSTANCE_FIELDS: Final = (10, 13)
_NODES, _INSTANCES, _TAGS, _POLICIES = 1, 2, 3, 4
_MOST_NUMBER: Final = 18
_FREE, _HOME = 3, 6


@dataclass(slots=True)
class _Line:
    """One line of a section: where it is, and its fields."""

    number: int
    text: str
    fields: list[str]

    @property
    def name(self) -> str:
        return self.fields[0]


@dataclass(slots=True)
class _Sections:
    """The text in its sections, each a list of lines."""

    file: str
    lists: list[list[_Line]]
    found: list[Diagnostic] = field(default_factory=list[Diagnostic])

    def section(self, which: int) -> list[_Line]:
        return self.lists[which] if which < len(self.lists) else []

    def fail(self, line: _Line, which: int, message: str, hint: str = "") -> None:
        if len(self.found) < LIMITS.errors_per_file:
            column = sum(len(text) + 1 for text in line.fields[:which]) + 1
            width = max(len(line.fields[which]) if which < len(line.fields) else 1, 1)
            self.found.append(Diagnostic(Place(self.file, line.number, column, width, line.text), message, hint))


def is_htools(content: bytes) -> bool:
    """Whether it looks like htools' text: no JSON, and fields between bars in its first line with anything in it."""
    first = next((line.strip() for line in content[: 1 << 16].splitlines() if line.strip()), b"")
    return b"|" in first and first[:1] not in b"{["


def read_htools(content: bytes, file: str) -> Read:
    """The pool that a text describes, and every diagnostic."""
    if len(content) > LIMITS.file_bytes:
        words = f"this file has {len(content):,} bytes; {LIMITS.file_bytes:,} are read at most"
        return Read(None, (Diagnostic(Place(file), words),))
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return Read(None, (Diagnostic(Place(file), f"byte {error.start + 1} of this file is not UTF-8 text"),))
    sections = _Sections(file, _split(text))
    if len(sections.lists) < _TAGS or not sections.section(_NODES):
        words = (
            "this text has no section of nodes: groups, nodes, instances, tags and policies follow an empty line each"
        )
        return Read(None, (Diagnostic(Place(file), words),))
    for line in sections.section(0):
        if not 3 <= len(line.fields) <= 5:  # noqa: PLR2004 - name, uuid, policy; tags, networks
            message = f"this line has {len(line.fields)} fields; a group has 3 to 5: is an empty line missing above it?"
            sections.fail(line, 0, message)
            return Read(None, tuple(sections.found))
    cluster = _cluster(sections)
    return Read(None if sections.found else cluster, tuple(sections.found))


def moved_htools(content: bytes, cluster: Cluster, homes: Mapping[str, str]) -> str:
    """The same text with the machines in `homes` on other nodes, and the nodes' free memory as it is then."""
    shift: dict[str, int] = {}
    for host in cluster.hosts:
        for vm in host.vms:
            target = homes.get(vm.name, host.name)
            if target != host.name:
                shift[host.name] = shift.get(host.name, 0) + vm.needs // MIB
                shift[target] = shift.get(target, 0) - vm.needs // MIB
    text = content.decode("utf-8-sig")
    lines = text.split("\n")
    sections = _split(text)
    for line in sections[_NODES]:
        if shift.get(line.name) and line.fields[_FREE].lstrip("-").isdigit():
            line.fields[_FREE] = str(int(line.fields[_FREE]) + shift[line.name])
            lines[line.number - 1] = "|".join(line.fields)
    for line in sections[_INSTANCES]:
        if line.name in homes:
            line.fields[_HOME] = homes[line.name]
            lines[line.number - 1] = "|".join(line.fields)
    return "\n".join(lines)


def _split(text: str) -> list[list[_Line]]:
    """Sections end at an empty line; empty lines at the very end are nothing."""
    sections: list[list[_Line]] = [[]]
    for number, line in enumerate(text.rstrip("\n").split("\n"), 1):
        bare = line.rstrip("\r")
        if bare:
            sections[-1].append(_Line(number, bare, bare.split("|")))
        else:
            sections.append([])
    return sections


def _cluster(sections: _Sections) -> Cluster:
    ratios = _ratios(sections)
    groups = {line.fields[1]: line.name for line in sections.section(0) if len(line.fields) > 1}
    nodes: dict[str, _Line] = {}
    for line in sections.section(_NODES):
        if _is_new(sections, line, nodes, "node") and _has(sections, line, _NODE_FIELDS, "a node"):
            nodes[line.name] = line
    homes: dict[str, list[ClusterVm]] = {name: [] for name in nodes}
    down: dict[str, int] = dict.fromkeys(nodes, 0)
    seen: dict[str, _Line] = {}
    tags: dict[str, list[str]] = {}
    prefixes = [line.text[len(_EXCLUSION) :] for line in sections.section(_TAGS) if line.text.startswith(_EXCLUSION)]
    members = {group: tuple(n for n, line in nodes.items() if line.fields[8] == group) for group in groups}
    for line in sections.section(_INSTANCES):
        if not _is_new(sections, line, seen, "instance") or not _has(sections, line, _INSTANCE_FIELDS, "an instance"):
            continue
        seen[line.name] = line
        vm = _vm(sections, line, nodes, members if len(groups) > 1 else {})
        if vm is None:
            continue
        home = line.fields[_HOME]
        homes[home].append(vm)
        if line.fields[4] not in _RUNS and line.fields[4] != "ADMIN_offline":
            down[home] += vm.needs
        for tag in line.fields[9].split(","):
            if any(tag.startswith(f"{prefix}:") for prefix in prefixes):
                tags.setdefault(tag, []).append(vm.name)
    hosts = [_host(sections, line, homes[name], down[name], ratios, groups) for name, line in nodes.items()]
    apart = [ClusterGroup(tag, GroupScope.HOST, tuple(vms)) for tag, vms in tags.items() if len(vms) > 1]
    return Cluster(tuple(hosts), tuple(apart))


def _ratios(sections: _Sections) -> dict[str, float]:
    """How many vCPUs a processor may have, for each group; "" is the whole cluster's."""
    found: dict[str, float] = {}
    for line in sections.section(_POLICIES):
        try:
            found[line.name] = float(line.fields[-2])
        except (ValueError, IndexError):
            sections.fail(line, max(len(line.fields) - 2, 0), "this policy has no ratio of vCPUs", "such as |4.0|32.0")
    return found


def _is_new(sections: _Sections, line: _Line, known: Mapping[str, _Line], word: str) -> bool:
    if line.name and line.name not in known:
        return True
    again = (
        f"there is a {word} of the name {shown(line.name)} already, in line {known[line.name].number}"
        if line.name
        else ""
    )
    sections.fail(line, 0, again or f"this {word} has no name", "give it a name of its own")
    return False


def _has(sections: _Sections, line: _Line, bounds: tuple[int, int], what: str) -> bool:
    least, most = bounds
    if least <= len(line.fields) <= most:
        return True
    sections.fail(line, 0, f"this line has {len(line.fields)} fields; {what} has {least} to {most}")
    return False


def _host(
    sections: _Sections,
    line: _Line,
    vms: Sequence[ClusterVm],
    down: int,
    ratios: Mapping[str, float],
    groups: Mapping[str, str],
) -> ClusterHost:
    fields = line.fields
    if fields[7] == "Y" or "?" in (fields[1], fields[2], fields[3], fields[6]):
        return ClusterHost(line.name, 0, 0, tuple(vms), free=0, closed=True)
    if fields[8] not in groups:
        meant = nearest(fields[8], groups)
        sections.fail(line, 8, f"there is no group {shown(fields[8])}", f"did you mean `{meant}`?" if meant else "")
    memory, free = _size(sections, line, 1), _size(sections, line, _FREE)
    speed = _fraction(line.fields[14]) if len(fields) > 14 else 1.0  # noqa: PLR2004 - the field's number
    ratio = ratios.get(groups.get(fields[8], ""), ratios.get("", _DEFAULT_RATIO))
    # htools wants more than nothing to be free: 1 MiB.
    return ClusterHost(
        line.name,
        memory,
        MIB,
        tuple(vms),
        free=free - down,
        cpus=_number(sections, line, 6),
        speed=speed,
        vcpu_ratio=ratio,
    )


def _vm(
    sections: _Sections, line: _Line, nodes: Mapping[str, _Line], members: Mapping[str, tuple[str, ...]]
) -> ClusterVm | None:
    fields = line.fields
    node = nodes.get(fields[_HOME])
    if node is None:
        meant = nearest(fields[_HOME], nodes)
        hint = f"did you mean `{meant}`?" if meant else "nodes are in the second section"
        sections.fail(line, _HOME, f"there is no node {shown(fields[_HOME])}", hint)
        return None
    if fields[8] not in _TEMPLATES:
        meant = nearest(fields[8], _TEMPLATES)
        sections.fail(line, 8, f"{shown(fields[8])} is no disk template", f"did you mean `{meant}`?" if meant else "")
        return None
    if fields[4] not in _STATES:
        meant = nearest(fields[4], _STATES)
        sections.fail(line, 4, f"{shown(fields[4])} is no state", f"did you mean `{meant}`?" if meant else "")
        return None
    memory, vcpus = _size(sections, line, 1), _number(sections, line, 3)
    stays = "" if fields[8] in _SHARED else f"its disk is {fields[8]}"
    if fields[5] != "Y":
        stays = "it is not to be balanced"
    online = fields[4] != "ADMIN_offline"
    return ClusterVm(
        line.name,
        actual=memory if online else 0,
        minimum=memory if online else 0,
        memory=memory if online else 0,
        vcpus=vcpus if online else 0,
        hosts=members.get(node.fields[8]),
        stays=stays,
        number=line.number,
    )


def _size(sections: _Sections, line: _Line, which: int) -> int:
    value = _number(sections, line, which)
    if value * MIB > MOST_KIB:
        sections.fail(line, which, f"{shown(value)} MiB is too large", f"the most is {MOST_KIB // MIB} MiB, 64 PiB")
        return 0
    return value * MIB


def _number(sections: _Sections, line: _Line, which: int) -> int:
    text = line.fields[which].removesuffix(".0")
    if text.isascii() and text.isdigit() and len(text) <= _MOST_NUMBER:
        return int(text)
    sections.fail(line, which, f"{shown(line.fields[which])} is no whole number of 0 or more")
    return 0


def _fraction(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        return 1.0
    return value if 0 < value < 1e6 else 1.0  # noqa: PLR2004 - a speed that anybody has measured
