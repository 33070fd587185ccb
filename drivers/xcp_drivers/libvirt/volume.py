"""Virtual disks: files of directory pools."""

import time
from functools import partial
from typing import Final

from xcp_drivers.libvirt.api import Pool, Stream, Volume
from xcp_drivers.libvirt.calls import part_of
from xcp_drivers.libvirt.connect import complaint
from xcp_drivers.libvirt.errors import BUSY_POOL
from xcp_drivers.libvirt.flags import BlockResize, DomainXml
from xcp_drivers.libvirt.hosts import Hosts
from xcp_drivers.libvirt.image import CheckedReader, Image, open_image
from xcp_drivers.libvirt.work import Work
from xcp_drivers.libvirt.xml.disks import source_path
from xcp_drivers.libvirt.xml.document import parse
from xcp_drivers.libvirt.xml.storage import read_volume, volume_xml
from xcp_reconciler.model import ops
from xcp_reconciler.model.desired import ImageSource, VolumeFormat
from xcp_reconciler.model.errors import OutcomeUnknownError, RejectedError, StaleError, UnsupportedError
from xcp_reconciler.model.observed import Job, JobKind
from xcp_reconciler.model.outcome import Outcome

# libvirt and qemu-img round capacities up to whole clusters; less than that is no request to shrink.
_ROUNDING: Final = 1 << 21
# Seconds between two looks at a pool that is busy.
_TURN: Final = 0.1


class LibvirtVolumes:
    """`VolumeControl`."""

    def __init__(self, hosts: Hosts) -> None:
        self._hosts = hosts

    async def create(self, op: ops.CreateVolume, deadline: float) -> Outcome:
        """Create a volume; an image is uploaded as `Running` work.

        Raises:
            RejectedError: the image cannot be read, is not the one that was meant, or is larger than the volume.
            OutcomeUnknownError: an earlier upload ran into its deadline; it is begun anew by the next attempt.
        """
        if op.source is None:
            return await self._hosts.change(op.host, lambda work: _create_empty(work, op), deadline)
        source, link = op.source, self._hosts.writable(op.host)
        job = Job(JobKind.UPLOAD, f"{op.storage}/{op.file}", op.host)
        return await self._hosts.errands.run(job, link, lambda work: _create_from(work, op, source), deadline)

    async def resize(self, op: ops.ResizeVolume, deadline: float) -> Outcome:
        """Grow a volume.

        Raises:
            RejectedError: it is larger already.
        """
        resize = _resize if op.vm_uuid is None else _resize_live
        return await self._hosts.change(op.host, lambda work: resize(work, op), deadline)

    async def delete(self, op: ops.DeleteVolume, deadline: float) -> Outcome:
        """Destroy a volume.

        Raises:
            RejectedError: a domain of this host names it.
        """
        return await self._hosts.change(op.host, lambda work: _delete(work, op), deadline)


def refreshed(work: Work, pool: Pool) -> bool:
    """Let libvirt look at the directory again: another host may have written there.

    libvirt refuses (False) while it is itself busy in the pool, and then knows of all that it is doing, but not what an
    upload has become.
    """
    try:
        pool.refresh(0)
    except work.library.libvirtError as error:
        if BUSY_POOL not in complaint(error).message:
            raise
        return False
    return True


def _pool(work: Work, uuid: str) -> Pool:
    pool = work.pool(uuid)
    if pool is None:
        raise StaleError(f"{work.host} does not know storage {uuid}", host=work.host)
    refreshed(work, pool)
    return pool


def _create_empty(work: Work, op: ops.CreateVolume) -> None:
    pool = _pool(work, op.storage)
    if work.volume(pool, op.file) is not None:
        return
    capacity = op.size_bytes
    backing = (op.backing_path, op.backing_format) if op.backing_path and op.backing_format else None
    if capacity is None:
        if backing is None:
            words = f"{op.file}: a volume without source or backing needs a size"
            raise RejectedError(words, host=op.host, code="Size")
        capacity = work.connection.storageVolLookupByPath(backing[0]).info()[1]
    document = volume_xml(op.file, op.format, capacity, backing=backing)
    work.wire("virStorageVolCreateXML", op.file)
    pool.createXML(document, 0)


def _create_from(work: Work, op: ops.CreateVolume, source: ImageSource) -> None:
    if work.connection.getType() == "TEST":
        raise UnsupportedError("libvirt's test hypervisor takes no uploads", host=op.host)
    pool = _pool(work, op.storage)
    part = part_of(op.file)
    stale = work.volume(pool, part)
    found = work.volume(pool, op.file)
    if found is not None and stale is None:
        return
    image = open_image(source, op.format)
    with image.file:
        if op.size_bytes is not None and op.size_bytes < image.capacity:
            raise RejectedError(
                f"{source.path} holds a disk of {image.capacity} bytes, the volume shall have {op.size_bytes}",
                host=op.host,
                code="ImageSize",
            )
        # What an attempt that died left behind. The part goes last: while it exists, the volume counts as not there.
        for name, leftover in ((op.file, found), (part, stale)):
            if leftover is not None:
                work.wire("virStorageVolDelete", name)
                leftover.delete(0)
        _upload(work, pool, op, image, CheckedReader(image, source))
    _finish(work, pool, op)


def _upload(work: Work, pool: Pool, op: ops.CreateVolume, image: Image, reader: CheckedReader) -> None:
    part = part_of(op.file)
    work.wire("virStorageVolCreateXML", part)
    volume = pool.createXML(volume_xml(part, VolumeFormat.RAW, image.length), 0)
    work.wire("virStorageVolUpload", part, f"sha256:{op.source.sha256 if op.source is not None else ''}")
    stream = work.connection.newStream(0)

    def piece(_: Stream, count: int, __: object) -> bytes:
        if work.order.given_up:
            raise OutcomeUnknownError(f"{op.file}: the upload ran into its deadline", host=op.host)
        return reader.read(count)

    volume.upload(stream, 0, image.length, 0)
    stream.sendAll(piece, None)
    stream.finish()
    try:
        reader.check()
    except RejectedError:
        work.wire("virStorageVolDelete", part)
        volume.delete(0)
        raise


def _finish(work: Work, pool: Pool, op: ops.CreateVolume) -> None:
    """Give an uploaded part its name, and its size, before the part goes."""
    part = part_of(op.file)
    # A lane has a thread of its own, and other volumes of the pool may be in the making.
    while not refreshed(work, pool):
        if work.order.given_up:
            raise OutcomeUnknownError(f"{op.file}: the upload ran into its deadline", host=op.host)
        time.sleep(_TURN)
    volume = pool.storageVolLookupByName(part)
    seen = read_volume(volume.XMLDesc(0), op.host, op.storage)
    if seen is None or seen.format is not op.format or seen.backing_path is not None:
        raise RejectedError(f"{op.file}: libvirt reads the image as something else", host=op.host, code="ImageFormat")
    document = volume_xml(op.file, op.format, seen.capacity_bytes, sparse=False)
    work.wire("virStorageVolCreateXMLFrom", op.file, part)
    made = pool.createXMLFrom(document, volume, 0)
    if op.size_bytes is not None:
        work.wire("virStorageVolResize", op.file, f"{op.size_bytes}B")
        made.resize(op.size_bytes, 0)
    work.wire("virStorageVolDelete", part)
    volume.delete(0)


def _resize(work: Work, op: ops.ResizeVolume) -> None:
    if work.connection.getType() == "TEST":
        raise UnsupportedError("libvirt's test hypervisor resizes no volume", host=op.host)
    pool = _pool(work, op.storage)
    volume = work.volume(pool, op.file)
    if volume is None:
        raise StaleError(f"{op.host} has no volume {op.file}", host=op.host)
    if _grows(op, volume.info()[1]):
        work.wire("virStorageVolResize", op.file, f"{op.size_bytes}B")
        volume.resize(op.size_bytes, 0)


def _resize_live(work: Work, op: ops.ResizeVolume) -> None:
    domain = work.existing_domain(op.vm_uuid or "")
    if not domain.isActive():
        raise StaleError(f"{domain.name()} does not run", host=op.host)
    if _grows(op, domain.blockInfo(op.path, 0)[0]):
        work.wire("virDomainBlockResize", op.vm_uuid or "", op.path, f"{op.size_bytes}B")
        domain.blockResize(op.path, op.size_bytes, BlockResize.BYTES)


def _grows(op: ops.ResizeVolume, capacity: int) -> bool:
    if capacity - op.size_bytes >= _ROUNDING:
        raise RejectedError(
            f"{op.file} has {capacity} bytes; a volume is never shrunk to {op.size_bytes}", host=op.host, code="Shrink"
        )
    return capacity < op.size_bytes


def _delete(work: Work, op: ops.DeleteVolume) -> None:
    pool = _pool(work, op.storage)
    volume = work.volume(pool, op.file)
    if volume is None:
        return
    _refuse_in_use(work, volume)
    work.wire("virStorageVolDelete", op.file)
    volume.delete(0)


def _refuse_in_use(work: Work, volume: Volume) -> None:
    """Look last: libvirt deletes a file that a guest has open without a word."""
    path = volume.path()
    for domain in work.connection.listAllDomains(0):
        for flags in (DomainXml.NONE, DomainXml.INACTIVE):
            document = work.found(partial(domain.XMLDesc, flags))
            if document is None:
                continue
            if any(source_path(disk) == path for disk in parse(document).iterfind("devices/disk")):
                raise RejectedError(f"{domain.name()} uses {path}", host=work.host, code="InUse")
