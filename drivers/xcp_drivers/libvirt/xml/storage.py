"""Storage pools and volumes."""

from lxml import etree

from xcp_drivers.libvirt.xml.document import attribute, bytes_of, parse, pretty, put, text_of
from xcp_reconciler.model.desired import VolumeFormat
from xcp_reconciler.model.observed import ObservedStorage, ObservedVolume
from xcp_reconciler.model.ops import DefineStorage

# What libvirt finds in files that hold plain bytes.
_FORMATS = {"raw": VolumeFormat.RAW, "iso": VolumeFormat.RAW, "qcow2": VolumeFormat.QCOW2}


def pool_xml(op: DefineStorage) -> str:
    """The `<pool type='dir'>` of a repository. libvirt keeps no metadata here: the derived uuid is its identity."""
    root = etree.Element("pool", type="dir")
    put(root, "name", op.name)
    put(root, "uuid", op.uuid)
    put(put(root, "target"), "path", op.path)
    return pretty(root)


def read_pool(text: str, host: str, *, active: bool) -> tuple[ObservedStorage, bool]:
    """A pool, and whether it is a directory."""
    root = parse(text)
    seen = ObservedStorage(
        host=host,
        uuid=text_of(root, "uuid") or "",
        name=text_of(root, "name") or "",
        path=text_of(root, "target/path") or "",
        active=active,
        capacity_bytes=bytes_of(root, "capacity"),
        available_bytes=bytes_of(root, "available"),
    )
    return seen, root.get("type") == "dir"


def volume_xml(
    name: str,
    form: VolumeFormat,
    capacity: int,
    *,
    backing: tuple[str, VolumeFormat] | None = None,
    sparse: bool = True,
) -> str:
    """The `<volume>` to create; `capacity` in bytes, `backing` a path and its format."""
    root = etree.Element("volume")
    put(root, "name", name)
    put(root, "capacity", str(capacity), unit="bytes")
    if sparse:
        put(root, "allocation", "0", unit="bytes")
    target = put(root, "target")
    put(target, "format", type=form.extension)
    if form is VolumeFormat.QCOW2:
        put(target, "compat", "1.1")
    if backing is not None:
        path, backing_form = backing
        store = put(root, "backingStore")
        put(store, "path", path)
        put(store, "format", type=backing_form.extension)
    return pretty(root)


def read_volume(text: str, host: str, storage: str) -> ObservedVolume | None:
    """A volume; None for what is no disk image that the model has a word for."""
    root = parse(text)
    form = _FORMATS.get(attribute(root, "target/format", "type") or "raw")
    if form is None or root.get("type", "file") != "file":
        return None
    return ObservedVolume(
        host=host,
        storage=storage,
        file=text_of(root, "name") or "",
        path=text_of(root, "target/path") or "",
        format=form,
        capacity_bytes=bytes_of(root, "capacity"),
        allocation_bytes=bytes_of(root, "allocation"),
        backing_path=text_of(root, "backingStore/path"),
    )
