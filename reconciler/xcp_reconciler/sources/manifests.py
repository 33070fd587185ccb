"""From paths to documents: read, parse or take from the cache, assemble."""

import gc
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import BinaryIO

from xcp_reconciler.api.diagnostic import Diagnostic
from xcp_reconciler.loader.documents import Input, Loaded, ParsedFile
from xcp_reconciler.loader.load import assemble, digest_of, hash_of, parse_file
from xcp_reconciler.sources.cache import ParsedCache
from xcp_reconciler.sources.files import read_path


class Manifests:
    """Loads paths again and again; what has not changed since the last time is not parsed again."""

    def __init__(self, cache: ParsedCache | None = None) -> None:
        self._cache = cache
        self._last: Loaded | None = None

    def load(self, paths: Sequence[str], stdin: BinaryIO | None = None) -> Loaded:
        """Everything that the paths declare, and everything that is wrong with it."""
        inputs: dict[tuple[str, str], Input] = {}
        refused: list[Diagnostic] = []
        for path in paths:
            read = read_path(path, stdin)
            # The same file named twice, as `-f web.yaml -f .` does, is still one file.
            inputs.update({(item.folder, item.name.rsplit("/", 1)[-1]): item for item in read.inputs})
            refused += read.diagnostics
        loaded = self._load(list(inputs.values()))
        return replace(loaded, diagnostics=(*refused, *loaded.diagnostics)) if refused else loaded

    def _load(self, inputs: list[Input]) -> Loaded:
        digests = [digest_of(source.content) for source in inputs]
        content_hash = hash_of(inputs, digests)
        if self._last is not None and self._last.content_hash == content_hash:
            return self._last
        with collector_paused():
            files = [self._parsed(source, digest) for source, digest in zip(inputs, digests, strict=True)]
            self._last = assemble(files)
        return self._last

    def _parsed(self, source: Input, digest: str) -> ParsedFile:
        size = len(source.content)
        if self._cache is not None and (found := self._cache.get(digest, size)) is not None:
            return ParsedFile(source, digest, found)
        parsed = parse_file(source, digest)
        if self._cache is not None and not parsed.complaints:
            self._cache.put(digest, size, parsed.documents)
        return parsed


def load_paths(paths: Sequence[str], *, stdin: BinaryIO | None = None, cache: ParsedCache | None = None) -> Loaded:
    """Load once. Without a cache nothing is written anywhere."""
    return Manifests(cache).load(paths, stdin)


@contextmanager
def collector_paused() -> Generator[None]:
    """Loading makes many objects and no garbage: looking for some takes as long as the loading itself."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
