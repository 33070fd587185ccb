"""Images on the machine that runs xcp: opened carefully, and checked while they are read."""

import hashlib
import os
import stat
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from xcp_reconciler.model.desired import ImageSource, VolumeFormat
from xcp_reconciler.model.errors import RejectedError

_QCOW2_MAGIC: Final = b"QFI\xfb"
# Magic, version, offset and length of the backing file's name, cluster bits, virtual size; big-endian.
_HEADER: Final = struct.Struct(">4sIQIIQ")
_INCOMPATIBLE: Final = struct.Struct(">Q")
_INCOMPATIBLE_AT: Final = 72
_EXTERNAL_DATA: Final = 1 << 2
_VERSION_WITH_FEATURES: Final = 3


@dataclass(frozen=True, slots=True)
class Image:
    """An open image; `length` is the file's, `capacity` that of the disk in it, in bytes."""

    file: BinaryIO
    length: int
    capacity: int


class CheckedReader:
    """Reads an image in pieces and knows at its end whether it was the one that was meant."""

    def __init__(self, image: Image, source: ImageSource) -> None:
        self._file = image.file
        self._source = source
        self._digest = hashlib.sha256()

    def read(self, count: int) -> bytes:
        """At most `count` bytes; empty at the end."""
        piece = self._file.read(count)
        self._digest.update(piece)
        return piece

    def check(self) -> None:
        """Whether all that was read is what was meant.

        Raises:
            RejectedError: the content has another hash.
        """
        found = self._digest.hexdigest()
        if found != self._source.sha256:
            raise RejectedError(
                f"{self._source.path} has sha256 {found}, not {self._source.sha256}", code="ImageChecksum"
            )


def open_image(source: ImageSource, form: VolumeFormat) -> Image:
    """Open an image and look at its header. The caller closes the file.

    Raises:
        RejectedError: it cannot be read, is no plain file, is not of the stated format, or refers to other files.
    """
    try:
        # Not blocking: opening a FIFO that nobody writes would hang for ever.
        file = os.fdopen(os.open(Path(source.path), os.O_RDONLY | os.O_NONBLOCK), "rb")
    except OSError as error:
        raise RejectedError(f"{source.path}: {error.strerror or error}", code="ImageUnreadable") from error
    try:
        return _examined(file, source.path, form)
    except BaseException:
        file.close()
        raise


def _examined(file: BinaryIO, path: str, form: VolumeFormat) -> Image:
    status = os.fstat(file.fileno())
    if not stat.S_ISREG(status.st_mode):
        raise RejectedError(f"{path} is no plain file", code="ImageUnreadable")
    head = file.read(512)
    file.seek(0)
    is_qcow2 = head.startswith(_QCOW2_MAGIC)
    match form:
        case VolumeFormat.RAW:
            if is_qcow2:
                raise RejectedError(f"{path} is a qcow2 image, and Raw is stated", code="ImageFormat")
            return Image(file, status.st_size, status.st_size)
        case VolumeFormat.QCOW2:
            if not is_qcow2:
                raise RejectedError(f"{path} is no qcow2 image, and Qcow2 is stated", code="ImageFormat")
            return Image(file, status.st_size, _capacity(head, path))


def _capacity(head: bytes, path: str) -> int:
    try:
        _, version, backing, _, _, capacity = _HEADER.unpack_from(head)
        features = _INCOMPATIBLE.unpack_from(head, _INCOMPATIBLE_AT)[0] if version >= _VERSION_WITH_FEATURES else 0
    except struct.error as error:
        raise RejectedError(f"{path} ends within its header", code="ImageFormat") from error
    if backing:
        # A header can name any file of the host: its content would become readable in the guest.
        raise RejectedError(
            f"{path} has a backing file of its own; convert it to one that stands alone", code="ImageBacking"
        )
    if features & _EXTERNAL_DATA:
        raise RejectedError(f"{path} keeps its data in another file", code="ImageBacking")
    return int(capacity)
