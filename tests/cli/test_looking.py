"""The commands that look and change nothing: plan, diff, get, describe, drift, explain, doctor, validate, init."""

import json
from pathlib import Path

import pytest

from tests.cli.pool_site import Site, documents, machine, volume
from xcp_reconciler.cli.main import COMMANDS

POLICY = """\
apiVersion: xcp.dev/v1alpha1
kind: PlacementPolicy
metadata: {name: spread}
spec:
  poolRef: {name: lab}
  strategy: Pack
  topologyKey: rack
  rules: [{name: db, matchLabels: {app: db}, keep: Apart, scope: Domain, required: false, weight: 7}]
"""
REBALANCE = """\
apiVersion: xcp.dev/v1alpha1
kind: Rebalance
metadata: {{name: {}}}
spec: {{poolRef: {{name: lab}}, mode: Auto, window: 90m}}
"""
ROOT = "  disks: [{name: root, volumeRef: {name: web-1-root}, bootable: true}]\n"


@pytest.fixture
def applied(site: Site) -> Site:
    """A site with one machine that runs."""
    site.write("web.yaml", documents(volume("web-1-root"), machine("web-1", extra=ROOT)))
    done = site.apply()
    assert done.code == 0, done.text
    return site


# --- plan


def test_plan_says_what_it_costs_and_what_to_type(site: Site) -> None:
    site.write("web.yaml", machine("web-1"))
    shown = site.run("plan", "-f", ".")
    assert shown.code == 0, shown.text
    assert shown.out.startswith("highest impact: live, no downtime expected\n")
    assert "create, start  VirtualMachine/web-1" in shown.out
    assert shown.out.rstrip().endswith("To do this: xcp apply -f .")
    assert not site.state.exists()
    assert not (site.folder / "world.db").exists()


def test_plan_as_json_has_what_programs_need(site: Site) -> None:
    site.write("web.yaml", machine("web-1"))
    shown = site.run("plan", "-f", ".", "-o", "json", "--detailed-exitcode")
    assert shown.code == 2, shown.text
    plan = shown.json
    change = next(one for one in plan["changes"] if one["ref"]["name"] == "web-1")
    assert change["ref"] == {"kind": "VirtualMachine", "namespace": "default", "name": "web-1"}
    assert (change["action"], change["impact"]) == ("create", "Live")
    assert {field["path"] for field in change["fields"]} == {"exists", "state"}
    assert [call["method"] for call in change["calls"]] == ["vm.define", "vm.start"]
    assert plan["summary"]["changes"] == len(plan["changes"])
    assert plan["hash"]


def test_an_empty_plan_is_said_and_counts_as_no_difference(applied: Site) -> None:
    shown = applied.run("plan", "-f", ".", "--detailed-exitcode")
    assert shown.code == 0, shown.text
    assert shown.out.startswith("Nothing to do.\n")
    assert applied.run("plan", "--detailed-exitcode").code == 0


def test_plan_is_about_what_f_names_only(applied: Site) -> None:
    applied.tamper("destroy", "web-1")
    other = applied.write("other/more.yaml", machine("web-2"))
    shown = applied.run("plan", "-f", str(other))
    assert "web-2" in shown.out
    assert "VirtualMachine/web-1" not in shown.out
    assert "outside -f would change too" in shown.out


def test_a_limit_refuses_with_three(applied: Site) -> None:
    applied.write("web.yaml", documents(volume("web-1-root"), machine("web-1", memory="384Mi", extra=ROOT)))
    shown = applied.run("plan", "-f", ".", "--max-impact", "live")
    assert shown.code == 3
    assert "costs more than Live: VirtualMachine/web-1 memory.max (guest helps)" in shown.err
    wrong = applied.run("plan", "-f", ".", "--max-impact", "lvie")
    assert wrong.code == 1
    assert "did you mean Live?" in wrong.err


def test_a_saved_plan_can_be_read_by_programs(site: Site) -> None:
    site.write("web.yaml", machine("web-1"))
    shown = site.run("plan", "-f", "web.yaml", "-f", "lab.yaml", "--out", "web.plan")
    assert "xcp apply web.plan" in shown.out
    saved = json.loads((site.folder / "web.plan").read_text())
    assert (saved["v"], saved["owner"], saved["sources"]) == (1, "tests", ["web.yaml", "lab.yaml"])


# --- the other ways to look


def test_diff_compares_with_what_was_applied(applied: Site) -> None:
    assert applied.run("diff", "-f", ".").code == 0
    applied.write("web.yaml", documents(volume("web-1-root"), machine("web-1", memory="384Mi", extra=ROOT)))
    shown = applied.run("diff", "-f", ".")
    assert shown.code == 2
    assert "+    max: 384Mi" in shown.out
    assert "Volume" not in shown.out


def test_get_lists_what_there_is(applied: Site) -> None:
    lines = applied.run("get", "vm").out.splitlines()
    assert lines[0].split() == ["NAME", "HOST", "STATE", "READY", "MEMORY", "CPU", "AGE"]
    assert lines[1].split()[:6] == ["web-1", "host-a", "running", "True", "512Mi", "1"]
    assert applied.run("get", "vms", "-o", "name").out == "VirtualMachine/web-1\n"
    assert applied.run("get", "vm/web-1", "-o", "json").json["items"][0]["status"]["state"] == "running"
    assert "web-1-root-" in applied.run("get", "vol").out
    assert applied.run("get", "all", "--cached").code == 0
    assert "kind: List" in applied.run("get", "hosts", "-o", "yaml").out


def test_what_places_machines_is_listed_and_read_back(applied: Site) -> None:
    applied.write("places.yaml", documents(POLICY, REBALANCE.format("even")))
    assert applied.apply().code == 0
    policy = applied.run("get", "placepol").out.splitlines()[1]
    assert policy.split()[:6] == ["spread", "lab", "Pack", "0", "1", "True"]
    assert applied.run("get", "rebalances").out.splitlines()[1].split()[:3] == ["even", "lab", "Auto"]
    for kind in ("placementpolicy", "rebalance"):
        applied.write(f"copy/{kind}.yaml", applied.run("get", kind, "-o", "yaml").out)
    same = applied.run("diff", "-f", "copy")
    assert same.code == 0, same.text
    applied.write("copy/second.yaml", REBALANCE.format("odd"))
    refused = applied.run("validate", "-f", "copy")
    assert refused.code == 1
    assert "Rebalance/even and Rebalance/odd are both for pool lab" in refused.err


def test_get_names_the_nearest_word(applied: Site) -> None:
    kind = applied.run("get", "vmm")
    assert kind.code == 1
    assert "did you mean vm?" in kind.err
    name = applied.run("get", "vm", "web-2")
    assert name.code == 1
    assert "did you mean web-1?" in name.err


def test_strangers_are_shown_and_left_alone(applied: Site) -> None:
    applied.tamper("stranger", "host-a")
    shown = applied.run("get", "strangers").out.splitlines()
    assert len(shown) == 2
    assert shown[1].startswith("VirtualMachine")
    assert "not ours" in applied.run("plan", "-f", ".").out
    assert applied.plan_is_empty().code == 0


def test_describe_says_what_is_different_and_what_comes_next(applied: Site) -> None:
    applied.tamper("destroy", "web-1")
    shown = applied.run("describe", "vm", "web-1")
    assert shown.code == 0, shown.text
    for words in ("Differs", "Conditions", "vm.start(", "running   halted"):
        assert words in shown.out


def test_drift_is_found_and_ends_with_two(applied: Site) -> None:
    assert applied.run("drift").code == 0
    applied.tamper("destroy", "web-1")
    shown = applied.run("drift")
    assert shown.code == 2, shown.text
    assert shown.out.startswith("1 of 7 objects has drifted")
    assert "running -> halted" in shown.out
    found = applied.run("drift", "-o", "json").json["drifted"]
    assert [(one["ref"]["name"], one["policy"]) for one in found] == [("web-1", "Revert")]
    assert found[0]["fields"][0]["path"] == "state"
    assert "| `VirtualMachine/web-1` | `state` | running | halted |" in applied.run("drift", "-o", "markdown").out


def test_explain_shows_impacts_of_every_driver(site: Site) -> None:
    shown = site.run("explain", "vm.memory.size")
    assert shown.code == 0, shown.text
    for words in ("libvirt (QEMU)", "sim (Sim)", "quantity"):
        assert words in shown.out
    wrong = site.run("explain", "vm.memroy")
    assert wrong.code == 1
    assert "did you mean memory?" in wrong.err


def test_doctor_asks_the_hosts(site: Site) -> None:
    shown = site.run("doctor", "-f", ".")
    assert shown.code == 0, shown.text
    assert "host-b answers" in shown.out
    assert str(site.state) in shown.out


# --- before anything is there


def test_validate_shows_every_error_with_its_place(site: Site) -> None:
    assert site.run("validate", "-f", ".").out.startswith("5 objects valid")
    site.write("bad.yaml", machine("web-1").replace("memory:", "memroy:"))
    shown = site.run("validate", "-f", ".")
    assert shown.code == 1
    assert "bad.yaml:7:3" in shown.err
    assert "did you mean `memory`?" in shown.err


def test_init_writes_one_file_once(tmp_path: Path) -> None:
    site = Site(tmp_path)
    assert site.run("init", "lab", "--owner", "rack7").code == 0
    assert [path.name for path in (tmp_path / "lab").iterdir()] == ["xcp.yaml"]
    again = site.run("init", "lab")
    assert again.code == 1
    assert "rack7" in again.err
    assert site.run("init", "lab/below").code == 1
    odd = site.run("init", "other", "--owner", "Rack 7")
    assert odd.code == 1
    assert "--owner rack-7" in odd.err


def test_nothing_stored_and_nothing_named_is_said(tmp_path: Path) -> None:
    site = Site(tmp_path)
    for command in ("plan", "drift", "get vm"):
        shown = site.run(*command.split())
        assert shown.code == 1, shown.text
        assert "nothing is stored" in shown.err
        assert "xcp apply -f PATH" in shown.err


def test_without_xcp_yaml_plan_names_init(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.write("web.yaml", machine("web-1"))
    shown = site.run("plan", "-f", "web.yaml")
    assert shown.code == 1
    assert "run: xcp init ." in shown.err


# --- the program as a whole


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_examples(site: Site, command: str) -> None:
    shown = site.run(command, "--help")
    assert shown.code == 0, shown.text
    assert "Examples:" in shown.out
    assert f"xcp {command}" in shown.out


def test_usage_errors_are_errors(site: Site) -> None:
    unknown = site.run("plna")
    assert unknown.code == 1
    assert "plan" in unknown.err
    option = site.run("plan", "--nope")
    assert option.code == 1
    assert option.err.startswith("error: ")
    assert site.run("validate").code == 1


def test_an_impossible_store_ends_in_words(site: Site) -> None:
    site.environment = {"XCP_TRACEBACK": "0", "XCP_STATE": str(site.folder)}
    shown = site.run("plan", "-f", ".")
    assert shown.code == 1
    assert "Traceback" not in shown.text
    assert shown.err.startswith("error: ")


def test_colour_only_where_it_helps(applied: Site) -> None:
    assert "\x1b" not in applied.run("get", "vm").text


def test_help_and_version_come_without_a_command(site: Site) -> None:
    assert "Commands:" in site.run().out
    assert site.run("version").out.startswith("xcp ")
