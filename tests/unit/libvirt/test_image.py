"""Images are opened with suspicion."""

import hashlib
import os
import struct
from pathlib import Path

import pytest

from xcp_drivers.libvirt.image import CheckedReader, open_image
from xcp_reconciler.model.desired import ImageSource, VolumeFormat
from xcp_reconciler.model.errors import RejectedError


def qcow2(*, backing: int = 0, features: int = 0, size: int = 1 << 20) -> bytes:
    head = struct.pack(">4sIQIIQ", b"QFI\xfb", 3, backing, 0, 16, size)
    return head.ljust(72, b"\0") + struct.pack(">Q", features) + bytes(512)


def source(path: Path) -> ImageSource:
    return ImageSource(str(path), hashlib.sha256(path.read_bytes()).hexdigest())


def test_a_qcow2_image_tells_its_capacity(tmp_path: Path) -> None:
    path = tmp_path / "a.qcow2"
    path.write_bytes(qcow2())
    image = open_image(source(path), VolumeFormat.QCOW2)
    with image.file:
        assert (image.capacity, image.length) == (1 << 20, path.stat().st_size)
        reader = CheckedReader(image, source(path))
        while reader.read(100):
            pass
        reader.check()


def test_other_content_is_refused_at_the_end(tmp_path: Path) -> None:
    path = tmp_path / "a.raw"
    path.write_bytes(b"x" * 1000)
    image = open_image(ImageSource(str(path), "0" * 64), VolumeFormat.RAW)
    with image.file:
        reader = CheckedReader(image, ImageSource(str(path), "0" * 64))
        reader.read(1000)
        with pytest.raises(RejectedError, match="sha256"):
            reader.check()


@pytest.mark.parametrize(
    ("content", "form", "words"),
    [
        (qcow2(), VolumeFormat.RAW, "is a qcow2 image"),
        (b"raw", VolumeFormat.QCOW2, "is no qcow2 image"),
        (qcow2(backing=512), VolumeFormat.QCOW2, "backing file"),
        (qcow2(features=1 << 2), VolumeFormat.QCOW2, "another file"),
        (qcow2()[:20], VolumeFormat.QCOW2, "ends within"),
    ],
)
def test_refusals(tmp_path: Path, content: bytes, form: VolumeFormat, words: str) -> None:
    path = tmp_path / "a"
    path.write_bytes(content)
    with pytest.raises(RejectedError, match=words):
        open_image(source(path), form)


def test_a_pipe_is_refused_and_hangs_nobody(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(RejectedError, match="no plain file"):
        open_image(ImageSource(str(tmp_path / "pipe"), ""), VolumeFormat.RAW)


def test_an_absent_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RejectedError, match="No such file"):
        open_image(ImageSource(str(tmp_path / "none"), ""), VolumeFormat.RAW)
