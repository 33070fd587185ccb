"""The written form by example, and what is said of data that does not fit."""

from collections.abc import Mapping
from dataclasses import dataclass

import pytest

from xcp_reconciler.model.codec import Codec, CodecError, canonical, parse_json
from xcp_reconciler.model.decision import Change
from xcp_reconciler.model.desired import Desired, NetworkSpec, Origin, Policies, ShutdownSpec, VmSpec
from xcp_reconciler.model.impact import Impact
from xcp_reconciler.model.ops import Op, StartVm
from xcp_reconciler.model.placement import Assigned, Assignment, Unplaced
from xcp_reconciler.model.records import OpenPlan
from xcp_reconciler.refs import Kind, ref_of

VM = ref_of(Kind.VIRTUAL_MACHINE, "web")
DESIRED = Codec[Desired](Desired)
ASSIGNMENT = Codec[Assignment](Assignment)


@dataclass(frozen=True, slots=True)
class Tree:
    """Holds itself, as trees of steps do."""

    name: str
    branches: tuple["Tree", ...] = ()


def test_defaults_are_left_out_and_keys_sorted() -> None:
    lan = ref_of(Kind.NETWORK, "lan")
    desired = Desired(lan, NetworkSpec("lab", "10.0.0.0/24"), Policies(), "ops", origin=Origin("n.yaml", 3))
    assert DESIRED.text(desired) == (
        '{"origin":{"line":3,"path":"n.yaml"},"owner":"ops","policies":{},"ref":"Network/default/lan",'
        '"spec":{"is":"NetworkSpec","pool":"lab","subnet":"10.0.0.0/24"},"v":1}'
    )


def test_equal_values_have_one_text() -> None:
    codec = Codec[ShutdownSpec](ShutdownSpec)
    assert codec.text(ShutdownSpec(120)) == codec.text(ShutdownSpec()) == '{"v":1}'
    assert codec.text(ShutdownSpec(-0.0)) == codec.text(ShutdownSpec(0))


def test_a_plan_is_written_with_refs_as_keys() -> None:
    change = Change("cpu.cores", 0, False, Impact.POWER_CYCLE, "grow")  # noqa: FBT003 - a value that is equal to 0
    plan = OpenPlan("p1", {VM: (change,)}, {VM: "h1"}, Impact.MIGRATE, 1.5, 2.0)
    codec = Codec[OpenPlan](OpenPlan)
    assert codec.text(plan) == (
        '{"changes":{"VirtualMachine/default/web":[{"current":0,"desired":false,"impact":"POWER_CYCLE",'
        '"path":"cpu.cores","reason":"grow"}]},"expires":2.0,"hosts":{"VirtualMachine/default/web":"h1"},"id":"p1",'
        '"max_impact":"MIGRATE","opened":1.5,"v":1}'
    )
    back = codec.parse(codec.text(plan)).changes[VM][0]
    assert (type(back.current), type(back.desired)) == (int, bool)


def test_members_of_a_union_are_told_apart() -> None:
    assert ASSIGNMENT.text(Assigned("h1")) == '{"host":"h1","is":"Assigned","v":1}'
    assert ASSIGNMENT.text(Unplaced(())) == '{"is":"Unplaced","reasons":[],"v":1}'
    op = Codec[Op](Op)
    assert op.decode(op.encode(StartVm(VM, "h1", "u"))) == StartVm(VM, "h1", "u")


def test_a_type_may_hold_itself() -> None:
    codec = Codec[Tree](Tree)
    tree = Tree("root", (Tree("leaf"), Tree("branch", (Tree("leaf"),))))
    assert codec.parse(codec.text(tree)) == tree


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("nonsense", "not JSON"),
        ('{"v":1} {"v":1}', "more after its end"),
        ('{"v":1,"host":NaN}', "NaN is no number"),
        ("[" * 100_000, "not JSON"),
        ("[]", "not an object"),
        ('{"host":"h1","is":"Assigned"}', "version None"),
        ('{"host":"h1","is":"Assigned","v":2}', "version 2"),
        ('{"host":"h1","is":"Assigned","v":true}', "version True"),
        ('{"host":"h1","is":"Somewhere","v":1}', "'Somewhere' is not one of Assigned, Unplaced"),
        ('{"host":"h1","v":1}', "None is not one of"),
        ('{"is":"Assigned","v":1}', "Assigned lacks host"),
        ('{"host":7,"is":"Assigned","v":1}', r"^\.host: 7 is not a text"),
        ('{"host":"h1","is":"Assigned","v":1,"waiting":["a",null]}', r"^\.waiting\[1\]: None is not a text"),
        ('{"host":"h1","is":"Assigned","v":1,"wait":[]}', "Assigned has no field `wait`"),
        ('{"host":"h1","is":"Assigned","v":1,"waiting":"a"}', "'a' is not an array"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_place(text: str, words: str) -> None:
    with pytest.raises(CodecError, match=words):
        ASSIGNMENT.parse(text)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"spec": {"is": "VmSpec", "pool": "p", "cores": True}}, r"^\.spec\.cores: True is not a whole number"),
        ({"spec": {"is": "VmSpec", "boot": {"kernel": None}}}, r"^\.spec\.boot\.kernel: None is not a text"),
        ({"spec": {"is": "VmSpec", "shutdown": {"timeout_s": 10**400}}}, r"more than a float can hold"),
        ({"policies": {"max_impact": "Huge"}}, r"^\.policies\.max_impact: 'Huge' is no Impact \(METADATA"),
        ({"policies": {"protected": 1}}, "1 is not true or false"),
        ({"labels": {"a": 1}}, r"^\.labels\[a\]: 1 is not a text"),
        ({"labels": {"a": ["x" * 999]}}, r"^\.labels\[a\]: \['x{77}… is not a text"),
        ({"labels": []}, r"^\.labels: \[\] is not an object"),
        ({"ref": "VirtualMachine/web"}, "'VirtualMachine/web' is not a ref"),
        ({"ref": ["VirtualMachine"]}, "is not a ref"),
        ({"origin": 3}, "3 is no Origin"),
        ([], "is no Desired"),
    ],
)
def test_places_within_places(data: object, words: str) -> None:
    with pytest.raises(CodecError, match=words):
        DESIRED.decode(data)


def test_what_could_not_be_read_again_is_not_written() -> None:
    spec = VmSpec("p", 1, 1, 1, 1, 1, shutdown=ShutdownSpec(float("nan")))
    with pytest.raises(CodecError, match=r"^\.spec\.shutdown\.timeout_s: nan is not a finite number"):
        DESIRED.text(Desired(VM, spec, Policies(), "o"))
    with pytest.raises(CodecError, match=r"^\.ref: .* holds a `/`"):
        DESIRED.text(Desired(ref_of(Kind.NETWORK, "a/b"), NetworkSpec("p", "s"), Policies(), "o"))
    with pytest.raises(CodecError, match="is not one of Assigned, Unplaced"):
        Codec[object](Assignment).text("h1")
    with pytest.raises(CodecError, match="only an object"):
        Codec[object](tuple[str, ...]).text(("a",))
    with pytest.raises(CodecError, match="has no JSON"):
        canonical({"a": object()})


@pytest.mark.parametrize("hint", [set[str], bytes, tuple[str, int], Mapping[int, str], list[str], str | Kind])
def test_types_without_a_form_are_refused_at_once(hint: object) -> None:
    with pytest.raises(TypeError):
        Codec[object](hint)


def test_spaces_around_a_document_are_no_error() -> None:
    assert parse_json(' {"a": [1, 2.5, null]}\n') == {"a": [1, 2.5, None]}
