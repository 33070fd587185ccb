"""On which kind of filesystem a file is: file locks and shared memory are only sound on a local one."""

import re
from pathlib import Path, PurePath
from typing import Final

from xcp_reconciler.ports.store import StoreError

_MOUNTS: Final = Path("/proc/self/mounts")
_REMOTE: Final = frozenset(
    {
        "9p",
        "acfs",
        "afs",
        "beegfs",
        "ceph",
        "cifs",
        "coda",
        "glusterfs",
        "gpfs",
        "lustre",
        "ncpfs",
        "nfs",
        "nfs4",
        "ocfs2",
        "gfs2",
        "orangefs",
        "prl_fs",
        "smb2",
        "smb3",
        "smbfs",
        "vboxsf",
        "vmhgfs",
    }
)
# Almost every filesystem in user space is a network or a cloud behind a folder; these few are local disks.
_LOCAL_FUSE: Final = frozenset({"fuse.fuse-overlayfs", "fuse.gocryptfs", "fuse.encfs", "fuse.ntfs-3g", "fuseblk"})
_ESCAPE: Final = re.compile(r"\\([0-7]{3})")


def filesystem_of(path: PurePath, mounts: str) -> str | None:
    """The type of the filesystem that an absolute path is on, by the text of /proc/mounts; None if that is silent."""
    best, found = 0, None
    inside = f"{path}/"
    for line in mounts.splitlines():
        fields = line.split(" ")
        if len(fields) < 3:  # noqa: PLR2004 - device, folder, type
            continue
        folder = _ESCAPE.sub(lambda match: chr(int(match[1], 8)), fields[1]).rstrip("/") + "/"
        # A later line with the same folder is mounted over the earlier one.
        if len(folder) >= best and inside.startswith(folder):
            best, found = len(folder), fields[2]
    return found


def is_remote(filesystem: str) -> bool:
    """Whether a type as /proc/mounts spells it is shared with other machines, or may be."""
    if filesystem in _REMOTE:
        return True
    return filesystem.startswith("fuse") and filesystem != "fusectl" and filesystem not in _LOCAL_FUSE


def refuse_remote(path: Path) -> None:
    """Let only paths on local filesystems pass.

    Raises:
        StoreError: the filesystem is a network's.
    """
    try:
        mounts = _MOUNTS.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return
    filesystem = filesystem_of(path, mounts)
    if filesystem is not None and is_remote(filesystem):
        raise StoreError(
            f"{path} is on a network filesystem ({filesystem}), where locks do not hold and two writers would destroy "
            "the store: put it on a local disk"
        )
