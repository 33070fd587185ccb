"""Our mark in `<metadata>`: who owns an object, under which name, and which uuid it was put on."""

from lxml import etree

from xcp_drivers.libvirt.xml.document import XCP_NAMESPACE, Element
from xcp_reconciler.model.identity import Stamp
from xcp_reconciler.refs import parse_ref

_TAG = f"{{{XCP_NAMESPACE}}}stamp"
PREFIX = "xcp"


def stamp_element(stamp: Stamp) -> Element:
    """The element that a definition carries in its `<metadata>`."""
    element = etree.Element(_TAG, nsmap={PREFIX: XCP_NAMESPACE})
    element.set("owner", stamp.owner)
    element.set("ref", stamp.ref.path)
    element.set("uid", stamp.uid)
    element.set("self", stamp.self_uuid)
    return element


def put_stamp(root: Element, stamp: Stamp) -> None:
    """Put the stamp into a definition that we make."""
    etree.SubElement(root, "metadata").append(stamp_element(stamp))


def bare_stamp(stamp: Stamp) -> str:
    """The stamp for virDomainSetMetadata, which wants an element without a prefix and adds the namespace itself."""
    return etree.tostring(
        etree.Element("stamp", owner=stamp.owner, ref=stamp.ref.path, uid=stamp.uid, self=stamp.self_uuid),
        encoding="unicode",
    )


def read_stamp(root: Element) -> Stamp | None:
    """The stamp of a definition; one that makes no sense is none."""
    element = root.find(f"metadata/{_TAG}")
    if element is None:
        return None
    try:
        ref = parse_ref(element.get("ref", ""))
    except ValueError:
        return None
    return Stamp(element.get("owner", ""), ref, element.get("uid", ""), element.get("self", ""))
