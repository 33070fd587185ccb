"""Guards of what is not ours, and of what is to stay."""

from typing import Final

from tests.faults.guards.guard import Guard, without

OWNERSHIP: Final = (
    Guard(
        "foreign-machine",
        "a machine that carries another owner's stamp is not changed",
        without("plan.vm.decide:_present", "if foreign is not None and foreign.stamp is not None:", "if False:"),
        test="tests/unit/plan/test_vm_decisions.py::test_foreign_stamp_refuses",
        why="no deed of others brings it about",
    ),
    Guard(
        "foreign-machine-stays",
        "a machine that carries another owner's stamp is not removed",
        without("plan.vm.remove:remove_vm", "if foreign:", "if False:"),
        test="tests/unit/plan/test_never.py::test_a_machine_of_another_owner_is_not_removed",
        why="no deed of others brings it about",
    ),
    Guard(
        "foreign-network",
        "a network that carries another owner's stamp is not changed",
        without("plan.per_host:decide_network", "if foreign is not None and foreign.stamp is not None:", "if False:"),
        test="tests/unit/plan/test_never.py::test_a_network_of_another_owner_is_not_started",
        why="no deed of others brings it about",
    ),
    Guard(
        "clone-is-a-stranger",
        "a machine with a stamp that was copied is no machine of ours",
        without(
            "runtime.absorb:_uid",
            "and (copy.stamp.owner, copy.stamp.ref, copy.stamp.self_uuid) == (owner, ref, copy.uuid)",
            "",
        ),
        test="tests/runtime/test_last_word.py::test_a_copied_stamp_gives_nobody_its_uid",
        why="an adopted clone with the uid of its original does no harm that can be seen",
    ),
    Guard(
        "clone-is-stamped-anew",
        "an adopted clone gets a stamp of its own",
        without("plan.vm.change:_stamp", " and stamp.self_uuid == vm.uuid", ""),
        scenarios=("adopt-a-clone",),
    ),
    Guard(
        "machine-name-taken",
        "beside a machine of the same name none is defined",
        without("plan.vm.decide:_absent", "if taken:", "if False:"),
        scenarios=("stranger-with-our-name",),
    ),
    Guard(
        "network-name-taken",
        "beside a network of the same name none is defined",
        without("plan.per_host:decide_network", "if taken is not None:", "if False:"),
        test="tests/unit/plan/test_never.py::test_beside_a_network_of_the_same_name_none_is_made",
        why="no deed of others brings it about",
    ),
    Guard(
        "adopted-is-found-not-made",
        "what is to be adopted and is not there is not made",
        without("plan.vm.decide:_absent", "if facts.adopted:", "if False:"),
        scenarios=("adopt-missing-then-there",),
    ),
    Guard(
        "adopted-keeps-the-rest",
        "an adopted machine keeps what its declaration does not mention",
        without("plan.vm.differences:meant", "if not facts.adopted:", "if True:"),
        scenarios=("adopt-keeps-the-rest",),
    ),
    Guard(
        "observe-only",
        "under `management: Observe` nothing is done",
        without(
            "plan.decide:_observed", "if not isinstance(decision, Act) or not world.observes(desired):", "if True:"
        ),
        scenarios=("policy-observed-to-the-end",),
    ),
    Guard(
        "observed-stays",
        "what is only observed is not removed",
        without("plan.decide:_leaving", " or world.observes(desired)", ""),
        scenarios=("policy-observed-and-removed",),
    ),
    Guard(
        "deletion-protection",
        "a protected object is not removed, whoever asks",
        without("plan.decide:_leaving", "if desired.policies.protected:", "if False:"),
        test="tests/unit/plan/test_vm_decisions.py::test_deletion_stops_first_then_undefines_then_is_gone",
        why="what is protected is not pruned in the first place",
    ),
    Guard(
        "protected-is-not-pruned",
        "a protected object that is declared no longer stays declared",
        without(
            "loader.inventory:take_inventory",
            "leaving = tuple(one for one in absent if not one.policies.protected)",
            "leaving = tuple(absent)",
        ),
        scenarios=("policy-protected",),
    ),
    Guard(
        "retained-stays",
        "`deletionPolicy: Retain` leaves the object in the world",
        without("plan.decide:_leaving", "orphaned or retained", "orphaned"),
        scenarios=(
            "delete-retained",
            "delete-machine-keep-volume",
        ),
    ),
    Guard(
        "children-first",
        "nothing is removed that another declared object refers to",
        without("plan.decide:_leaving", "if children:", "if False:"),
        scenarios=(
            "storage-given-up",
            "delete-with-volume",
            "base-image-in-use",
        ),
    ),
    Guard(
        "one-source-an-object",
        "a source does not take over what another source declares",
        without("loader.inventory:take_inventory", "if conflicts:", "if False:"),
        test="tests/unit/loader/test_inventory.py::test_an_object_that_another_file_still_declares_is_a_conflict_with_both_places",
        why="a simulated owner has one source",
    ),
    Guard(
        "stays-in-its-pool",
        "what is in one pool is not made in another one",
        without("plan.decide:decide", "_in_another_pool(desired, world, pool)", "None"),
        test="tests/unit/plan/test_astray.py::test_nothing_goes_from_pool_to_pool",
        why="the simulated sites have one pool",
    ),
)
