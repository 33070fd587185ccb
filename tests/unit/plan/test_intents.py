"""When a call that a dead process made, or was about to make, counts as over."""

from dataclasses import replace

from tests.unit.plan.builders import IDS, NOW, SR, WorldBuilder, seen_vm, seen_volume, vm_ref, volume_ref
from xcp_reconciler.model import ops
from xcp_reconciler.model.decision import Act, Wait, WaitReason
from xcp_reconciler.model.errors import Failure, FailureKind
from xcp_reconciler.model.history import Asked, History, Intent
from xcp_reconciler.model.observed import Job, JobKind, ObservedStorage
from xcp_reconciler.plan.decide import decide
from xcp_reconciler.plan.intents import settle
from xcp_reconciler.plan.recall import never_ahead
from xcp_reconciler.plan.world import World
from xcp_reconciler.refs import Ref

WEB, ROOT = vm_ref(), volume_ref("root")


def _open(ref: Ref, op: str, world: World, *, hosts: tuple[str, ...] = ("a",), seconds: float = 600.0) -> bool:
    """Whether an intent that was written at NOW is still open in a world."""
    history = History(intents=(Intent(op, hosts, NOW, NOW + seconds),))
    return bool(settle(ref, history, world).intents)


def _with_job(world: World, job: Job) -> World:
    world.sights["lab"].jobs[job.uuid] = (job,)
    return world


def test_a_move_is_over_when_no_host_is_at_it() -> None:
    """One that never began, or has failed, is not waited for until its deadline."""
    world = WorldBuilder().vm().shows(seen_vm())
    hosts = ("a", "b")
    assert _open(WEB, "MigrateVm", world.build(NOW + 9), hosts=hosts)
    assert not _open(WEB, "MigrateVm", world.build(NOW + 11), hosts=hosts)
    job = Job(JobKind.MIGRATION, IDS.uuid(WEB), "a")
    assert _open(WEB, "MigrateVm", _with_job(world.build(NOW + 300), job), hosts=hosts)


def test_a_start_is_waited_for_until_its_deadline() -> None:
    """No host shows a job of a call that is short."""
    world = WorldBuilder().vm().shows(seen_vm(running=False))
    assert _open(WEB, "StartVm", world.build(NOW + 14), seconds=15.0)
    assert not _open(WEB, "StartVm", world.build(NOW + 15), seconds=15.0)


def test_a_move_from_a_silent_host_may_be_under_way() -> None:
    """Nobody can say that a host which does not answer is not at it."""
    world = WorldBuilder().vm().shows(seen_vm()).dead("b")
    assert _open(WEB, "MigrateVm", world.build(NOW + 599), hosts=("a", "b"))


def test_what_a_silent_host_keeps_open_past_its_deadline_is_not_looked_at_without_a_pause() -> None:
    """The time of the next look lies ahead, whatever the deadline says."""
    history = History(intents=(Intent("StartVm", ("b",), NOW, NOW + 15),))
    builder = WorldBuilder().vm().shows(seen_vm()).dead("b")
    for later, again in ((5.0, 6.0), (14.5, 15.0), (15.0, 16.0), (300.0, 301.0)):
        decision = decide(WEB, replace(builder.build(NOW + later), histories={WEB: history}))
        assert isinstance(decision, Wait)
        assert decision.reason is WaitReason.INTENT
        assert decision.until == NOW + again


def test_an_upload_is_over_when_nobody_is_at_it() -> None:
    """An upload dies with its process: the next one need not wait for half an hour."""
    world = WorldBuilder().storage().volume("root")
    assert _open(ROOT, "CreateVolume", world.build(NOW + 9), seconds=1800.0)
    assert not _open(ROOT, "CreateVolume", world.build(NOW + 11), seconds=1800.0)
    job = Job(JobKind.UPLOAD, f"{IDS.uuid(SR)}/{IDS.file_name(ROOT, 'qcow2')}", "a")
    assert _open(ROOT, "CreateVolume", _with_job(world.build(NOW + 300), job), seconds=1800.0)


def test_a_volume_that_is_there_ends_its_creation_and_one_that_is_not_its_deletion() -> None:
    """What is shown need not be waited for."""
    absent = WorldBuilder().storage().volume("root").build()
    present = WorldBuilder().storage().volume("root").shows(seen_volume("root")).build()
    assert _open(ROOT, "CreateVolume", absent, seconds=15.0)
    assert not _open(ROOT, "CreateVolume", present, seconds=15.0)
    assert _open(ROOT, "DeleteVolume", present, seconds=15.0)
    assert not _open(ROOT, "DeleteVolume", absent, seconds=15.0)


def test_a_repository_that_was_never_whole_is_made_when_it_is_attached() -> None:
    """A death between its definition and its directory is repaired; a directory that got lost is not papered over."""
    builder = WorldBuilder("a").storage(attached=True)

    def starts(history: History) -> list[bool]:
        world = replace(builder.build(), histories={SR: history})
        inactive = ObservedStorage("a", IDS.uuid(SR), "shared", "/srv/shared", active=False)
        world.sights["lab"].storages[IDS.uuid(SR)] = (inactive,)
        decision = decide(SR, world)
        assert isinstance(decision, Act)
        return [step.op.makes for step in decision.steps if isinstance(step.op, ops.StartStorage)]

    assert starts(History()) == [True]
    assert starts(History(synced=1)) == [False]


def test_after_the_clock_was_set_back_nothing_lasts_longer_than_it_was_to_last() -> None:
    """What is remembered lies an hour ahead, and would hold up the machine until then."""
    world = WorldBuilder().vm().shows(seen_vm()).build()
    ahead = NOW + 3600
    history = History(
        intents=(Intent("StartVm", ("a",), ahead, ahead + 15),),
        retry_at=ahead + 4,
        failure=Failure(FailureKind.BUSY, "busy", ahead),
        asked=Asked(512, ahead, 1),
        shutdown_at=ahead,
    )
    pulled = never_ahead(history, NOW)
    assert pulled.intents == (Intent("StartVm", ("a",), NOW, NOW + 15),)
    assert pulled.retry_at == NOW + 4
    assert pulled.failure == Failure(FailureKind.BUSY, "busy", NOW)
    assert pulled.asked == Asked(512, NOW, 1)
    assert pulled.shutdown_at == NOW
    assert settle(WEB, history, world).retry_at == NOW + 4
    assert never_ahead(pulled, NOW) is pulled
