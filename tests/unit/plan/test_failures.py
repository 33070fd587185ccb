"""What a failure keeps from being tried again, and what ends that."""

from tests.unit.plan.builders import NOW, WorldBuilder, seen_volume, vm_ref, volume_ref
from xcp_reconciler.model.decision import Act, Blocked, Steady, Wait
from xcp_reconciler.model.errors import RejectedError, UnreachableError
from xcp_reconciler.model.history import History, Intent
from xcp_reconciler.plan.decide import decide
from xcp_reconciler.plan.failures import forgiven, judge, tried_anew
from xcp_reconciler.plan.preconditions import circumstances

WEB = vm_ref()


def test_a_command_tries_anew_what_was_refused() -> None:
    """Whoever mended an image on disk is not told for minutes what was wrong with it before."""
    builder = WorldBuilder().vm()
    refusal = RejectedError("the image has another checksum")
    builder.histories[WEB] = judge(refusal, History(), NOW, 0.5, circumstances(WEB, builder.build())).history
    assert isinstance(decide(WEB, builder.build(NOW + 1)), Blocked)
    assert isinstance(decide(WEB, tried_anew(builder.build(NOW + 1))), Act)


def test_a_command_does_not_wait_for_a_back_off_of_another() -> None:
    """The attempts of an earlier command, whose retries were far apart at the end, are none of this one's."""
    builder = WorldBuilder().vm()
    history = History(attempts=5)
    history = judge(UnreachableError("no route to host", host="a"), history, NOW, 0.5, "").history
    builder.histories[WEB] = history
    assert isinstance(decide(WEB, builder.build(NOW + 1)), Wait)
    assert isinstance(decide(WEB, tried_anew(builder.build(NOW + 1))), Act)


def test_what_fails_after_the_command_counts() -> None:
    """Forgiven is what was before; and never that a call may still land."""
    intent = Intent("DefineVm", ("a",), NOW, NOW + 10)
    history = judge(RejectedError("no"), History(intents=(intent,)), NOW, 0.5, "seen").history
    assert forgiven(history, NOW - 1) == history
    assert forgiven(history, NOW + 1) == History(intents=(intent,))


def test_a_volume_that_was_refused_because_it_is_there_is_as_declared_once_it_is_seen() -> None:
    """A host that has just come up shows nothing, and then refuses to make what it has."""
    root = volume_ref("root")
    absent = WorldBuilder().storage().volume("root")
    history = judge(
        RejectedError("it already exists"), History(), NOW, 0.5, circumstances(root, absent.build())
    ).history
    absent.histories[root] = history
    assert isinstance(decide(root, absent.build(NOW + 1)), Blocked)
    present = WorldBuilder().storage().volume("root").shows(seen_volume("root"))
    present.histories[root] = history
    assert isinstance(decide(root, present.build(NOW + 1)), Steady)
