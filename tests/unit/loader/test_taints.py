"""Taints, tolerations and node selectors: what they become, and what they cannot say."""

import pytest

from tests.unit.loader.test_declare import declared
from tests.unit.loader.texts import bare, one_error, vm
from xcp_reconciler.model.desired import HostSpec, Label, Taint, TaintEffect, Toleration, VmSpec

NO_SCHEDULE, NO_EXECUTE = TaintEffect


def host(taints: str) -> str:
    """A host, its taints on line 5."""
    return bare("Host", f"poolRef: {{name: lab}}, taints: [{taints}]")


def placed(placement: str) -> str:
    """A machine with this placement on line 8."""
    return vm(f"placement: {{{placement}}}")


def test_taints_of_a_host() -> None:
    text = (
        "{key: gpu, value: a100, effect: NoSchedule}, {key: gpu, effect: NoExecute}, {key: x.org/y, effect: NoExecute}"
    )
    (one,) = declared(host(text)).values()
    taints = (Taint("gpu", "a100", NO_SCHEDULE), Taint("gpu", "", NO_EXECUTE), Taint("x.org/y", "", NO_EXECUTE))
    assert one.spec == HostSpec("lab", taints=taints)
    assert [str(taint) for taint in taints] == ["gpu=a100:NoSchedule", "gpu:NoExecute", "x.org/y:NoExecute"]


@pytest.mark.parametrize(
    ("toleration", "meant"),
    [
        ("{operator: Exists}", Toleration()),
        ("{operator: Exists, effect: NoExecute}", Toleration(effect=NO_EXECUTE)),
        ("{key: gpu}", Toleration("gpu", "")),
        ("{key: gpu, operator: Equal, value: a100}", Toleration("gpu", "a100")),
        ("{key: gpu, operator: Exists, value: '', effect: NoSchedule}", Toleration("gpu", None, NO_SCHEDULE)),
    ],
)
def test_tolerations_of_a_machine(toleration: str, meant: Toleration) -> None:
    (one,) = declared(placed(f"tolerations: [{toleration}]")).values()
    assert isinstance(one.spec, VmSpec)
    assert one.spec.tolerations == (meant,)


def test_a_node_selector_is_in_one_order() -> None:
    (one,) = declared(placed("host: h1, nodeSelector: {rack: r1, disk: ssd}")).values()
    assert isinstance(one.spec, VmSpec)
    assert (one.spec.host, one.spec.node_selector) == ("h1", (Label("disk", "ssd"), Label("rack", "r1")))


@pytest.mark.parametrize(
    ("text", "line", "blamed", "message", "hint"),
    [
        (
            host("{key: a, value: x, effect: NoExecute}, {key: b, effect: NoExecute}, {key: a, effect: NoExecute}"),
            5,
            "a, effect: NoExecute}]}",
            "two taints `a` have the effect NoExecute",
            "keep one",
        ),
        (host("{key: gpu}"), 5, "{key: gpu}", "`spec.taints[0].effect` is missing", ""),
        (host("{effect: NoExecute}"), 5, "{effect", "`spec.taints[0].key` is missing", ""),
        (host("{key: gpu, effect: PreferNoSchedule}"), 5, "PreferNoSchedule", "PreferNoSchedule", "NoSchedule"),
        (host("{key: 'a b', effect: NoExecute}"), 5, "'a b'", "taints[0].key", ""),
        (host("{key: a, value: 'b c', effect: NoExecute}"), 5, "'b c'", "taints[0].value", ""),
        (host("{key: a, effect: NoExecute, seconds: 5}"), 5, "seconds", "unknown field `seconds`", ""),
        (
            placed("tolerations: [{key: a}, {value: b}]"),
            8,
            "{value: b}",
            "the toleration names no key",
            "write `operator: Exists` to tolerate every taint",
        ),
        (
            placed("tolerations: [{key: a, operator: Exists, value: b}]"),
            8,
            "value: b",
            "`value` is for the operator Equal",
            "remove it",
        ),
        (placed("tolerations: [{key: a, operator: In}]"), 8, "In", "In", ""),
        (placed("tolerations: [{key: a, effect: Never}]"), 8, "Never", "Never", ""),
        (placed("tolerations: [{key: ''}]"), 8, "''", "tolerations[0].key", ""),
        (placed("nodeSelector: {'a b': c}"), 8, "'a b'", "does not fit `spec.placement.nodeSelector.a b`", ""),
        (placed("nodeSelector: {rack: 'b c'}"), 8, "'b c'", "nodeSelector.rack", ""),
        (placed("nodeselector: {rack: r1}"), 8, "nodeselector", "unknown field `nodeselector`", "nodeSelector"),
    ],
)
def test_what_cannot_be_said(text: str, line: int, blamed: str, message: str, hint: str) -> None:
    diagnostic = one_error(text)
    assert message in diagnostic.message
    assert hint in diagnostic.hint
    place = diagnostic.place
    assert place.line == line
    assert place.text[place.column - 1 :].startswith(blamed)


def test_one_key_may_have_two_effects() -> None:
    declared(host("{key: a, effect: NoSchedule}, {key: a, effect: NoExecute}"))
