"""`xcp doctor`."""

import sys
from collections.abc import Iterator
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from xcp_reconciler.cli.exits import Exit
from xcp_reconciler.cli.failure import CommandError
from xcp_reconciler.cli.options import Files, State, examples

_GOOD: Final = "ok"
_ODD: Final = "look"
_BAD: Final = "wrong"
_KERNELS: Final = ("memory", "placement", "failures")
# Name, verdict, words.
Finding = tuple[str, str, str]


@examples("xcp doctor", "xcp doctor -f examples/quickstart   # asks the hosts that are declared there")
def doctor(paths: Files = None, state: State = None) -> Exit:
    """Look at what xcp needs: Python, libraries, drivers, its state, and whether the declared hosts answer."""
    from xcp_reconciler.cli.output import paint_for, show  # noqa: PLC0415 - beside its only use
    from xcp_reconciler.report.paint import Role  # noqa: PLC0415 - the same

    roles = {_GOOD: Role.GOOD, _ODD: Role.CHANGE, _BAD: Role.BAD}
    paint = paint_for(sys.stdout)
    bad = 0
    for name, verdict, words in (*_here(), *_libvirt(), *_drivers(), *_hosts(paths, state)):
        first, *more = words.splitlines() or [""]
        show(f"{paint(f'{verdict:<5}', roles[verdict])}  {name:<10}  {first}")
        for line in more:
            show(f"{'':<19}{line}")
        bad += verdict == _BAD
    return Exit.ERROR if bad else Exit.DONE


def _here() -> Iterator[Finding]:
    yield "xcp", _GOOD, f"{version('xcp')} in {Path(sys.prefix)}"
    yield "python", _GOOD, f"{sys.version.split()[0]} ({sys.executable})"
    yield _kernels()


def _kernels() -> Finding:
    """Which form of each kernel runs, as their own selection says."""
    forms: dict[str, list[str]] = {}
    for name in _KERNELS:
        module = f"xcp_kernels.{name}"
        if find_spec("xcp_kernels") is None or find_spec(module) is None:
            continue
        try:
            form = str(import_module(module).IMPLEMENTATION)
        except ImportError as error:
            return "kernels", _BAD, f"{name}: {error}"
        forms.setdefault(form, []).append(name)
    if not forms:
        return "kernels", _BAD, "none: this installation is not complete"
    words = "; ".join(f"{form} ({', '.join(names)})" for form, names in sorted(forms.items()))
    if set(forms) == {"compiled"}:
        return "kernels", _GOOD, words
    return "kernels", _ODD, f"{words}\nreference is readable Python, as right, and many times slower"


def _libvirt() -> Iterator[Finding]:
    try:
        binding = version("libvirt-python")
        library: object = import_module("libvirt").getVersion()
    except (PackageNotFoundError, ImportError):
        yield "libvirt", _ODD, "not installed; needed for libvirt pools only: pip install 'xcp[libvirt]'"
        return
    yield "libvirt", _GOOD, f"library {_dotted(library)}, binding {binding}"
    yield _virtualization()


def _dotted(number: object) -> str:
    whole = number if isinstance(number, int) else 0
    return f"{whole // 1_000_000}.{whole // 1000 % 1000}.{whole % 1000}"


def _virtualization() -> Finding:
    """KVM where the device can be opened; libvirt's own word comes with each host that answers."""
    device = Path("/dev/kvm")
    if not device.exists():
        return "kvm", _ODD, "no /dev/kvm on this machine: guests here would be emulated (TCG), slowly"
    try:
        device.open("r+b", buffering=0).close()
    except OSError as error:
        return "kvm", _ODD, f"/dev/kvm cannot be opened: {error.strerror}"
    return "kvm", _GOOD, "/dev/kvm can be opened"


def _drivers() -> Iterator[Finding]:
    from xcp_reconciler.runtime.registry import InstalledDrivers, NoDriverError  # noqa: PLC0415 - late is soon enough

    drivers = InstalledDrivers()
    for name in drivers.names():
        try:
            tables = drivers.driver(name).dialects()
        except NoDriverError as error:
            yield "driver", _BAD, f"{name}: {error}"
        else:
            yield "driver", _GOOD, f"{name}: {', '.join(table.hypervisor for table in tables)}"


def _hosts(paths: list[str] | None, state: Path | None) -> Iterator[Finding]:
    """The store, and whether the declared hosts answer."""
    from xcp_reconciler.cli.oneshot import run  # noqa: PLC0415 - asyncio takes its time to load
    from xcp_reconciler.cli.showing import pool_answers  # noqa: PLC0415 - the same
    from xcp_reconciler.cli.survey import survey  # noqa: PLC0415 - the same
    from xcp_reconciler.cli.workspace import open_workspace, state_folder  # noqa: PLC0415 - the same
    from xcp_reconciler.ports.store import StoreError  # noqa: PLC0415 - the same

    try:
        workspace = open_workspace(paths, state)
        there = "" if workspace.state.exists() else " (not there yet)"
        yield "state", _GOOD, f"{workspace.state}{there}, owner {workspace.owner or 'as stored'}"
        seen = run(survey(workspace))
    except CommandError as error:
        if paths:
            raise
        yield "state", _ODD, "\n".join((error.message or f"nothing in {state_folder()}", *error.notes))
        return
    except StoreError as error:
        yield "state", _BAD, str(error)
        return
    for pool in pool_answers(seen):
        if pool.refusal is not None:
            yield "pool", _BAD, f"{pool.name} ({pool.driver}): {pool.refusal}"
            continue
        views = seen.world.sights[pool.name].hosts
        silent = dict(pool.silent)
        for host in seen.world.declared.hosts.get(pool.name, ()):
            if host in silent:
                yield "host", _BAD, f"{host} does not answer: {silent[host]}"
            else:
                view = views[host]
                yield "host", _GOOD, f"{host} answers: {view.hypervisor} {view.version}".rstrip()
