"""Which filesystems a store may be on."""

from pathlib import Path, PurePosixPath

import pytest

from tests.unit.store.surroundings import opened, run
from xcp_reconciler.ports.store import StoreError
from xcp_reconciler.store import mounts

TABLE = r"""sysfs /sys sysfs rw 0 0
/dev/vda1 / ext4 rw 0 0
nas:/home /home nfs4 rw,vers=4.2 0 0
/dev/vdb /home/ada xfs rw 0 0
//nas/share /mnt/the\040share cifs rw 0 0
tmpfs /mnt/over tmpfs rw 0 0
me@box:/ /mnt/over fuse.sshfs rw 0 0
"""


@pytest.mark.parametrize(
    ("path", "filesystem", "remote"),
    [
        ("/var/lib/xcp/db", "ext4", False),
        ("/homeless/db", "ext4", False),
        ("/home/bob/db", "nfs4", True),
        ("/home/ada/db", "xfs", False),
        ("/mnt/the share/db", "cifs", True),
        ("/mnt/over/db", "fuse.sshfs", True),
    ],
)
def test_the_innermost_and_latest_mount_counts(path: str, filesystem: str, remote: bool) -> None:  # noqa: FBT001 - a column
    found = mounts.filesystem_of(PurePosixPath(path), TABLE)
    assert found == filesystem
    assert mounts.is_remote(filesystem) is remote


def test_local_filesystems_in_user_space_are_local() -> None:
    assert not mounts.is_remote("fuse.gocryptfs")
    assert not mounts.is_remote("fuseblk")
    assert mounts.is_remote("fuse.s3fs")
    assert mounts.filesystem_of(PurePosixPath("/x"), "") is None


def test_a_store_on_a_network_filesystem_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = tmp_path / "mounts"
    table.write_text(f"nas:/ {tmp_path} nfs rw 0 0\n", encoding="utf-8")
    monkeypatch.setattr(mounts, "_MOUNTS", table)

    async def scenario() -> None:
        async with opened(tmp_path / "db"):
            pass

    with pytest.raises(StoreError, match="network filesystem"):
        run(scenario())
    assert not (tmp_path / "db").exists()
