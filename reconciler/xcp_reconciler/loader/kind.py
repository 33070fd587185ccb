"""Which model a document asks for."""

from typing import NamedTuple

from xcp_reconciler.api.kinds import KINDS, KindInfo
from xcp_reconciler.api.plain import is_mapping
from xcp_reconciler.api.wire import API_VERSION, GROUP
from xcp_reconciler.api.wording import choice, nearest, shown
from xcp_reconciler.loader.finding import Finding, Spot
from xcp_reconciler.refs import Kind


class Asked(NamedTuple):
    """The kind that a document asks for, or why it asks for none."""

    info: KindInfo | None
    finding: Finding | None = None


_FOUND = {str(kind): Asked(info) for kind, info in KINDS.items()}


def kind_asked(data: object) -> Asked:
    """Look at `apiVersion` and `kind` alone."""
    if not is_mapping(data):
        return Asked(
            None, Finding((), f"a document is {_what(data)}, not an object", "begin with `apiVersion:` and `kind:`")
        )
    version, kind = data.get("apiVersion"), data.get("kind")
    if version == API_VERSION and isinstance(kind, str) and kind in _FOUND:
        return _FOUND[kind]
    if "apiVersion" not in data:
        hint = f"add `apiVersion: {API_VERSION}`"
        return Asked(None, Finding((), "`apiVersion` is missing", hint, spot=Spot.KEY))
    if version != API_VERSION:
        ours = isinstance(version, str) and (version.startswith(GROUP) or nearest(version, (API_VERSION,)) is not None)
        message = f"{shown(version)} is no version that xcp knows" if ours else f"{shown(version)} is not of xcp"
        hint = f"did you mean `{API_VERSION}`?" if ours else f"xcp reads {API_VERSION}; keep other manifests elsewhere"
        return Asked(None, Finding(("apiVersion",), message, hint))
    if kind == "List":
        return Asked(
            None, Finding(("kind",), "a List has no list of `items`", "begin each object with `- apiVersion:`")
        )
    kinds = [str(known) for known in Kind]
    if "kind" not in data:
        return Asked(None, Finding((), "`kind` is missing", f"one of {choice(kinds)}", spot=Spot.KEY))
    meant = _meant(kind, kinds)
    hint = f"did you mean `{meant}`?" if meant else f"known: {choice(kinds)}"
    return Asked(None, Finding(("kind",), f"unknown kind {shown(kind)}", hint))


def _meant(kind: object, kinds: list[str]) -> str | None:
    if not isinstance(kind, str):
        return None
    short = next((str(info.kind) for info in KINDS.values() if kind.lower() in info.words), None)
    return short or nearest(kind, kinds)


def _what(data: object) -> str:
    return "a list" if isinstance(data, list) else f"only {shown(data)}"
