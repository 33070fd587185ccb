"""Rules within one Volume."""

from collections.abc import Iterator

from xcp_reconciler.api.diagnostic import Severity
from xcp_reconciler.api.enums import VolumeFormat
from xcp_reconciler.api.fields import SHA256_PLACEHOLDER
from xcp_reconciler.api.volume import Volume
from xcp_reconciler.loader.finding import Finding, Spot


def check_volume(model: Volume) -> Iterator[Finding]:
    """A size or a source, one origin, and a format that can have it."""
    spec = model.spec
    if spec.source is not None and spec.backing is not None:
        message = "a volume cannot have both a source and a backing volume"
        yield Finding(("spec", "backing"), message, "keep one of the two", spot=Spot.KEY)
    if spec.size is None and spec.source is None:
        yield Finding(
            ("spec",), "`spec.size` is missing", "add `size: 20Gi`; only a source could decide it", spot=Spot.KEY
        )
    if spec.size == 0:
        yield Finding(
            ("spec", "size"), "a volume of 0 bytes holds nothing", "write what the guest shall see, such as 20Gi"
        )
    if spec.backing is not None and spec.format is not VolumeFormat.QCOW2:
        message = f"a {spec.format} volume cannot be laid over another"
        yield Finding(("spec", "format"), message, "write Qcow2, or remove backing")
    if spec.source is not None and spec.source.sha256 == SHA256_PLACEHOLDER:
        message = "the SHA-256 sum is not stated yet, so the upload would be refused"
        note = f"sha256sum {spec.source.file} prints it"
        yield Finding(("spec", "source", "sha256"), message, "state it", note, severity=Severity.WARNING)
