"""What a guest needs, read from statistics that are old, of another moment, and do not know the guest's kernel."""

from xcp_drivers.libvirt.api import Stats
from xcp_drivers.libvirt.workingset import WorkingSets

MIB = 1024
NOW = 1_700_000_000.0
OWN = 30 * MIB


def stats(told: float, actual: int, used: int, swapped: int = 0) -> Stats:
    """A guest of `actual` MiB that uses so many, told at a moment."""
    available = actual * MIB - OWN
    return {
        "balloon.last-update": int(told),
        "balloon.available": available,
        "balloon.usable": available - used * MIB,
        "balloon.swap_in": swapped * MIB,
    }


def test_its_kernels_own_part_is_counted() -> None:
    needs = WorkingSets()
    assert needs.of("a", 1, stats(NOW - 5, 256, 100), 256 * MIB, NOW) == 130 * MIB
    assert needs.of("a", 1, stats(NOW + 5, 256, 120), 256 * MIB, NOW + 6) == 150 * MIB


def test_a_balloon_on_its_way_changes_nothing() -> None:
    """What the guest told is from before the balloon moved, what it has now is from after."""
    needs = WorkingSets()
    needs.of("a", 1, stats(NOW - 5, 256, 100), 256 * MIB, NOW)
    needs.of("a", 1, stats(NOW + 5, 256, 100), 256 * MIB, NOW + 6)
    for held in (200, 150, 250):
        assert needs.of("a", 1, stats(NOW + 5, 256, 100), held * MIB, NOW + 8) == 130 * MIB
    assert needs.of("a", 1, stats(NOW + 15, 150, 90), 140 * MIB, NOW + 16) == 120 * MIB


def test_what_is_old_is_not_known() -> None:
    needs = WorkingSets()
    old = stats(NOW, 256, 100)
    assert needs.of("a", 1, old, 256 * MIB, NOW + 1) is not None
    assert needs.of("a", 1, old, 256 * MIB, NOW + 40) is not None
    assert needs.of("a", 1, old, 256 * MIB, NOW + 60) is None
    assert needs.of("a", 1, stats(NOW + 60, 256, 100), 256 * MIB, NOW + 61) is not None


def test_a_host_whose_clock_is_wrong_is_believed_once_it_tells_anew() -> None:
    needs = WorkingSets()
    assert needs.of("a", 1, stats(NOW - 7200, 256, 100), 256 * MIB, NOW) is None
    assert needs.of("a", 1, stats(NOW - 7190, 256, 100), 256 * MIB, NOW + 10) == 130 * MIB


def test_who_does_not_tell_is_not_guessed_at() -> None:
    needs = WorkingSets()
    assert needs.of("a", 1, {}, 256 * MIB, NOW) is None
    assert needs.of("a", 1, {"balloon.current": 256 * MIB, "balloon.last-update": 0}, 256 * MIB, NOW) is None
    without_usable = {"balloon.last-update": int(NOW), "balloon.available": 200 * MIB}
    assert needs.of("a", 1, without_usable, 256 * MIB, NOW) is None


def test_what_was_swapped_in_was_lacking() -> None:
    needs = WorkingSets()
    needs.of("a", 1, stats(NOW, 256, 200), 256 * MIB, NOW)
    assert needs.of("a", 1, stats(NOW + 10, 256, 200, swapped=16), 256 * MIB, NOW + 11) == 246 * MIB
    assert needs.of("a", 1, stats(NOW + 10, 256, 200, swapped=16), 256 * MIB, NOW + 12) == 246 * MIB
    assert needs.of("a", 1, stats(NOW + 20, 256, 200, swapped=16), 256 * MIB, NOW + 21) == 230 * MIB


def test_another_boot_is_another_guest() -> None:
    needs = WorkingSets()
    needs.of("a", 1, stats(NOW, 256, 100), 256 * MIB, NOW)
    needs.of("a", 1, stats(NOW + 10, 256, 100), 256 * MIB, NOW + 11)
    assert needs.of("a", 2, stats(NOW + 20, 300, 50), 310 * MIB, NOW + 21) == 90 * MIB
    needs.forget_others(frozenset())
    assert needs.of("a", 2, stats(NOW - 7200, 300, 50), 300 * MIB, NOW + 30) is None
