"""What is declared, written as a manifest and loaded again, is declared the same."""

from dataclasses import replace
from ipaddress import IPv4Network

from hypothesis import given, settings
from hypothesis import strategies as st

from xcp_reconciler.api.enums import (
    Approval,
    DeletionPolicy,
    DiskBus,
    DiskMode,
    DriftPolicy,
    ForceStop,
    InterfaceModel,
    Management,
    MemoryAlgorithm,
    MemoryFloor,
    MemoryMode,
    RunStrategy,
    VolumeFormat,
)
from xcp_reconciler.loader.declare import declare_all
from xcp_reconciler.loader.documents import Input
from xcp_reconciler.loader.load import load
from xcp_reconciler.model.desired import (
    Adopt,
    BootSpec,
    Desired,
    DiskSpec,
    DriftRule,
    HostSpec,
    ImageSource,
    InterfaceSpec,
    Keep,
    Label,
    MemoryPolicySpec,
    MemoryWeight,
    NetworkSpec,
    PlacementPolicySpec,
    PlacementRule,
    Policies,
    PoolSpec,
    RebalanceMode,
    RebalanceSpec,
    Scope,
    ShutdownSpec,
    Spec,
    StorageSpec,
    Strategy,
    Taint,
    TaintEffect,
    Toleration,
    VmSpec,
    VolumeSpec,
)
from xcp_reconciler.model.impact import Impact
from xcp_reconciler.refs import DEFAULT_NAMESPACE, Kind, Ref, ref_of
from xcp_reconciler.report.manifest import manifest
from xcp_reconciler.report.yaml_text import yaml_text

NAMES = st.from_regex(r"[a-z0-9]([-a-z0-9]{0,6}[a-z0-9])?", fullmatch=True)
# What YAML cannot carry as it is, or only in one of its versions.
_DOUBTFUL = ("x \u2028 y", " \u2029", "\x85 x", "\x7f", "\x9f", "\ufeffx", "x\n\ufeffy")
_WORDS = ("yes", "0o14", "1e3", "~", "null", "- a", "a: b", "#x", " x", "x ", "1:30", "'", '"', "{", "a\nb")
# Everything that a manifest may hold: what XML can carry, in one line or several.
TEXTS = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff"), max_size=12
) | st.sampled_from([*_WORDS, *_DOUBTFUL])
PATHS = st.from_regex(r"/[a-z0-9./ -]{0,12}[a-z0-9]", fullmatch=True).filter(lambda path: ".." not in path.split("/"))
LABELS = st.dictionaries(NAMES, NAMES | st.just("") | st.sampled_from(["1e3", "true", "017", "5"]), max_size=2)
UUIDS = st.uuids().map(str)
KIB = st.integers(1, 2**40)
SHUTDOWNS = st.builds(ShutdownSpec, st.integers(0, 10**6).map(float), st.sampled_from(ForceStop))
IMPACTS = st.sampled_from(Impact)
MACS = st.binary(min_size=5, max_size=5).map(lambda tail: "52:" + ":".join(f"{byte:02x}" for byte in tail))
SUBNETS = st.integers(0, 2**16 - 1).map(lambda number: str(IPv4Network((10 << 24 | number << 8, 24))))
RULES = st.lists(
    st.builds(DriftRule, st.sampled_from(["memory.max", "cpu.cores"]), st.sampled_from(DriftPolicy)),
    max_size=2,
    unique_by=lambda rule: rule.path,
).map(tuple)


NEEDED = LABELS.map(lambda labels: tuple(sorted(Label(key, value) for key, value in labels.items())))
SECONDS = st.integers(0, 10**6).map(float)
PERCENT = st.integers(0, 100)
MEMORY_POLICIES = st.builds(
    MemoryPolicySpec,
    NAMES,
    NEEDED,
    st.sampled_from(MemoryMode),
    st.sampled_from(MemoryAlgorithm),
    st.none() | KIB,
    st.sampled_from(MemoryFloor),
    st.lists(st.builds(MemoryWeight, NEEDED, st.integers(1, 4096)), max_size=2).map(tuple),
    PERCENT,
    PERCENT,
    SECONDS,
    st.integers(1, 100),
    KIB,
    st.integers(1, 60).map(float),
    st.integers(60, 10**6).map(float),
    st.booleans(),
    st.sampled_from([1.0, 1.5, 2.25, 16.0]),
)

VALUES = NAMES | st.just("")
EFFECTS = st.sampled_from(TaintEffect)
TAINTS = st.lists(
    st.builds(Taint, NAMES | st.just("example.org/gpu"), VALUES, EFFECTS),
    max_size=3,
    unique_by=lambda taint: (taint.key, taint.effect),
).map(tuple)
# Only what is for every value can be for every key.
TOLERATIONS = st.lists(
    st.builds(Toleration, st.none() | NAMES, st.none(), st.none() | EFFECTS)
    | st.builds(Toleration, NAMES, VALUES, st.none() | EFFECTS),
    max_size=3,
).map(tuple)

PRICES = st.none() | st.integers(1, 100).map(lambda weight: weight / 100)
COUNTS = st.integers(1, 4096)
# Only what is kept apart has a limit and a scope.
KEPT = st.builds(PlacementRule, NAMES, NEEDED, st.just(Keep.APART), st.sampled_from(Scope), COUNTS, PRICES) | st.builds(
    PlacementRule, NAMES, NEEDED, st.just(Keep.TOGETHER), price=PRICES
)
PLACEMENT_POLICIES = st.builds(
    PlacementPolicySpec,
    NAMES,
    st.sampled_from(Strategy),
    st.none() | st.sampled_from([1.0, 4.0, 6.5, 64.0]),
    st.integers(0, 8),
    NAMES | st.just("example.org/rack"),
    st.lists(KEPT, max_size=3, unique_by=lambda rule: rule.name).map(tuple),
)
REBALANCES = st.builds(
    RebalanceSpec,
    NAMES,
    st.sampled_from(RebalanceMode),
    st.integers(1, 100),
    COUNTS,
    st.integers(1, 100),
    SECONDS,
    COUNTS,
    st.integers(1, 10**6).map(float),
    COUNTS,
    st.booleans(),
)


def policies(usual: DeletionPolicy) -> st.SearchStrategy[Policies]:
    return st.just(Policies(deletion=usual)) | st.builds(
        Policies,
        st.sampled_from(Management),
        st.sampled_from(DeletionPolicy),
        st.booleans(),
        st.none() | UUIDS.map(lambda uuid: Adopt(uuid=uuid)),
        st.sampled_from(DriftPolicy),
        RULES,
        IMPACTS,
        st.sampled_from(Approval),
    )


@st.composite
def machines(draw: st.DrawFn, namespace: str) -> VmSpec:
    least, middle, most = sorted(draw(st.tuples(KIB, KIB, KIB)))
    cores, more = sorted(draw(st.tuples(st.integers(1, 64), st.integers(1, 64))))
    names = st.lists(NAMES, max_size=2, unique=True)
    volumes = draw(st.lists(NAMES, min_size=2, max_size=2, unique=True))
    disks = [
        DiskSpec(
            name,
            Ref(Kind.VOLUME, namespace, volume),
            draw(st.sampled_from(DiskBus)),
            draw(st.sampled_from(DiskMode)),
            draw(st.booleans()),
        )
        for name, volume in zip(draw(names), volumes, strict=False)
    ]
    cards = [
        InterfaceSpec(name, Ref(Kind.NETWORK, namespace, draw(NAMES)), mac, draw(st.sampled_from(InterfaceModel)))
        for name, mac in zip(draw(names), draw(st.lists(MACS, min_size=2, max_size=2, unique=True)), strict=False)
    ]
    boot = draw(st.none() | st.builds(BootSpec, PATHS, st.none() | PATHS, TEXTS))
    return VmSpec(
        draw(NAMES),
        cores,
        more,
        most,
        least,
        middle,
        tuple(disks),
        tuple(cards),
        boot,
        draw(st.none() | PATHS),
        draw(st.sampled_from(RunStrategy)),
        draw(st.none() | st.just("2030-01-31T08:00:00Z")),
        draw(SHUTDOWNS),
        draw(st.none() | NAMES),
        draw(TEXTS),
        draw(st.none() | NAMES.map(lambda name: ref_of(Kind.MEMORY_POLICY, name))),
        draw(TOLERATIONS),
        draw(NEEDED),
    )


@st.composite
def volumes(draw: st.DrawFn, namespace: str) -> VolumeSpec:
    storage = ref_of(Kind.STORAGE_REPOSITORY, draw(NAMES))
    size = draw(st.integers(2**20, 2**50))
    source = ImageSource(draw(PATHS), "ab" * 32)
    backing = Ref(Kind.VOLUME, namespace, f"{draw(NAMES)}-base")
    return draw(
        st.sampled_from(
            [
                VolumeSpec(storage, VolumeFormat.RAW, size),
                VolumeSpec(storage, VolumeFormat.QCOW2, None, source),
                VolumeSpec(storage, VolumeFormat.QCOW2, size, None, backing),
            ]
        )
    )


@st.composite
def objects(draw: st.DrawFn) -> Desired:
    namespace = draw(st.just(DEFAULT_NAMESPACE) | NAMES)
    kind = draw(st.sampled_from(Kind))
    specs: dict[Kind, st.SearchStrategy[Spec]] = {
        Kind.POOL: st.builds(PoolSpec, st.just("sim"), st.just("sim:world.db"), TEXTS),
        Kind.HOST: st.builds(
            HostSpec,
            NAMES,
            st.just("qemu+ssh://root@h/system"),
            st.none() | st.just("qemu+tls://h/system"),
            st.none() | st.integers(1, 64),
            st.none() | KIB.map(lambda memory: memory + 2**20),
            st.integers(0, 2**20),
            st.booleans(),
            st.booleans(),
            st.integers(1, 64),
            TAINTS,
        ),
        Kind.STORAGE_REPOSITORY: st.builds(StorageSpec, NAMES, PATHS, st.booleans()),
        Kind.NETWORK: st.builds(NetworkSpec, NAMES, SUBNETS),
        Kind.VOLUME: volumes(namespace),
        Kind.MEMORY_POLICY: MEMORY_POLICIES,
        Kind.PLACEMENT_POLICY: PLACEMENT_POLICIES,
        Kind.REBALANCE: REBALANCES,
        Kind.VIRTUAL_MACHINE: machines(namespace),
    }
    usual = DeletionPolicy.DELETE if kind is Kind.VIRTUAL_MACHINE else DeletionPolicy.RETAIN
    found = draw(policies(usual))
    if kind is not Kind.VIRTUAL_MACHINE:
        found = replace(found, adopt=None, drift_rules=())
    return Desired(ref_of(kind, draw(NAMES), namespace), draw(specs[kind]), found, "me", draw(LABELS))


@given(objects())
@settings(max_examples=400, deadline=2000)
def test_a_manifest_declares_what_it_was_made_from(one: Desired) -> None:
    """Through text and back: nothing is lost, nothing is added."""
    text = yaml_text(manifest(one))
    loaded = load([Input("one.yaml", text.encode())])
    assert loaded.ok, (text, loaded.diagnostics)
    (again,) = declare_all(loaded.documents, "me").values()
    assert again.ref == one.ref
    assert again.declares_the_same(one), text
