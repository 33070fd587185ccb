"""A call whose intent cannot be written is not made."""

import errno

from tests.runtime.hooks import Diary
from tests.runtime.stage import Stage, declare, machine, play, pool_of_hosts
from tests.runtime.test_effects import PLEDGED, operate
from xcp_reconciler.ports.store import PutHistory, Write


class FullForIntents(Diary):
    """A disk that has room for everything but intents."""

    def before_commit(self, commits: tuple[tuple[Write, ...], ...]) -> None:
        """Refuse a transaction with an intent in it."""
        if any(isinstance(write, PutHistory) and write.history.intents for writes in commits for write in writes):
            raise OSError(errno.ENOSPC, "No space left on device")


def test_without_room_for_intents_nothing_is_made() -> None:
    diary = FullForIntents()

    async def act(stage: Stage) -> None:
        async with stage.store(faults=diary) as store:
            await declare(store, [*pool_of_hosts(1), *machine("a")])
            await operate(stage, store, diary, 30.0)

    play(act)
    assert diary.looks
    assert not [line for line in diary.lines if line.removeprefix("call ") in PLEDGED]
