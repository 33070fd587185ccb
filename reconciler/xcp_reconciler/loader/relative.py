"""Paths on the machine that runs xcp: relative ones are relative to the manifest that says them."""

from posixpath import isabs, join, normpath
from typing import TypeVar

from xcp_reconciler.api.pool import Credentials, Pool, Tls
from xcp_reconciler.api.volume import Volume
from xcp_reconciler.api.wire import AnyResource, Wire

Part = TypeVar("Part", bound=Wire)


def with_absolute_paths(model: AnyResource, folder: str) -> AnyResource:
    """The same object with its local paths below `folder`; unchanged where there are none or no folder."""
    if not folder:
        return model
    if isinstance(model, Volume) and model.spec.source is not None:
        source = _moved(model.spec.source, "file", model.spec.source.file, folder)
        return model.model_copy(update={"spec": model.spec.model_copy(update={"source": source})})
    if isinstance(model, Pool):
        return _pool(model, folder)
    return model


def _pool(model: Pool, folder: str) -> Pool:
    credentials: Credentials | None = model.spec.credentials
    tls: Tls = model.spec.tls
    if credentials is not None and credentials.file is not None:
        credentials = _moved(credentials, "file", credentials.file, folder)
    if tls.ca is not None:
        tls = _moved(tls, "ca", tls.ca, folder)
    if credentials is model.spec.credentials and tls is model.spec.tls:
        return model
    return model.model_copy(update={"spec": model.spec.model_copy(update={"credentials": credentials, "tls": tls})})


def _moved(part: Part, field: str, path: str, folder: str) -> Part:
    return part if isabs(path) else part.model_copy(update={field: normpath(join(folder, path))})
