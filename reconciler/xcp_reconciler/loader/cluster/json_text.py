"""A pool from JSON: `{"hosts": [{"name", "memoryKiB", "reserveKiB", "vms": [{"name", "actualKiB", "minKiB", ...}]}]}`.

Positions are looked up in a second reading, and only of a text that something is wrong with.
"""

import json
import math
from itertools import islice
from typing import Final

from xcp_reconciler.api.diagnostic import Also, Diagnostic, Place, Severity
from xcp_reconciler.api.plain import is_list, is_mapping
from xcp_reconciler.api.wording import choice, nearest, shown
from xcp_reconciler.loader.cluster.json_places import json_places
from xcp_reconciler.loader.cluster.keys import FILE_KEYS, GROUP_KEYS, HOST_KEYS, VM_KEYS, Key, Takes
from xcp_reconciler.loader.cluster.reading import Read
from xcp_reconciler.loader.complaints import dotted
from xcp_reconciler.loader.finding import Elsewhere, Finding, Spot
from xcp_reconciler.loader.limits import LIMITS
from xcp_reconciler.loader.places import Path, Places, Span
from xcp_reconciler.model.cluster import MOST_KIB, Cluster, ClusterGroup, ClusterHost, ClusterVm, GroupScope

# No number that we take has so many digits; Python refuses to read numbers of thousands.
_DIGITS: Final = 40
MOST_COUNT: Final = 1 << 30
_NO_NAME: Final = "it takes text without control characters, and not an empty one"


class _Text:
    """One text: what it says, and the lines that diagnostics show of it."""

    def __init__(self, file: str, text: str) -> None:
        self.file = file
        self.text = text
        self.twice = False

    def pairs(self, pairs: list[tuple[str, object]]) -> dict[str, object]:
        made = dict(pairs)
        self.twice = self.twice or len(made) != len(pairs)
        return made

    def place(self, span: Span, lines: list[str]) -> Place:
        text = lines[span.line] if span.line < len(lines) else ""
        return Place(self.file, span.line + 1, span.column + 1, span.width, text)


def read_json(content: bytes, file: str, *, needs: frozenset[str]) -> Read:
    """The pool that a JSON text describes; `needs` are the keys that every machine has to have."""
    if len(content) > LIMITS.file_bytes:
        return _whole(file, f"this file has {len(content):,} bytes; {LIMITS.file_bytes:,} are read at most")
    try:
        source = _Text(file, content.decode("utf-8-sig"))
        data: object = json.loads(source.text, object_pairs_hook=source.pairs, parse_int=_whole_number)
    except UnicodeDecodeError as error:
        return _whole(file, f"byte {error.start + 1} of this file is not UTF-8 text")
    except json.JSONDecodeError as error:
        return _not_json(file, error)
    except RecursionError:
        return _whole(file, "this is nested too deeply to be a pool")
    reading = _Reading(needs)
    cluster = reading.cluster(data)
    if not reading.findings and not source.twice:
        return Read(cluster)
    diagnostics = _placed(source, reading.findings)
    return Read(None if any(one.severity is Severity.ERROR for one in diagnostics) else cluster, diagnostics)


def _whole_number(text: str) -> int:
    return int(text[:_DIGITS])


def _whole(file: str, message: str) -> Read:
    return Read(None, (Diagnostic(Place(file), message),))


def _not_json(file: str, error: json.JSONDecodeError) -> Read:
    text = error.doc[error.doc.rfind("\n", 0, error.pos) + 1 :].split("\n", 1)[0]
    place = Place(file, error.lineno, error.colno, 1, text)
    message = error.msg[:1].lower() + error.msg[1:]
    return Read(None, (Diagnostic(place, f"this is not JSON: {message}"),))


def _placed(source: _Text, findings: list[Finding]) -> tuple[Diagnostic, ...]:
    """The findings with their places, in the order of the text."""
    few = findings[: LIMITS.errors_per_file]
    wanted = [finding.path for finding in few] + [also.path for finding in few for also in finding.also]
    places, again = json_places(source.text, wanted)
    lines = source.text.split("\n")
    made: list[Diagnostic] = []
    for path, span in islice(again, LIMITS.errors_per_file):
        made.append(Diagnostic(source.place(span, lines), f"`{dotted(path)}` is there twice", "remove one of them"))
    for one in few:
        also = tuple(Also(source.place(_span(places, e.path, e.spot), lines), e.words) for e in one.also)
        place = source.place(_span(places, one.path, one.spot), lines)
        notes = (one.note,) if one.note else ()
        made.append(Diagnostic(place, one.message, one.hint, notes, also, one.severity))
    return tuple(sorted(made, key=lambda one: (one.place.line, one.place.column)))


def _span(places: Places, path: Path, spot: Spot) -> Span:
    return places.of_key(path) if spot is Spot.KEY else places.of_value(path)


class _Reading:
    """Turns plain data into a pool, and notes whatever is wrong with it."""

    def __init__(self, needs: frozenset[str]) -> None:
        self.findings: list[Finding] = []
        self._vm_keys = tuple(Key(k.name, k.takes, k.always or k.name in needs, k.nullable) for k in VM_KEYS)
        self._hosts: dict[str, Path] = {}
        self._vms: dict[str, Path] = {}
        self._groups: dict[str, Path] = {}
        self._named_hosts: list[tuple[Path, tuple[str, ...]]] = []

    def cluster(self, data: object) -> Cluster:
        found = self._object(data, (), FILE_KEYS, "a pool")
        hosts = found.get("hosts")
        if is_list(hosts) and not hosts:
            self._find(("hosts",), "there is no host in this pool", "describe at least one")
        members = hosts if is_list(hosts) else []
        made = tuple(self._host(one, ("hosts", number)) for number, one in enumerate(members))
        for path, names in self._named_hosts:
            self._known(names, path, self._hosts, "host")
        groups = found.get("groups")
        listed = groups if is_list(groups) else []
        return Cluster(made, tuple(self._group(one, ("groups", number)) for number, one in enumerate(listed)))

    def _group(self, data: object, path: Path) -> ClusterGroup:
        found = self._object(data, path, GROUP_KEYS, "a group")
        name = self._once(found, path, self._groups, "group")
        vms = _names_in(found, "vms")
        self._known(vms, (*path, "vms"), self._vms, "machine")
        scope, price = found.get("scope"), found.get("price")
        return ClusterGroup(
            name,
            GroupScope(scope) if isinstance(scope, str) else GroupScope.HOST,
            tuple(dict.fromkeys(vms)),
            _number(found, "limit", 1),
            float(price) if isinstance(price, int | float) else None,
        )

    def _known(self, names: tuple[str, ...], path: Path, known: dict[str, Path], word: str) -> None:
        for number, name in enumerate(names):
            if name not in known:
                meant = nearest(name, known)
                hint = f"did you mean `{meant}`?" if meant else ""
                self._find((*path, number), f"there is no {word} of the name {shown(name)}", hint)

    def _host(self, data: object, path: Path) -> ClusterHost:
        found = self._object(data, path, HOST_KEYS, "a host")
        name = self._once(found, path, self._hosts, "host")
        vms = found.get("vms")
        members = tuple(self._vm(one, (*path, "vms", n)) for n, one in enumerate(vms if is_list(vms) else []))
        ratio, domain = found.get("vcpuRatio"), found.get("domain")
        return ClusterHost(
            name,
            _number(found, "memoryKiB"),
            _number(found, "reserveKiB"),
            members,
            free=_number(found, "freeKiB") if "freeKiB" in found else None,
            cpus=_number(found, "cpus"),
            vcpu_ratio=float(ratio) if isinstance(ratio, int | float) else None,
            domain=domain if isinstance(domain, str) else "",
            taints=_names_in(found, "taints"),
            closed=found.get("closed", False) is True,
        )

    def _vm(self, data: object, path: Path) -> ClusterVm:
        found = self._object(data, path, self._vm_keys, "a machine")
        weight = found.get("weight", 1.0)
        return ClusterVm(
            self._once(found, path, self._vms, "machine"),
            _number(found, "actualKiB"),
            _number(found, "minKiB"),
            _number(found, "maxKiB"),
            _number(found, "demandKiB") if "demandKiB" in found else None,
            float(weight) if isinstance(weight, int | float) else 1.0,
            found.get("active", True) is True,
            memory=_number(found, "memoryKiB") if "memoryKiB" in found else None,
            overhead=_number(found, "overheadKiB"),
            vcpus=_number(found, "vcpus"),
            tolerates=_names_in(found, "tolerates"),
            hosts=self._reach(found, path),
            stays="" if found.get("movable", True) is True else "it is not movable",
        )

    def _reach(self, found: dict[str, object], path: Path) -> tuple[str, ...] | None:
        if "hosts" not in found:
            return None
        names = _names_in(found, "hosts")
        self._named_hosts.append(((*path, "hosts"), names))
        return names

    def _once(self, found: dict[str, object], path: Path, known: dict[str, Path], word: str) -> str:
        """The name of an object that nothing else of its sort may have."""
        name = found.get("name")
        if not isinstance(name, str):
            return ""
        here = (*path, "name")
        if (before := known.setdefault(name, here)) != here:
            also = (Elsewhere(0, before, "the other one"),)
            problem = f"there are two {word}s of the name {shown(name)}"
            self.findings.append(Finding(here, problem, "give one of them another name", also=also))
        return name

    def _object(self, data: object, path: Path, keys: tuple[Key, ...], what: str) -> dict[str, object]:
        """The values of an object that are as they should be; of all others it is noted what is wrong."""
        if not is_mapping(data):
            where = f"`{dotted(path)}`" if path else "this file"
            self._find(path, f"{where} is {shown(data)}, not {what}", f"it has the keys {_names(keys)}")
            return {}
        by_name = {key.name: key for key in keys}
        for name in data:
            if name not in by_name:
                self._unknown(name, path, by_name)
        found: dict[str, object] = {}
        for key in keys:
            here = (*path, key.name)
            value = data.get(key.name)
            if key.name not in data or (value is None and key.nullable):
                if key.always:
                    self._find(path, f"`{dotted(here)}` is missing", f"it takes {key.takes}", Spot.KEY)
            elif problem := _problem(key, value):
                self._find(here, f"`{dotted(here)}` {problem[0]}", problem[1])
            else:
                found[key.name] = value
        return found

    def _unknown(self, name: str, path: Path, known: dict[str, Key]) -> None:
        """A key that we do not know: an error if it is nearly one that we do, else somebody else's affair."""
        here = (*path, name)
        meant = nearest(name, known)
        if meant is not None:
            self._find(here, f"unknown key {shown(name)}", f"did you mean `{meant}`?", Spot.KEY)
            return
        message, note = f"unknown key {shown(name)}; nothing is made of it", f"known: {_names(tuple(known.values()))}"
        self.findings.append(Finding(here, message, note=note, spot=Spot.KEY, severity=Severity.WARNING))

    def _find(self, path: Path, message: str, hint: str, spot: Spot = Spot.VALUE) -> None:
        self.findings.append(Finding(path, message, hint, spot=spot))


def _names(keys: tuple[Key, ...]) -> str:
    return choice([f"`{key.name}`" for key in keys])


def _number(found: dict[str, object], key: str, default: int = 0) -> int:
    value = found.get(key, default)
    return value if isinstance(value, int) else default


def _names_in(found: dict[str, object], key: str) -> tuple[str, ...]:
    value = found.get(key)
    return tuple(name for name in value if isinstance(name, str)) if is_list(value) else ()


def _problem(key: Key, value: object) -> tuple[str, str] | None:
    """What is wrong with a value, and what to write instead; None where nothing is."""
    match key.takes:
        case Takes.NAME:
            fits = isinstance(value, str) and value != "" and value.isprintable()
            return None if fits else (f"is {shown(value)}, not {key.takes}", _NO_NAME)
        case Takes.LIST:
            return None if is_list(value) else (f"is {shown(value)}, not {key.takes}", "write it between [ and ]")
        case Takes.FLAG:
            return None if isinstance(value, bool) else (f"is {shown(value)}, not {key.takes}", f"write {key.takes}")
        case Takes.SHARE:
            fits = isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < math.inf
            return None if fits else (f"is {shown(value)}, not {key.takes}", f"write {key.takes}")
        case Takes.NAMES:
            fits = is_list(value) and all(isinstance(one, str) and one.isprintable() and one for one in value)
            return None if fits else (f"is not {key.takes}", "write names between [ and ], with commas between them")
        case Takes.TEXT:
            fits = isinstance(value, str) and value.isprintable()
            return None if fits else (f"is {shown(value)}, not {key.takes}", _NO_NAME)
        case Takes.SCOPE:
            return _no_scope(value)
        case Takes.COUNT:
            fits = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MOST_COUNT
            return None if fits else (f"is {shown(value)}, not {key.takes}", f"the most is {MOST_COUNT}")
        case Takes.KIB:
            return _no_size(value)


def _no_scope(value: object) -> tuple[str, str] | None:
    if isinstance(value, str) and value in set(GroupScope):
        return None
    meant = nearest(value, GroupScope) if isinstance(value, str) else None
    hint = f"did you mean `{meant}`?" if meant else f"write {choice(GroupScope)}"
    return f"is {shown(value)}, not {Takes.SCOPE}", hint


def _no_size(value: object) -> tuple[str, str] | None:
    if isinstance(value, bool) or not isinstance(value, int):
        whole = isinstance(value, float) and value.is_integer() and abs(value) <= MOST_KIB
        hint = f"write {int(value)}" if whole and isinstance(value, float) else "write a whole number of KiB"
        return f"is {shown(value)}, not {Takes.KIB}", hint
    if value < 0:
        return f"is {shown(value)}: no memory is negative", "write 0 or more"
    if value > MOST_KIB:
        return f"is {shown(value)}, which is too large", f"the most is {MOST_KIB} KiB, 64 PiB"
    return None
