"""Opens, guards and reads manifests: what is returned is bytes, what cannot be read is said."""

import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from xcp_reconciler.api.diagnostic import Diagnostic
from xcp_reconciler.api.wording import nearest
from xcp_reconciler.loader.documents import Input
from xcp_reconciler.loader.limits import LIMITS
from xcp_reconciler.sources.walk import SUFFIXES, refusal, walk, what_it_is

STDIN: Final = "-"
_STDIN_NAME: Final = "<stdin>"
_CHUNK: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Read:
    """The bytes of all manifests below a path, and why others have none."""

    inputs: tuple[Input, ...]
    diagnostics: tuple[Diagnostic, ...] = ()


def read_path(path: str, stdin: BinaryIO | None = None) -> Read:
    """Read a manifest, a folder of manifests, or standard input (`-`)."""
    if path == STDIN:
        return _read_stdin(stdin)
    try:
        mode = Path(path).stat().st_mode
    except OSError as error:
        return Read((), (_no_such(path, error),))
    if not stat.S_ISDIR(mode):
        # The one file that somebody named may be a link to anywhere; in a folder none may.
        return _read_all([path], None)
    found = walk(path)
    read = _read_all(found.manifests, Path(path).resolve())
    diagnostics = (*found.diagnostics, *read.diagnostics)
    if not read.inputs and not diagnostics:
        message = f"no manifests in this folder ({', '.join(f'*{suffix}' for suffix in SUFFIXES)})"
        diagnostics = (refusal(path, message),)
    return Read(read.inputs, diagnostics)


def read_guarded(path: str, root: Path | None = None) -> bytes:
    """The bytes of one regular file, which in the end lies in `root`.

    Raises:
        OSError: it cannot be opened or read.
        ValueError: it is no regular file, lies elsewhere, or is too large.
    """
    # Without O_NONBLOCK the open of a FIFO would wait for a writer for ever.
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    with os.fdopen(descriptor, "rb") as stream:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise ValueError(f"this is {what_it_is(status.st_mode)}; manifests are regular files")
        # What was opened, not what the name may lead to by now.
        if root is not None and not (real := _real_path(descriptor, path)).is_relative_to(root):
            raise ValueError(f"this link leads out of the folder, to {real}")
        return _read_bounded(stream)


def _real_path(descriptor: int, path: str) -> Path:
    try:
        return Path(f"/proc/self/fd/{descriptor}").readlink()
    except OSError:  # no /proc: the name is the best that there is
        return Path(path).resolve()


def _read_bounded(stream: BinaryIO) -> bytes:
    chunks: list[bytes] = []
    total = 0
    while chunk := stream.read(_CHUNK):
        chunks.append(chunk)
        total += len(chunk)
        if total > LIMITS.file_bytes:
            raise ValueError(f"this is larger than {LIMITS.file_bytes >> 20} MiB")
    return b"".join(chunks)


def _read_all(paths: list[str], root: Path | None) -> Read:
    inputs: list[Input] = []
    diagnostics: list[Diagnostic] = []
    folders: dict[Path, str] = {}
    for path in paths:
        parent = Path(path).parent
        try:
            content = read_guarded(path, root)
            if parent not in folders:
                folders[parent] = str(parent.resolve())
            inputs.append(Input(path, content, folders[parent]))
        except OSError as error:
            diagnostics.append(refusal(path, f"this file cannot be read: {error.strerror}"))
        except ValueError as error:
            diagnostics.append(refusal(path, str(error)))
    return Read(tuple(inputs), tuple(diagnostics))


def _read_stdin(stdin: BinaryIO | None) -> Read:
    if stdin is None:
        return Read((), (refusal(_STDIN_NAME, "there is no standard input here"),))
    try:
        return Read((Input(_STDIN_NAME, _read_bounded(stdin), str(Path.cwd())),))
    except OSError as error:
        return Read((), (refusal(_STDIN_NAME, f"standard input cannot be read: {error.strerror}"),))
    except ValueError as error:
        return Read((), (refusal(_STDIN_NAME, str(error)),))


def _no_such(path: str, error: OSError) -> Diagnostic:
    wanted = Path(path)
    try:
        beside = [entry.name for entry in wanted.parent.iterdir()]
    except OSError:
        beside = []
    meant = nearest(wanted.name, beside) if isinstance(error, FileNotFoundError) else None
    return refusal(path, f"cannot be read: {error.strerror}", f"did you mean {wanted.parent / meant}?" if meant else "")
