"""Calls that never return."""

import time
from pathlib import Path

from tests.lab.lab import Lab
from tests.lab.ledger import Effect, Fault, Moment
from tests.lab.rpc import Procedure
from tests.real.gate import gate

MACHINES = {"web-1": "host-a", "web-2": "host-b"}


def test_calls_that_never_return(lab: Lab, tmp_path: Path) -> None:
    with gate(lab, tmp_path) as opened:
        estate = opened.estate
        for name, host in MACHINES.items():
            estate.machine(name, placement={"host": host})
        define = Procedure.DOMAIN_DEFINE_XML_FLAGS
        # The first is lost on its way there, the second on its way back.
        opened.ledger.reset(
            Fault(1, Moment.BEFORE_CALL, Effect.SWALLOW, define), Fault(2, Moment.AFTER_CALL, Effect.SWALLOW, define)
        )
        began = time.monotonic()
        result = estate.site.apply("--timeout", "14s")
        assert time.monotonic() - began < 60
        assert result.code == 1, result.text
        for host in MACHINES.values():
            assert f"an earlier call to {host} has outlived its deadline and has not returned yet" in result.text
        assert sum(len(estate.copies(name)) for name in MACHINES) == 1

        opened.ledger.reset()
        estate.apply()
        estate.settled()
        for name, host in MACHINES.items():
            assert estate.copies(name) == [(host, "running")]
            estate.up(name)
