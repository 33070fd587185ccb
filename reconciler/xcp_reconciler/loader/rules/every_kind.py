"""Rules that every kind obeys."""

from collections.abc import Iterator

from xcp_reconciler.api.kinds import KindInfo
from xcp_reconciler.api.shape import shape_at, shapes
from xcp_reconciler.api.wire import AnyResource
from xcp_reconciler.api.wording import nearest
from xcp_reconciler.loader.finding import Finding, Spot
from xcp_reconciler.refs import DEFAULT_NAMESPACE


def check_every_kind(model: AnyResource, info: KindInfo) -> Iterator[Finding]:
    """Namespaces, adoption and drift rules."""
    if not info.namespaced and model.metadata.namespace != DEFAULT_NAMESPACE:
        message = f"a {info.kind} has no namespace"
        yield Finding(("metadata", "namespace"), message, "remove the line", spot=Spot.KEY)
    spec = model.spec
    if spec.adopt is not None and (spec.adopt.uuid is None) == (spec.adopt.name is None):
        both = spec.adopt.uuid is not None
        message = "`adopt` names the object twice" if both else "`adopt` does not say which object"
        yield Finding(("spec", "adopt"), message, "give either uuid or name", spot=Spot.KEY)
    if spec.drift_rules:
        yield from _check_drift_rules(model, info)


def _check_drift_rules(model: AnyResource, info: KindInfo) -> Iterator[Finding]:
    seen: set[str] = set()
    for number, rule in enumerate(model.spec.drift_rules):
        place = ("spec", "driftRules", number, "path")
        path = rule.path.removeprefix("spec.")
        if path in seen:
            yield Finding(place, f"two drift rules for `{path}`", "keep one")
        seen.add(path)
        known = shapes(type(model.spec))
        first = path.split(".")[0].split("[")[0]
        if first not in known:
            meant = nearest(first, known)
            yield Finding(
                place,
                f"there is no field `spec.{path}`",
                f"did you mean `{path.replace(first, meant, 1)}`?" if meant else "",
                f"xcp explain {info.short}.spec lists the fields",
            )
        elif "[" not in path and shape_at(type(model.spec), tuple(path.split("."))) is None:
            yield Finding(place, f"there is no field `spec.{path}`", "", f"xcp explain {info.short}.spec.{first}")
