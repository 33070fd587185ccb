"""A plan with nothing to do: xcp for 10,000 halted machines beside terraform for 1,000 resources, in one run."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.bench.whole_process import Command, interleaved, median

MACHINES = 10_000
RESOURCES = 1_000
LEAVES = 50
ROUNDS = 5
# Terraform would ask the internet for its newest version.
ENVIRONMENT = {**os.environ, "CHECKPOINT_DISABLE": "1"}
XCP = str(Path(sys.executable).with_name("xcp"))


def _manifests(folder: Path) -> None:
    """A pool of three hosts and ten thousand machines of six lines each, in one file."""
    folder.mkdir()
    (folder / "xcp.yaml").write_text("owner: bench\n", encoding="utf-8")
    head = "apiVersion: xcp.dev/v1alpha1\n"
    documents = [f"{head}kind: Pool\nmetadata: {{name: sim}}\nspec: {{driver: sim, endpoint: 'sim:world.db'}}\n"]
    documents.extend(
        f"{head}kind: Host\nmetadata: {{name: host-{letter}}}\nspec: {{poolRef: {{name: sim}}}}\n" for letter in "abc"
    )
    documents.extend(
        f"{head}kind: VirtualMachine\nmetadata: {{name: vm-{number:05}}}\n"
        "spec:\n  poolRef: {name: sim}\n  runStrategy: Halted\n  memory: {size: 256Mi}\n"
        for number in range(MACHINES)
    )
    (folder / "all.yaml").write_text("---\n".join(documents), encoding="utf-8")


def _resources(folder: Path) -> None:
    """A thousand resources of some fifty leaves each, and a state that has them all; no provider is fetched.

    Terraform writes its whole state after each resource that it creates, so creating a thousand takes minutes. One is
    created, and the state of the others is written in its likeness.
    """
    folder.mkdir()
    manifest, state = folder / "main.tf.json", folder / "terraform.tfstate"
    manifest.write_text(_manifest(1), encoding="utf-8")
    for words in (["init"], ["apply", "-auto-approve"]):
        subprocess.run(["terraform", *words], cwd=folder, env=ENVIRONMENT, check=True, stdout=subprocess.DEVNULL)
    made = json.loads(state.read_text(encoding="utf-8"))
    (first,) = made["resources"]
    made["resources"] = [_renamed(first, number) for number in range(RESOURCES)]
    state.write_text(json.dumps(made), encoding="utf-8")
    manifest.write_text(_manifest(RESOURCES), encoding="utf-8")


def _manifest(count: int) -> str:
    leaves = {f"key_{number:02}": f"value {number}" for number in range(LEAVES)}
    resources = {f"r{number:04}": {"input": {**leaves, "name": f"r{number:04}"}} for number in range(count)}
    return json.dumps({"resource": {"terraform_data": resources}})


def _renamed(resource: dict[str, object], number: int) -> dict[str, object]:
    text = json.dumps(resource).replace("r0000", f"r{number:04}")
    copy: dict[str, object] = json.loads(text)
    return copy


def test_nothing_to_do(tmp_path: Path) -> None:
    """At most a third of terraform's time and 200 MiB."""
    if shutil.which("terraform") is None:
        pytest.skip("terraform is not installed")
    ours, theirs = tmp_path / "xcp", tmp_path / "terraform"
    _manifests(ours)
    _resources(theirs)
    environment = {**ENVIRONMENT, "XCP_STATE": str(tmp_path / "state.db")}
    Command((XCP, "apply", "-f", ".", "--auto-approve", "--timeout", "30m"), ours, environment).run()
    plans, peers = interleaved(
        Command((XCP, "plan", "-f", ".", "--detailed-exitcode"), ours, environment),
        Command(("terraform", "plan", "-detailed-exitcode"), theirs, environment),
        ROUNDS,
    )
    mine, peer = median(plans), median(peers)
    ratio = mine.wall / peer.wall
    sys.stdout.write(
        f"plan: xcp {MACHINES} machines {mine.wall:.2f} s wall, {mine.cpu:.2f} s processor, {mine.memory:.0f} MiB; "
        f"terraform {RESOURCES} resources {peer.wall:.2f} s wall, {peer.cpu:.2f} s processor, {peer.memory:.0f} MiB; "
        f"ratio {ratio:.2f} (at most 0.33)\n"
    )
    assert ratio <= 1 / 3
    assert mine.memory <= 200
