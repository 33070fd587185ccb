"""What a server adds to an object that it shows; read past, so that what `xcp get -o yaml` prints can be applied."""

from typing import Any, Final

from xcp_reconciler.api.plain import is_mapping

_SERVED: Final = frozenset(
    {"uid", "generation", "resourceVersion", "creationTimestamp", "deletionTimestamp", "managedFields", "selfLink"}
)


def declared_part(data: object) -> object:
    """The object without its status and without the metadata that only a server writes; itself if it has neither."""
    if not is_mapping(data):
        return data
    metadata = data.get("metadata")
    served = is_mapping(metadata) and not _SERVED.isdisjoint(metadata)
    if not served and "status" not in data:
        return data
    kept: dict[str, Any] = {str(key): value for key, value in data.items() if key != "status"}
    if served and is_mapping(metadata):
        kept["metadata"] = {key: value for key, value in metadata.items() if key not in _SERVED}
    return kept
