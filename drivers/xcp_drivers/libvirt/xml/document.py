"""Reading and writing documents safely: nothing is fetched, nothing expands, every text is escaped by lxml."""

from typing import Final, TypeAlias

from lxml import etree

from xcp_reconciler.model.errors import RejectedError

# lxml names the type of its elements as if it were private; this is the one place that minds.
Element: TypeAlias = etree._Element  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]

XCP_NAMESPACE: Final = "https://xcp.dev/v1alpha1"

# libvirt's units of memory and capacity, in bytes. Without a unit memory is in KiB and capacity in bytes.
_UNITS: Final = {
    "b": 1,
    "bytes": 1,
    "KB": 10**3,
    "k": 2**10,
    "KiB": 2**10,
    "MB": 10**6,
    "M": 2**20,
    "MiB": 2**20,
    "GB": 10**9,
    "G": 2**30,
    "GiB": 2**30,
    "TB": 10**12,
    "T": 2**40,
    "TiB": 2**40,
}


def parse(text: str) -> Element:
    """The root element of a document, comments and unknown elements kept.

    Raises:
        RejectedError: it is no XML.
    """
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        return etree.fromstring(text.encode(), parser)
    except etree.XMLSyntaxError as error:
        raise RejectedError(f"libvirt sent what is no XML: {error}", code="XmlSyntax") from error


def render(root: Element) -> str:
    """A document as text, indented only where nothing else has set the layout."""
    return etree.tostring(root, encoding="unicode")


def pretty(root: Element) -> str:
    """A document that we made ourselves, indented for people."""
    etree.indent(root, space="  ")
    return etree.tostring(root, encoding="unicode") + "\n"


def put(parent: Element, tag: str, text: str | None = None, **attributes: str) -> Element:
    """Append an element; values are escaped by lxml.

    Raises:
        RejectedError: a value has characters that no XML can carry.
    """
    element = etree.SubElement(parent, tag)
    try:
        for name, value in attributes.items():
            element.set(name, value)
        if text is not None:
            element.text = text
    except ValueError as error:
        raise RejectedError(f"<{tag}> has a character that no XML can carry", code="XmlCharacters") from error
    return element


def set_text(parent: Element, tag: str, text: str) -> Element:
    """The child of this name with this text, made where it is missing."""
    child = parent.find(tag)
    if child is None:
        return put(parent, tag, text)
    try:
        child.text = text
    except ValueError as error:
        raise RejectedError(f"<{tag}> has a character that no XML can carry", code="XmlCharacters") from error
    return child


def remove(parent: Element, child: Element) -> None:
    """Take a child out without the text that follows it."""
    tail = child.tail
    before = child.getprevious()
    parent.remove(child)
    if tail and tail.strip():
        if before is not None:
            before.tail = (before.tail or "") + tail
        else:
            parent.text = (parent.text or "") + tail


def text_of(parent: Element, path: str) -> str | None:
    """The text at a path, None where there is none."""
    found = parent.find(path)
    return found.text if found is not None else None


def attribute(parent: Element, path: str, name: str) -> str | None:
    """An attribute of the element at a path, None where either is missing."""
    found = parent.find(path)
    return found.get(name) if found is not None else None


def bytes_of(parent: Element, path: str) -> int:
    """A capacity in bytes; 0 where it is not stated."""
    return _scaled(parent, path, "bytes")


def kib_of(parent: Element, path: str) -> int:
    """A memory size in KiB; 0 where it is not stated."""
    return _scaled(parent, path, "KiB") // 1024


def _scaled(parent: Element, path: str, unit: str) -> int:
    found = parent.find(path)
    if found is None or not (found.text or "").strip().isdecimal():
        return 0
    return int((found.text or "").strip()) * _UNITS.get(found.get("unit", unit), 1)
