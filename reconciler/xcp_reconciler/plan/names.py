"""What objects are called in the backend."""

from xcp_reconciler.refs import DEFAULT_NAMESPACE, Ref


def backend_name(ref: Ref) -> str:
    """The name of an object in the hypervisor; a namespace other than `default` goes before it."""
    return ref.name if ref.namespace == DEFAULT_NAMESPACE else f"{ref.namespace}.{ref.name}"
