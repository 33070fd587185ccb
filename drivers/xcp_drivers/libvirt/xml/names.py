"""Our names of devices, kept as libvirt's user aliases: the only free text that libvirt keeps for a device."""

import re
from typing import Final

from xcp_drivers.libvirt.xml.document import Element, attribute
from xcp_reconciler.model.errors import RejectedError

_USER: Final = "ua-"
_ALLOWED: Final = re.compile(r"[A-Za-z0-9_-]{1,60}")


def alias_of(name: str) -> str:
    """The alias that carries a name.

    Raises:
        RejectedError: libvirt's aliases have no room for this name.
    """
    if not _ALLOWED.fullmatch(name):
        raise RejectedError(f"`{name}`: libvirt names devices with letters, digits, - and _ only", code="DeviceName")
    return _USER + name


def own_name(element: Element) -> str | None:
    """The name that we gave a device, None for a device that we did not name."""
    alias = attribute(element, "alias", "name")
    return alias.removeprefix(_USER) if alias is not None and alias.startswith(_USER) else None
