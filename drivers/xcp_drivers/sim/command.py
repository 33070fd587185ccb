"""`xcp sim`: what one does to simulated hosts that nobody could do to real ones, for tests and demonstrations."""

import typer

from xcp_drivers.sim.run_command import list_scenarios, print_schema, replay_history, run_histories, shrink_history
from xcp_drivers.sim.world_command import app as world

app = typer.Typer(no_args_is_help=True, help="Simulated hypervisors: look into their world, and tamper with it.")
app.add_typer(world, name="world")
app.command("run")(run_histories)
app.command("replay")(replay_history)
app.command("shrink")(shrink_history)
app.command("scenarios")(list_scenarios)
app.command("schema")(print_schema)
