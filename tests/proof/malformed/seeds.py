"""What is mutated: manifests that people have, and one that uses every field."""

from functools import cache
from pathlib import Path
from typing import Any, Final

from tests.properties.yaml_texts import LINES
from tests.unit.loader.texts import bare, vm
from xcp_reconciler.loader.parse import parse_quickly

_EXAMPLES: Final = Path(__file__).resolve().parents[3] / "examples"

_EVERY_FIELD: Final = """\
# every field that a machine has
apiVersion: xcp.dev/v1alpha1
kind: VirtualMachine
metadata:
  name: web-1
  namespace: team-a
  labels: {app: web, "tier": '1'}
  annotations:
    example.org/note: |
      several
      lines
spec:
  poolRef: {name: lab}
  runStrategy: RerunOnFailure
  restartedAt: "2030-01-31T08:00:00Z"
  cpu: {cores: 2, maxCores: 4}
  memory:
    size: 2Gi
    min: 512Mi
    max: 1.5Gi
  disks:
  - name: root
    volumeRef: &root {name: web-1-root}
    bus: Scsi
    mode: RW
    bootable: true
  interfaces:
    - {name: eth0, networkRef: {name: nat}, mac: "52:54:00:12:34:56", model: E1000e}
  boot: {kernel: /boot/vmlinuz, initrd: /boot/initrd, cmdline: "console=ttyS0 quiet"}
  serial:
    file: /var/log/xcp/web-1.log
  shutdown: {timeout: 1m30s, force: AfterTimeout}
  placement: {host: host-a}
  description: >-
    folded
    text
  management: Manage
  deletionPolicy: Retain
  deletionProtection: false
  adopt: {uuid: 6f1c5d0e-3a52-5b1f-9d0c-5d1a64a3f2b7}
  driftPolicy: Report
  driftRules: [{path: memory.max, policy: Ignore}]
  updatePolicy: {maxImpact: PowerCycle, approval: Manual}
"""
_POOL: Final = bare(
    "Pool",
    "driver: xapi, endpoint: 'https://10.0.0.11', credentials: {username: root, command: [pass, show]}, "
    f"tls: {{ca: ca.pem, fingerprint: '{':'.join(['ab'] * 32)}', verify: false}}, description: 'a # b'",
)
_HOST: Final = bare(
    "Host",
    "poolRef: {name: lab}, uri: 'qemu+ssh://root@a/system', migrationURI: 'qemu+tls://a/system', "
    "capacity: {cpu: 16, memory: 64Gi}, reserve: {memory: 2Gi}, schedulable: false, "
    "maintenance: {desired: true, batchSize: 4}, taints: [{key: gpu, value: a100, effect: NoExecute}]",
)
_VOLUME: Final = bare(
    "Volume", f"storageRef: {{name: s}}, size: 20Gi, format: Qcow2, source: {{file: a.qcow2, sha256: {'0a' * 32}}}"
)
_OVERLAY: Final = bare("Volume", "storageRef: {name: s}, size: 1e9, format: Qcow2, backing: {volumeRef: {name: b}}")
_LIST: Final = (
    "apiVersion: v1\nkind: List\nitems:\n"
    "- apiVersion: xcp.dev/v1alpha1\n  kind: Pool\n  metadata: {name: a}\n  spec: {driver: libvirt}\n"
    "- {apiVersion: xcp.dev/v1alpha1, kind: Network, metadata: {name: b}, "
    "spec: {poolRef: {name: a}, type: NAT, subnet: 10.78.0.0/24}}\n"
)
_SERVED: Final = vm("description: x", metadata=", uid: x, generation: 3") + "status: {observedGeneration: 3}\n"


@cache
def texts() -> tuple[str, ...]:
    """Whole files, and the single documents of the longer ones."""
    files = [path.read_text(encoding="utf-8") for path in sorted(_EXAMPLES.rglob("*.yaml"))]
    documents = [document for file in files for document in file.split("\n---\n") if document.strip()]
    ours = [_EVERY_FIELD, _POOL, _HOST, _VOLUME, _OVERLAY, _LIST, _SERVED, vm(), "owner: rack7\n", vm() + _VOLUME]
    # As often as all the files together: it is where most of the fields are.
    return (*files, *documents, *ours, *[_EVERY_FIELD] * len(documents))


@cache
def lines() -> tuple[str, ...]:
    """Single lines of manifests and of what goes wrong in them."""
    return tuple(dict.fromkeys([*LINES, *(line for text in texts() for line in text.splitlines())]))


@cache
def trees() -> tuple[Any, ...]:
    """The documents as plain data."""
    parsed = (parse_quickly(text.encode()) for text in texts())
    return tuple(document.data for documents in parsed if documents is not None for document in documents)
