"""The laws of the driver contract, as a test suite that every driver runs.

A driver's author writes a `Rig` and subclasses `DriverLaws`:

    class TestMyDriver(DriverLaws):
        @pytest.fixture
        def rig(self) -> Rig:
            return MyRig()

Laws that need what a backend does not have are skipped with the reason.
"""

import pytest

# Outside test modules pytest leaves assert as it is; a law that is broken has to say what it saw.
pytest.register_assert_rewrite("xcp_drivers.conformance.laws")

from xcp_drivers.conformance.laws import DriverLaws  # noqa: E402
from xcp_drivers.conformance.rig import Rig  # noqa: E402

__all__ = ["DriverLaws", "Rig"]
