"""The balance of memory on one host: who shall have how much, and how to get there without ever breaking the reserve.

`step` is what the loop needs, and `calls_ended` once its calls are over; `lasting` is what survives a restart;
`goals` is the end alone, without protocol and calm; `guarded_minimum` is for those who leave the balance to others.
"""

from xcp_reconciler.plan.memory.calls import calls_ended
from xcp_reconciler.plan.memory.goal import Claim, Goal, Pot, goals
from xcp_reconciler.plan.memory.guard import guarded_minimum
from xcp_reconciler.plan.memory.lasting import lasting
from xcp_reconciler.plan.memory.step import step
from xcp_reconciler.plan.memory.types import (
    Algorithm,
    FloorRule,
    GuestKnowledge,
    GuestMemory,
    HostKnowledge,
    HostMemory,
    Knowledge,
    Policy,
    Send,
    Share,
    Step,
    Urgency,
)

__all__ = [
    "Algorithm",
    "Claim",
    "FloorRule",
    "Goal",
    "GuestKnowledge",
    "GuestMemory",
    "HostKnowledge",
    "HostMemory",
    "Knowledge",
    "Policy",
    "Pot",
    "Send",
    "Share",
    "Step",
    "Urgency",
    "calls_ended",
    "goals",
    "guarded_minimum",
    "lasting",
    "step",
]
