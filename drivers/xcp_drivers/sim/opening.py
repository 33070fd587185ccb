"""Opening a pool: from an address to a session."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from xcp_drivers.sim.address import FORM, Address, parse_address
from xcp_drivers.sim.faults import Faults
from xcp_drivers.sim.line import Line
from xcp_drivers.sim.luck import BadLuck, Draw
from xcp_drivers.sim.session import SimSession
from xcp_drivers.sim.window import CopyWindow, FileWindow, Window, WorldWindow
from xcp_drivers.world.dice import Dice
from xcp_drivers.world.refusal import NoWorldError
from xcp_drivers.world.world import World
from xcp_reconciler.model.errors import RejectedError, UnauthorisedError
from xcp_reconciler.ports.clock import Clock, Rng
from xcp_reconciler.ports.driver import Access, PoolTarget

# How long opening waits for another process that writes the file.
_PATIENCE_S: Final = 10.0


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a session is given from outside; a `world` takes the place of the endpoint's file."""

    clock: Clock
    rng: Rng
    world: World | None = None
    faults: Faults | None = None


@asynccontextmanager
async def opened(target: PoolTarget, around: Surroundings, access: Access) -> AsyncGenerator[SimSession]:
    """A session, closed at the end.

    Raises:
        RejectedError: the endpoint is no address of a world, or its file is none.
        UnauthorisedError: the endpoint says `tls=refused`.
    """
    if around.world is not None and target.endpoint is None:
        address = None
    else:
        address = parse_address(target.endpoint, target.folder)
    if address is not None and address.tls_refused:
        raise UnauthorisedError(
            f"{target.endpoint}: certificate verify failed, as the endpoint asked for", code="CertificateRefused"
        )
    line = _line(target, around, access, address)
    session = SimSession(target, line)
    try:
        try:
            await line.patiently(lambda: _try_out(line), around.clock.now() + _PATIENCE_S)
        except _NotThereError as error:
            raise RejectedError(f"{error}; a simulated pool has {FORM}", code="BadWorld") from error
        yield session
    finally:
        session.close()


class _NotThereError(Exception):
    """The file is no world, on the first look already."""


def _try_out(line: Line) -> None:
    try:
        line.window.world(line.clock.now())
    except NoWorldError as error:
        raise _NotThereError(str(error)) from error


def _line(target: PoolTarget, around: Surroundings, access: Access, address: Address | None) -> Line:
    draw: Draw = around.rng if address is None or address.seed is None else Dice(address.seed)
    faults: tuple[Faults, ...] = () if around.faults is None else (around.faults,)
    window = _window(target, around, access, address)
    if address is None:
        return Line(window, around.clock, draw, access, faults=faults)
    return Line(
        window,
        around.clock,
        draw,
        access,
        address.latency_s,
        address.jitter_s,
        (*faults, BadLuck(address, draw)),
    )


def _window(target: PoolTarget, around: Surroundings, access: Access, address: Address | None) -> Window:
    if around.world is not None or address is None:
        world = around.world if around.world is not None else World.in_memory()
        return WorldWindow(world, target.hosts)
    seed = address.seed or 0
    match access:
        case Access.WRITE:
            return FileWindow(address.path, target.hosts, seed)
        case Access.READ:
            return CopyWindow(address.path, target.hosts, seed)
