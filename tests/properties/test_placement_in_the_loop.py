"""Laws of placement, played move after move over pools that nobody thought of."""

from dataclasses import replace

from hypothesis import event, given
from hypothesis import strategies as st

from tests.properties.placement_pools import Pool, pools
from xcp_reconciler.model.desired import Keep
from xcp_reconciler.model.placement import Assigned
from xcp_reconciler.plan.placement import place
from xcp_reconciler.plan.rounds import make_plan

# Every machine may have to make room and come back, one at a time.
_MOST_ROUNDS = 60


def played(pool: Pool, data: st.DataObject) -> None:
    """Hand out assignments and let machines follow them, some sooner than others, until nothing is left to do."""
    for _ in range(_MOST_ROUNDS):
        before = {one.name: one.places for one in pool.machines}
        changed = place("lab", pool.world())
        pool.take(changed)
        assert pool.wrongs(before) == []
        behind = [one for one in pool.machines if one.told is not None and one.told != one.runs_on]
        if not behind and not changed:
            return
        event(f"{min(len(behind), 3)} behind")
        late = set[int]()
        if behind:
            late = data.draw(st.sets(st.sampled_from(range(len(behind))), max_size=len(behind) - 1))
        for number, one in enumerate(behind):
            if number not in late:
                one.runs_on = one.defined_on = one.told
    raise AssertionError("it goes on and on")


@given(pools(), st.data())
def test_nothing_is_overfilled_and_no_rule_is_broken_on_the_way(pool: Pool, data: st.DataObject) -> None:
    held = [
        (rule.name, members)
        for rule, members in pool.rules(Keep.TOGETHER)
        if any({one.runs_on for one in members} == {one.told for one in members} == {host} for host in pool.hosts)
    ]
    played(pool, data)
    assert place("lab", pool.world()) == {}
    for name, members in held:
        if all(one.pinned is None for one in members):
            assert len({one.runs_on for one in members}) <= 1, name


@given(pools(), st.data())
def test_hosts_in_maintenance_are_left_by_whoever_can_leave(pool: Pool, data: st.DataObject) -> None:
    played(pool, data)
    for one in pool.machines:
        if one.runs_on in pool.maintenance and one.pinned is None and not one.fixed and pool.is_alone(one):
            event("stays")
            assert not [host for host in pool.hosts if pool.takes(one, host)], one


@given(pools())
def test_a_plan_ends_and_the_next_one_is_empty(pool: Pool) -> None:
    # What may not be moved starts where it is, wherever its place would be.
    pool.machines = [replace(one, fixed=False) for one in pool.machines]
    # Where somebody has moved machines by hand, a turn knows of it what the turn before has learnt.
    for _ in pool.machines:
        pool.take(place("lab", pool.world()))
    plan = make_plan(pool.world())
    assert plan.loop == ()
    hosts = {ref.name: host for ref, host in plan.hosts.items()}
    for one in pool.machines:
        if one.name in hosts:
            one.home = Assigned(hosts[one.name])
            one.runs_on = one.defined_on = hosts[one.name]
    again = make_plan(pool.world())
    assert [entry.ref.name for entry in again.changing] == []
