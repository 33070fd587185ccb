"""Drivers by name: plug-ins of the entry-point group `xcp.drivers`, imported when first asked for."""

from collections.abc import Mapping
from difflib import get_close_matches
from importlib.metadata import EntryPoint, entry_points
from typing import Final, Protocol, cast

from xcp_reconciler.ports.driver import Driver

GROUP: Final = "xcp.drivers"

# What to install when the library under a driver is missing: module -> how.
_PROVIDED_BY: Final[Mapping[str, str]] = {
    "libvirt": "pip install 'xcp[libvirt]' (it needs the packages libvirt-dev and pkg-config)",
    "lxml": "pip install 'xcp[libvirt]'",
    "XenAPI": "pip install 'xcp[xapi]'",
}


class NoDriverError(Exception):
    """A driver that is not there, or cannot be loaded; the text says what to do."""


class Drivers(Protocol):
    """Where drivers come from."""

    def driver(self, name: str) -> Driver:
        """The driver called `name`.

        Raises:
            NoDriverError: there is none, or it cannot be loaded.
        """
        ...


class GivenDrivers:
    """Drivers that the caller made."""

    def __init__(self, *drivers: Driver) -> None:
        self._drivers = {driver.name: driver for driver in drivers}

    def driver(self, name: str) -> Driver:
        """The driver called `name`.

        Raises:
            NoDriverError: it is not one of those given.
        """
        found = self._drivers.get(name)
        if found is None:
            raise NoDriverError(_unknown(name, list(self._drivers)))
        return found


class InstalledDrivers:
    """Drivers that are installed beside this program."""

    def __init__(self) -> None:
        self._loaded: dict[str, Driver] = {}

    def names(self) -> tuple[str, ...]:
        """The drivers that could be loaded, without loading any."""
        return tuple(sorted({point.name for point in entry_points(group=GROUP)}))

    def driver(self, name: str) -> Driver:
        """The driver called `name`, imported now if it was not.

        Raises:
            NoDriverError: it is not installed, or a library that it needs is missing.
        """
        if name not in self._loaded:
            points = [point for point in entry_points(group=GROUP) if point.name == name]
            if not points:
                raise NoDriverError(_unknown(name, list(self.names())))
            self._loaded[name] = _load(points[0])
        return self._loaded[name]


def _load(point: EntryPoint) -> Driver:
    try:
        return cast("Driver", point.load())
    except ImportError as error:
        raise NoDriverError(missing_library(point.name, error)) from error


def missing_library(driver: str, error: ImportError) -> str:
    """What to tell somebody whose driver lacks the library under it."""
    module = (error.name or "").partition(".")[0]
    advice = _PROVIDED_BY.get(module)
    if advice is None:
        return f"driver {driver} cannot be loaded: {error}"
    return f"driver {driver} needs the Python module {module}: {advice}"


def _unknown(name: str, known: list[str]) -> str:
    near = get_close_matches(name, known, n=1)
    meant = f"; did you mean {near[0]}?" if near else ""
    return f"there is no driver {name}{meant} (installed: {', '.join(sorted(known)) or 'none'})"
