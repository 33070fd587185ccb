"""Many pieces on several labs side by side: most of a piece's time is waiting."""

import queue
import threading
from typing import Final

from tests.lab.lab import Lab
from tests.proof.kills import stranger
from tests.proof.kills.life import live
from tests.proof.kills.piece import piece_of
from tests.proof.kills.world import ground
from tests.proof.leg import Result

LABS: Final = 3


def run(numbers: range, labs: int = LABS) -> Result:
    """Live these pieces, each lab for itself, until none is left.

    Raises:
        LabError: a lab did not start.
    """
    waiting: queue.SimpleQueue[int] = queue.SimpleQueue()
    for number in numbers:
        waiting.put(number)
    results: queue.SimpleQueue[Result | BaseException] = queue.SimpleQueue()
    # Hosts die with the thread that started them: each lab has one that outlives it.
    threads = [
        threading.Thread(target=_work, args=(waiting, results), name=f"lab-{number}")
        for number in range(min(labs, len(numbers)))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    whole = Result()
    while not results.empty():
        part = results.get()
        if isinstance(part, BaseException):
            raise part
        whole.add(part)
    return whole


def _work(waiting: "queue.SimpleQueue[int]", results: "queue.SimpleQueue[Result | BaseException]") -> None:
    try:
        with Lab(2) as lab, ground(lab) as on:
            stranger.plant(on)
            while True:
                try:
                    number = waiting.get_nowait()
                except queue.Empty:
                    return
                results.put(live(piece_of(number), on))
    except BaseException as error:  # noqa: BLE001 - it is raised again where somebody hears it
        results.put(error)
