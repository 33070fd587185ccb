"""The laws on the simulated hypervisor."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from typer.testing import CliRunner

from xcp_drivers.conformance import DriverLaws, Rig
from xcp_drivers.conformance.rig import Ground
from xcp_drivers.sim import driver
from xcp_drivers.sim.command import app
from xcp_drivers.sim.session import SimSession
from xcp_reconciler.model.ops import Call
from xcp_reconciler.ports.driver import HostTarget, PoolTarget, Session
from xcp_reconciler.runtime.system import SystemClock, SystemRng


class SimRig:
    """Two simulated hosts in a world file of their own."""

    driver = driver
    clock = SystemClock()
    rng = SystemRng()

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        hosts = (HostTarget("a"), HostTarget("b"))
        target = PoolTarget("lab", "conformance", f"sim://{folder}/world.db", str(folder), hosts)
        self.ground = Ground(target, "/srv/files", shared=True, settle_s=5.0)

    def wire(self, session: Session) -> Sequence[Call]:
        """Give the calls that the session keeps."""
        assert isinstance(session, SimSession)
        return session.wire

    async def make_stranger(self, name: str) -> bool:
        """Tamper with the world as its command does."""
        made = CliRunner().invoke(app, ["world", str(self._folder / "world.db"), "stranger", name, "--host", "a"])
        assert made.exit_code == 0, made.output
        return True


class TestSim(DriverLaws):
    """The simulated hypervisor keeps the contract."""

    @pytest.fixture
    def rig(self, tmp_path: Path) -> Rig:
        """Give two fresh hosts."""
        return SimRig(tmp_path)
