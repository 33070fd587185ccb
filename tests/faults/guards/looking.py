"""Guards against acting on what is no longer so, or never was."""

from typing import Final

from tests.faults.guards.guard import Guard, without

LOOKING: Final = (
    Guard(
        "old-answers-refused",
        "a host that was looked at before the look began has not answered it",
        without("runtime.view:as_of", "or view.freshness.at >= began for", "or True for"),
        scenarios=("regret-soon-after",),
    ),
    Guard(
        "own-calls-outdate-looks",
        "after calls of our own, the next decision waits for a look that began after them",
        without("runtime.reconcile:Reconciler._act", "self.looks.outdated(ref, view.mark())"),
        scenarios=(
            "create-five",
            "memory-grow-live",
            "cores-grow-live",
            "migrate-halted",
        ),
    ),
    Guard(
        "looks-grow-old",
        "a decision is taken on a look of the last seconds",
        without(
            "runtime.looks:Looks._recent",
            "return 0 <= self._clock.now() - look.over <= oldest",
            "return True",
        ),
        scenarios=(
            "guest-crashes",
            "edited-by-somebody",
            "moved-by-somebody",
        ),
    ),
    Guard(
        "second-look",
        "what cannot be taken back is decided twice, the second time on a new look",
        without("runtime.looks:Looks.is_certain", "if not what:", "if True:"),
        scenarios=("regret-soon-after",),
    ),
    Guard(
        "same-at-second-sight",
        "the second decision is the one that was taken first",
        without("runtime.looks:Looks.is_certain", " or first.what != what", ""),
        scenarios=("regret-soon-after",),
    ),
    Guard(
        "forgotten-at-second-sight",
        "what one look does not show is not forgotten before another one has not shown it either",
        without("runtime.risk:irrevocable", "return (decision,)", "return ()"),
        scenarios=("regret-soon-after",),
    ),
    Guard(
        "placed-before-moved",
        "a machine is moved once its pool was placed on a look that shows where it is",
        without(
            "runtime.looks:Looks.is_certain",
            "if _moves(what) and self._placed.get(opened.view.pool, 0) < first.seen:",
            "if False:",
        ),
        test="tests/runtime/test_view.py::test_who_was_moved_by_somebody_else_stays_there",
        why="it takes a placement that is written while a look comes in",
    ),
    Guard(
        "steps-see-their-own-calls",
        "within an Act, a look from before its last call is not taken over",
        without("runtime.perform:_Run._step", "self._mark = self._view.mark()"),
        scenarios=(
            "create-in-a-new-house",
            "mass-change",
            "edited-by-somebody",
        ),
        why="the precondition of the next step does not hold on an older look, and it is decided anew",
    ),
    Guard(
        "declaration-is-current",
        "a decision about an object is taken on its newest declaration",
        without("runtime.declared:Declared.about", "if ref in self._stale:", "if False:"),
        test="tests/runtime/test_last_word.py::test_an_object_is_decided_about_on_its_newest_declaration",
        why="an old declaration is a quarter of a second old, and the next decision mends it",
    ),
    Guard(
        "sightings-kept",
        "where an object was seen is durable before a decision uses the look",
        without("runtime.absorb:learn", "writes.extend(_sighting(ref, now, after, state))"),
        scenarios=("unknown-where-it-was-seen",),
    ),
    Guard(
        "silent-hosts-keep-sightings",
        "what was seen on a host that does not answer now is not forgotten",
        without("runtime.absorb:_sighting", "hosts.update(host for host in known if not sight.answers(host))"),
        scenarios=(
            "unknown-where-it-was-seen",
            "host-cut-and-return",
        ),
    ),
)
