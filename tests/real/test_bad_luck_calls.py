"""A call that never returns."""

import time
from pathlib import Path

import pytest

from tests.lab.lab import Lab
from tests.lab.ledger import Effect, Fault, Moment
from tests.lab.rpc import Procedure
from tests.real.gate import gate


@pytest.mark.parametrize("moment", [Moment.BEFORE_CALL, Moment.AFTER_CALL], ids=["before", "after"])
def test_a_call_that_never_returns(lab: Lab, tmp_path: Path, moment: Moment) -> None:
    with gate(lab, tmp_path) as opened:
        estate = opened.estate
        estate.machine("web-1", placement={"host": "host-a"})
        estate.machine("web-2", placement={"host": "host-b"})
        opened.ledger.reset(Fault(1, moment, Effect.SWALLOW, Procedure.DOMAIN_DEFINE_XML_FLAGS))
        began = time.monotonic()
        result = estate.site.apply("--timeout", "20s")
        assert time.monotonic() - began < 60
        assert result.code == 1, result.text
        stuck = opened.ledger.entries[opened.ledger.procedures.index(Procedure.DOMAIN_DEFINE_XML_FLAGS)].host
        assert f"an earlier call to {stuck} has outlived its deadline" in result.text
        # The other host has nothing to do with it.
        other = "web-2" if stuck == "host-a" else "web-1"
        assert [state for _, state in estate.copies(other)] == ["running"]

        opened.ledger.reset()
        estate.apply()
        estate.settled()
        assert estate.copies("web-1") == [("host-a", "running")]
        assert estate.copies("web-2") == [("host-b", "running")]
        for name in ("web-1", "web-2"):
            estate.up(name)
