"""The arrays that kernels read and write, and whether they fit together."""

from collections.abc import MutableSequence, Sequence, Sized

Integers = Sequence[int]
Floats = Sequence[float]
IntegersOut = MutableSequence[int]
FloatsOut = MutableSequence[float]


def check(offsets: Integers, hosts: Sequence[Sized], guests: Sequence[Sized]) -> None:
    """One entry a host in `hosts`, one a guest in `guests`, and offsets that cut the guests into hosts.

    Raises:
        ValueError: it is not so.
    """
    if not len(offsets):
        raise ValueError("offsets need an entry more than there are hosts: 0 where there is none")
    if any(len(one) != len(offsets) - 1 for one in hosts):
        raise ValueError("an array of hosts is not as long as the offsets say")
    if any(len(one) != offsets[-1] for one in guests):
        raise ValueError("an array of guests is not as long as the last offset says")
    if offsets[0] != 0 or any(offsets[h] > offsets[h + 1] for h in range(len(offsets) - 1)):
        raise ValueError("offsets begin at 0 and never fall")
