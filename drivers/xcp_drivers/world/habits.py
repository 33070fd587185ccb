"""How guests behave when they are asked for something."""

from enum import StrEnum


class Habit(StrEnum):
    """What a guest's balloon does with a target.

    The last two are hostile: they look alive to anyone who only watches for movement.
    """

    IDEAL = "ideal"
    FLOOR = "floor"  # gives nothing back below three quarters of its size
    CEILING = "ceiling"  # takes nothing above three quarters of its size
    STUCK = "stuck"
    FLAKY = "flaky"  # moves for one second in every twenty
    TRICKLE = "trickle"  # moves one page of 4 KiB every five seconds
    ABSENT = "absent"  # has no balloon driver


class Hearing(StrEnum):
    """What a guest does with a request to shut down."""

    OBEYS = "obeys"
    DEAF = "deaf"
