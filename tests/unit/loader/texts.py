"""Manifests for tests, and loading them from text."""

from xcp_reconciler.api.diagnostic import Diagnostic
from xcp_reconciler.loader.documents import Input, Loaded
from xcp_reconciler.loader.load import load


def loaded(*texts: str | bytes, folder: str = "/srv/manifests") -> Loaded:
    """Load texts as the files `0.yaml`, `1.yaml` and so on."""
    contents = [text.encode() if isinstance(text, str) else text for text in texts]
    return load([Input(f"{number}.yaml", content, folder) for number, content in enumerate(contents)])


def one_error(*texts: str | bytes) -> Diagnostic:
    """The only diagnostic of some texts."""
    (diagnostic,) = loaded(*texts).diagnostics
    return diagnostic


def vm(spec: str = "", name: str = "web-1", metadata: str = "") -> str:
    """A VirtualMachine whose spec begins on line 5 and whose further lines begin on line 8."""
    return (
        f"---\napiVersion: xcp.dev/v1alpha1\nkind: VirtualMachine\nmetadata: {{name: {name}{metadata}}}\nspec:\n"
        f"  poolRef: {{name: lab}}\n  memory: {{size: 512Mi}}\n{_indented(spec)}"
    )


def bare(kind: str, spec: str, name: str = "a") -> str:
    """An object of any kind on five lines, its spec in flow style on the fifth."""
    return f"---\napiVersion: xcp.dev/v1alpha1\nkind: {kind}\nmetadata: {{name: {name}}}\nspec: {{{spec}}}\n"


def _indented(spec: str) -> str:
    return "".join(f"  {line}\n" for line in spec.splitlines())
