"""Memory policies: what one must say, and who may not claim the same."""

import pytest

from tests.unit.loader.texts import bare, loaded, one_error, vm

POOL = bare("Pool", "driver: sim, endpoint: 'sim:a'", "lab")


def policy(name: str = "balanced", spec: str = "") -> str:
    return bare("MemoryPolicy", f"poolRef: {{name: lab}}{spec}", name)


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("uncooperativeAfter: 0s", "a guest that is given no time follows nobody"),
        ("uncooperativeAfter: 1m, retryAfter: 30s", "retryAfter is shorter than uncooperativeAfter, which is 1m"),
        ("step: {maxPercent: 0}", "maxPercent"),
        ("overcommitRatio: 0.5", "overcommitRatio"),
        ("weights: [{matchLabels: {tier: db}}]", "weight"),
        ("mode: Directly", "Directly"),
        ("selector: {matchLabels: {'a b': x}}", "matchLabels"),
    ],
)
def test_what_a_policy_cannot_say(spec: str, message: str) -> None:
    found = loaded(policy(spec=f", {spec}")).diagnostics
    assert any(message in diagnostic.message for diagnostic in found), found


def test_two_policies_that_claim_one_machine_are_both_named() -> None:
    web = vm(metadata=", labels: {tier: web}")
    diagnostic = one_error(POOL, policy("all"), policy("web", ", selector: {matchLabels: {tier: web}}"), web)
    assert "MemoryPolicy/all and MemoryPolicy/web both claim this machine" in diagnostic.message
    assert diagnostic.place.file == "3.yaml"
    assert [also.place.file for also in diagnostic.also] == ["1.yaml", "2.yaml"]
    named = web.replace("memory: {size: 512Mi}", "memory: {size: 512Mi, policyRef: {name: web}}")
    assert loaded(POOL, policy("all"), policy("web", ", selector: {matchLabels: {tier: web}}"), named).ok


def test_one_policy_sets_the_targets_of_a_pool() -> None:
    first = policy("a", ", mode: Direct, selector: {matchLabels: {tier: a}}")
    diagnostic = one_error(POOL, first, policy("b", ", mode: Direct, selector: {matchLabels: {tier: b}}"))
    assert "MemoryPolicy/a and MemoryPolicy/b would both set targets in pool lab" in diagnostic.message
    assert diagnostic.also[0].place.file == "1.yaml"


def test_a_machine_and_its_policy_are_in_one_pool() -> None:
    far = bare("Pool", "driver: sim, endpoint: 'sim:b'", "far")
    other = bare("MemoryPolicy", "poolRef: {name: far}", "other")
    named = vm().replace("memory: {size: 512Mi}", "memory: {size: 512Mi, policyRef: {name: other}}")
    assert "MemoryPolicy/other is in pool far, the machine in pool lab" in one_error(POOL, far, other, named).message
