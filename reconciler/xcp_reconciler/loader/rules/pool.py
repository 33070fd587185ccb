"""Rules within one Pool."""

from collections.abc import Iterator
from typing import Final

from xcp_reconciler.api.enums import DriverName
from xcp_reconciler.api.pool import Credentials, Pool
from xcp_reconciler.api.wording import choice
from xcp_reconciler.loader.finding import Finding, Spot

_SCHEMES: Final = {DriverName.XAPI: ("https://", "http://"), DriverName.SIM: ("sim:",)}
_EXAMPLES: Final = {DriverName.XAPI: "https://10.0.0.11", DriverName.SIM: "sim:world.db"}


def check_pool(model: Pool) -> Iterator[Finding]:
    """An endpoint where the driver needs one, one place for the password, and no TLS that contradicts itself."""
    spec = model.spec
    schemes = _SCHEMES.get(spec.driver, ())
    if spec.endpoint is None:
        if schemes:
            message = f"a pool of driver {spec.driver} needs an endpoint"
            yield Finding(("spec",), message, f"add `endpoint: {_EXAMPLES[spec.driver]}`", spot=Spot.KEY)
    elif not schemes:
        message = f"a pool of driver {spec.driver} has no endpoint"
        yield Finding(("spec", "endpoint"), message, "give each Host a uri instead", spot=Spot.KEY)
    elif not spec.endpoint.startswith(schemes):
        message = f"this is no endpoint of driver {spec.driver}"
        yield Finding(("spec", "endpoint"), message, f"it begins with {choice(schemes)}")
    elif "@" in spec.endpoint.partition("://")[2].partition("/")[0]:
        message = "an endpoint names no user"
        yield Finding(
            ("spec", "endpoint"), message, "write the user and where the password is found under `credentials`"
        )
    if spec.credentials is not None:
        yield from _check_credentials(spec.credentials)
    if not spec.tls.verify and (spec.tls.ca is not None or spec.tls.fingerprint is not None):
        message = "`verify: false` accepts any certificate, also others than the one named here"
        yield Finding(("spec", "tls", "verify"), message, "remove it")


def _check_credentials(credentials: Credentials) -> Iterator[Finding]:
    given = [
        name
        for name, value in (("env", credentials.env), ("file", credentials.file), ("command", credentials.command))
        if value is not None
    ]
    if len(given) != 1:
        message = f"the password is in {choice(given)}" if given else "`credentials` does not say where the password is"
        yield Finding(("spec", "credentials"), message, "give exactly one of env, file, command", spot=Spot.KEY)
