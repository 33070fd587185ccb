"""A slice of the proof by kills, and what its looks would see."""

from collections import Counter
from collections.abc import Iterator

import pytest

from tests.lab.lab import Lab
from tests.lab.ledger import Fault, Moment
from tests.proof.kills import stranger
from tests.proof.kills.life import live
from tests.proof.kills.piece import WALK, piece_of
from tests.proof.kills.scenario import Scenario
from tests.proof.kills.scenarios import SCENARIOS
from tests.proof.kills.watch import Watch
from tests.proof.kills.world import STRANGER, Ground, differences, ground, machine, network, volume
from tests.real.estate import HOSTS

TWIN = """<domain type='{virt}'><name>twin</name><uuid>11111111-2222-4333-8444-555555555555</uuid>
<memory unit='MiB'>32</memory><os><type arch='x86_64' machine='q35'>hvm</type></os></domain>"""


@pytest.fixture
def on(lab: Lab) -> Iterator[Ground]:
    with ground(lab) as found:
        yield found


def test_a_kill_after_a_disk_has_grown(on: Ground) -> None:
    number = next(number for number, (scenario, kill) in enumerate(WALK) if _is_cheap(scenario, kill))
    stranger.plant(on)
    result = live(piece_of(number), on)
    assert result.failures == []
    assert result.counts["kills"] == 1
    assert result.counts["looks at both hosts"] > 10


def _is_cheap(scenario: Scenario, kill: Fault) -> bool:
    """What the next run finds done has not to be waited for."""
    return scenario.name == "grow" and kill.moment is Moment.AFTER_CALL


def test_the_walk_is_at_every_call_in_both_moments() -> None:
    assert len(WALK) == sum(2 * scenario.calls + 1 for scenario in SCENARIOS)
    assert len({(scenario.name, kill) for scenario, kill in WALK}) == len(WALK)
    assert piece_of(len(WALK)) == piece_of(len(WALK))
    assert len({piece_of(number).kills for number in range(len(WALK), len(WALK) + 50)}) > 20


def test_it_would_see_orphans_copies_and_touched_strangers(on: Ground) -> None:
    stranger.plant(on)
    stranger.plant_file(on)
    before = stranger.seen(on)
    assert on.held() == Counter()
    assert any(" on 1" in what for what in before)
    assert any(" on 2" in what for what in before)

    for connection in on.connections:
        connection.defineXMLFlags(TWIN.format(virt=on.lab.virt_type), 0).createWithFlags(0)
    (on.disks / "base-1234abcd.qcow2").touch()
    (on.disks / "base-1234abcd.qcow2.part").touch()
    assert differences(on.held(), Counter([machine("twin", HOSTS[0]), volume("base"), network("nat", HOSTS[0])])) == [
        f"1 too many: {machine('twin', HOSTS[1])}",
        f"1 too many: {volume('base-1234abcd.qcow2.part')}",
        f"1 missing: {network('nat', HOSTS[0])}",
    ]
    watch = Watch(on)
    watch.look()
    assert watch.twice == {"11111111-2222-4333-8444-555555555555"}

    on.clear()
    assert on.held() == Counter()
    stranger.plant_file(on)
    assert stranger.seen(on) == before
    on.connections[1].lookupByName(f"{STRANGER}-on").destroyFlags(0)
    (on.disks / f"{STRANGER}.qcow2").unlink()
    gone = {what for what, text in before.items() if stranger.seen(on).get(what) != text}
    assert gone == {f"{STRANGER}-on on 2", str(on.disks / f"{STRANGER}.qcow2")}
