"""The few numbers of the protocol that are no policy. KiB, seconds, KiB per second."""

from typing import Final

# Balloons move in pages and report in their own rounding: closer than this is there.
TOLERANCE: Final = 4096
# Less than this is no movement: a guest that gives a page now and then is not coming nearer.
PROGRESS: Final = 1024
# A guest that is slower than this on the whole is of no use, however lively it looks.
USEFUL_SPEED: Final = 1024.0
# What is thought of a guest that was never seen to move, where only a time to look again depends on it.
USUAL_SPEED: Final = 262144.0
# While memory is needed, a guest that stands still for so long is not waited for: others are asked for its part.
QUIET_AFTER: Final = 0.3
# One that was on its way has no reason to hesitate.
STOPPED_AFTER: Final = 0.15
# Without need, one that stands still for so long is counted with what it holds.
LEFT_OUT_AFTER: Final = 3.0
# Between two steps of a guest, when nobody is in need.
STEP_EVERY: Final = 5.0
# The same target is not sent again sooner: the backend may be rounding it, or refusing.
SENT_AGAIN_AFTER: Final = 10.0
# Demand that nobody has heard of for so long is no demand.
FORGOTTEN_AFTER: Final = 600.0
# A guest that has come up and has not said for so long what it needs will not say.
TELLS_WITHIN: Final = 60.0
# While memory is needed: a look is not worth less than this, and after that much one is due.
SOONEST_LOOK: Final = 0.02
LATEST_LOOK: Final = 0.2
