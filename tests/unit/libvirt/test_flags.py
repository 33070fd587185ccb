"""Our numbers are libvirt's, and the driver is light."""

import subprocess
import sys
from enum import IntEnum, IntFlag
from types import ModuleType

import pytest

from xcp_drivers.libvirt import errors, flags


@pytest.fixture
def libvirt() -> ModuleType:
    module = pytest.importorskip("libvirt", reason="libvirt's Python binding is not installed")
    assert isinstance(module, ModuleType)
    return module


@pytest.mark.parametrize(
    ("numbers", "prefix"),
    [
        (flags.DomainXml, "VIR_DOMAIN_XML_"),
        (flags.Affect, "VIR_DOMAIN_AFFECT_"),
        (flags.Define, "VIR_DOMAIN_DEFINE_"),
        (flags.Undefine, "VIR_DOMAIN_UNDEFINE_"),
        (flags.Migrate, "VIR_MIGRATE_"),
        (flags.BlockResize, "VIR_DOMAIN_BLOCK_RESIZE_"),
        (flags.DomainStats, "VIR_DOMAIN_STATS_"),
        (flags.AllStats, "VIR_CONNECT_GET_ALL_DOMAINS_STATS_"),
        (flags.Metadata, "VIR_DOMAIN_METADATA_"),
        (flags.State, "VIR_DOMAIN_"),
        (flags.Shutoff, "VIR_DOMAIN_SHUTOFF_"),
        (flags.Event, "VIR_DOMAIN_EVENT_ID_"),
        (flags.Credential, "VIR_CRED_"),
        (flags.JobOperation, "VIR_DOMAIN_JOB_OPERATION_"),
        (errors.Code, "VIR_ERR_"),
    ],
)
def test_numbers(libvirt: ModuleType, numbers: type[IntEnum] | type[IntFlag], prefix: str) -> None:
    for number in numbers:
        if number.value:
            name = prefix + (number.name or "")
            assert getattr(libvirt, name) == number.value, name


def test_importing_the_driver_imports_neither_libvirt_nor_lxml() -> None:
    code = "import sys, xcp_drivers.libvirt; print([m for m in ('libvirt', 'lxml') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603
    assert done.stdout.strip() == "[]"
