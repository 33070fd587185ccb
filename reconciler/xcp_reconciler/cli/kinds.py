"""What people type for kinds and objects: short names, plurals, `vm/web-1`; the nearest name for what nobody has."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from xcp_reconciler.cli.failure import CommandError
from xcp_reconciler.refs import DEFAULT_NAMESPACE, Kind, Ref, ref_of


@dataclass(frozen=True, slots=True)
class Asked:
    """The objects that somebody asks for: a kind (None: all kinds), and names (none: all of the kind)."""

    kind: Kind | None
    names: tuple[str, ...] = ()
    namespace: str | None = None

    def select(self, refs: Iterable[Ref]) -> list[Ref]:
        """Those of the objects that are asked for.

        Raises:
            CommandError: a name is of none of them.
        """
        known = [
            ref
            for ref in refs
            if (self.kind is None or ref.kind is self.kind)
            and (self.namespace is None or ref.namespace == self.namespace or ref == ref_of(ref.kind, ref.name))
        ]
        if not self.names or self.kind is None:
            return known
        return [self._one(name, known) for name in self.names]

    def _one(self, name: str, known: Sequence[Ref]) -> Ref:
        wanted = ref_of(self.kind or Kind.VIRTUAL_MACHINE, name, self.namespace or DEFAULT_NAMESPACE)
        if wanted in known:
            return wanted
        elsewhere = [ref for ref in known if ref.name == name]
        if len(elsewhere) == 1:
            return elsewhere[0]
        if elsewhere:
            spaces = ", ".join(ref.namespace for ref in elsewhere)
            raise CommandError(f"{name} is in several namespaces: {spaces}", "say which one with -n NAME")
        from xcp_reconciler.api.wording import nearest  # noqa: PLC0415 - only for who mistypes

        near = nearest(name, [ref.name for ref in known])
        meant = f"did you mean {near}?" if near is not None else f"xcp get {_short(self.kind)} lists what there is"
        raise CommandError(f"there is no {wanted}", meant)


def kind_asked(word: str) -> Kind:
    """The kind that somebody means by `vm`, `VMs` or `virtualmachines`.

    Raises:
        CommandError: there is none.
    """
    from xcp_reconciler.api.kinds import KINDS, kind_called, kind_words  # noqa: PLC0415 - loads the models
    from xcp_reconciler.api.wording import nearest  # noqa: PLC0415 - the same

    found = kind_called(word) or kind_called(word.lower().removesuffix("s"))
    if found is not None:
        return found.kind
    near = nearest(word, kind_words())
    known = ", ".join(f"{info.kind} ({info.short})" for info in KINDS.values())
    raise CommandError(
        f"there is no kind {word}" + (f"; did you mean {near}?" if near is not None else ""), f"kinds: {known}"
    )


def asked_for(words: Sequence[str], namespace: str | None) -> Asked:
    """Read `vm`, `vm web-1 web-2`, `vm/web-1` or `all`.

    Raises:
        CommandError: there is no such kind.
    """
    first, *names = words
    if first.lower() == "all" and not names:
        return Asked(None, (), namespace)
    if "/" in first:
        kind, *rest = first.split("/")
        if len(rest) == 2:  # noqa: PLR2004 - kind/namespace/name
            return Asked(kind_asked(kind), (rest[1], *names), rest[0])
        return Asked(kind_asked(kind), (*rest, *names), namespace)
    return Asked(kind_asked(first), tuple(names), namespace)


def _short(kind: Kind | None) -> str:
    from xcp_reconciler.api.kinds import KINDS  # noqa: PLC0415 - loads the models

    return KINDS[kind].short if kind is not None else "all"
