"""Drivers by name, and words for those that are not there."""

import pytest

from xcp_drivers.sim import SimDriver
from xcp_reconciler.runtime.backoff import delay
from xcp_reconciler.runtime.registry import GivenDrivers, InstalledDrivers, NoDriverError, missing_library


def test_an_installed_driver_is_found_by_its_name() -> None:
    assert InstalledDrivers().driver("sim").name == "sim"


def test_an_unknown_driver_names_the_nearest() -> None:
    with pytest.raises(NoDriverError, match="did you mean sim"):
        InstalledDrivers().driver("simm")
    with pytest.raises(NoDriverError, match="installed: sim"):
        GivenDrivers(SimDriver()).driver("vmware")


def test_a_missing_library_says_what_to_install() -> None:
    words = missing_library("libvirt", ModuleNotFoundError("No module named 'libvirt'", name="libvirt"))
    assert "xcp[libvirt]" in words
    assert "cannot be loaded" in missing_library("odd", ImportError("broken"))


def test_the_delay_doubles_up_to_its_cap_and_jitter_only_shortens_it() -> None:
    assert [delay(failures, 0.0) for failures in (0, 1, 2, 3, 4)] == [0.0, 1.0, 2.0, 4.0, 8.0]
    assert delay(100, 0.0) == 60.0
    assert 30.0 <= delay(100, 0.999) < 31.0
