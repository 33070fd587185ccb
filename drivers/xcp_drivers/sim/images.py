"""Images: files on the machine that runs xcp, whose content is checked before a hypervisor sees a byte of it."""

import hashlib
import os
import stat
from pathlib import Path
from typing import Final

from xcp_drivers.world.volumes import Image
from xcp_reconciler.model.desired import ImageSource, VolumeFormat
from xcp_reconciler.model.errors import OutcomeUnknownError, RejectedError
from xcp_reconciler.ports.clock import Clock

_CHUNK: Final = 4 * 2**20
_QCOW2_MAGIC: Final = b"QFI\xfb"
_HEADER: Final = 32

_Key = tuple[str, int, int, int]


class Images:
    """The images that a session has read; a file that has not changed is read once."""

    def __init__(self, folder: str, clock: Clock) -> None:
        self._folder = Path(folder)
        self._clock = clock
        self._known: dict[_Key, tuple[str, bytes, int]] = {}

    async def checked(self, source: ImageSource, form: VolumeFormat, deadline: float) -> Image:
        """An image of a stated format whose content is what was declared; sizes in bytes.

        Raises:
            RejectedError: it is missing, no regular file, of another content or format.
            OutcomeUnknownError: the deadline passed while it was being read.
        """
        path = self._folder / source.path
        digest, header, size = await self._read(path, deadline)
        if digest != source.sha256.lower():
            raise RejectedError(
                f"{path}: sha256 is {digest}, but {source.sha256} was declared", code="ChecksumMismatch"
            )
        if form is VolumeFormat.RAW:
            return Image(size, size)
        if len(header) < _HEADER or not header.startswith(_QCOW2_MAGIC):
            raise RejectedError(f"{path} is no qcow2 image", code="BadFormat")
        return Image(int.from_bytes(header[24:32], "big"), size)

    async def _read(self, path: Path, deadline: float) -> tuple[str, bytes, int]:
        try:
            # Without O_NONBLOCK a FIFO would hold us up for as long as nobody writes to it.
            descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as error:
            raise RejectedError(f"{path}: {error.strerror}", code="ImageMissing") from error
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            os.close(descriptor)
            raise RejectedError(f"{path} is no regular file", code="ImageMissing")
        with os.fdopen(descriptor, "rb") as file:
            key = (str(path), status.st_ino, status.st_size, status.st_mtime_ns)
            if key not in self._known:
                digest, header = hashlib.sha256(), b""
                while chunk := file.read(_CHUNK):
                    digest.update(chunk)
                    header = header or chunk[:_HEADER]
                    await self._clock.sleep(0)
                    if self._clock.now() >= deadline:
                        raise OutcomeUnknownError(f"{path}: not read in time")
                self._known[key] = (digest.hexdigest(), header, status.st_size)
            return self._known[key]
