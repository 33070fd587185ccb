"""What of the knowledge is worth a write: what a restart must not forget, rounded so that it seldom differs."""

from dataclasses import replace

from xcp_reconciler.model.memory import GuestKnowledge, HostKnowledge, Knowledge


def lasting(knowledge: Knowledge) -> Knowledge:
    """The knowledge to keep: how fast each balloon is, who is left alone, and the demand that targets were made for.

    Two steps in a row seldom differ in it; a step can go on from it as from the whole.
    """
    kept = {key: known for key, guest in knowledge.guests.items() if (known := _kept(guest)) != GuestKnowledge()}
    return Knowledge(HostKnowledge(others=knowledge.host.others), dict(sorted(kept.items())))


def _kept(known: GuestKnowledge) -> GuestKnowledge:
    speed = known.speed
    if speed is not None and speed > 0:
        # To a power of two: it decides whether a guest is waited for, and a factor of 1.4 does not.
        speed = float(1 << max(0, round(speed).bit_length() - 1))
    return replace(GuestKnowledge(), speed=speed, deaf_until=known.deaf_until, anchor=known.anchor)
