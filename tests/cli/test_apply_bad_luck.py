"""Everything that can be wrong with the world while one applies: clear words, nothing lost, nothing doubled."""

import hashlib

from tests.cli.pool_site import Site, documents, machine, pool, volume


def test_a_name_that_a_stranger_has_is_left_to_it(site: Site) -> None:
    site.write("web.yaml", documents(machine("web-1"), machine("web-2")))
    assert site.run("apply", "-f", "lab.yaml", "--auto-approve").code == 0
    stranger = site.tamper("stranger", "web-1", "--host", "host-a")

    result = site.apply()

    assert result.code == 1
    assert stranger in result.text
    assert "rename one of them" in " ".join(result.text.split())
    assert site.machines() == {"web-1": [("host-a", "running")], "web-2": [("host-a", "running")]}


def test_a_clone_of_our_machine_stays_untouched(site: Site) -> None:
    site.write("web.yaml", machine("web-1"))
    assert site.apply().code == 0
    site.tamper("clone", "web-1", "copy")
    before = site.world()

    result = site.apply()

    assert result.code == 0
    assert "Nothing to do" in result.out
    (site.folder / "web.yaml").unlink()
    assert site.apply("--prune").code == 0
    assert list(site.machines()) == ["copy"]
    assert _vm(site.world(), "copy") == _vm(before, "copy")


def _vm(world: dict[str, list[dict[str, list[dict[str, object]]]]], name: str) -> object:
    return next(vm for host in world["hosts"] for vm in host["vms"] if vm["name"] == name)


def test_a_guest_without_balloon_driver_is_told_and_left_alone(site: Site) -> None:
    site.write("web.yaml", machine("web-1"))
    assert site.apply().code == 0
    site.tamper("behave", "web-1", "absent")
    site.write("web.yaml", machine("web-1", memory="384Mi"))

    result = site.apply("--timeout", "90s")
    again = site.apply()

    assert result.code == 0, result.text
    assert "no balloon driver" in result.out
    assert again.code == 0
    assert "Nothing to do" in again.out
    described = site.run("get", "vm", "web-1", "-o", "json")
    assert "BalloonCooperative" in described.out


def test_a_dead_host_holds_up_only_what_is_on_it_until_it_is_fenced(site: Site) -> None:
    here = "  placement: {host: host-a}\n"
    site.write(
        "web.yaml", documents(machine("web-1", extra=here), machine("web-2", extra="  placement: {host: host-b}\n"))
    )
    assert site.apply().code == 0
    site.tamper("kill-host", "host-a")
    site.write(
        "web.yaml",
        documents(machine("web-1"), machine("web-2", extra="  placement: {host: host-b}\n"), machine("web-3")),
    )

    result = site.apply()

    assert result.code == 1
    assert "xcp fence host-a" in " ".join(result.text.split())
    machines = site.machines()
    assert ("host-b", "running") in machines["web-2"]
    assert machines["web-3"] == [("host-b", "running")]
    assert ("host-b", "running") not in machines["web-1"]

    fenced = site.run("fence", "host-a", "--until", "1h", "--auto-approve")
    assert fenced.code == 0, fenced.text
    after = site.apply("--timeout", "60s")
    assert ("host-b", "running") in site.machines()["web-1"], after.text


def test_a_fence_is_refused_while_the_host_answers(site: Site) -> None:
    assert site.apply().code == 0

    refused = site.run("fence", "host-a", "--until", "1h", "--auto-approve")

    assert refused.code == 1
    assert "host-a answers" in refused.err
    assert site.run("fence", "host-c", "--until", "1h", "--auto-approve").code == 1
    assert site.run("fence", "host-a").code == 1


def test_a_wrong_uri_is_told_in_words(site: Site) -> None:
    site.write("lab.yaml", pool(endpoint="http://nowhere/"))

    result = site.apply()

    assert result.code == 1
    assert "it begins with sim:" in result.text
    assert "lab.yaml:4" in result.text
    assert "Traceback" not in result.text


def test_refused_tls_is_told_in_words(site: Site) -> None:
    site.write("lab.yaml", pool(endpoint="sim:world.db?tls=refused"))
    site.write("web.yaml", machine("web-1"))

    result = site.apply("--timeout", "20s")

    assert result.code == 1
    assert "certificate" in result.text or "TLS" in result.text
    assert "Traceback" not in result.text


def test_a_full_disk_of_the_hypervisor_stops_one_volume_and_no_other(site: Site) -> None:
    form = (
        "apiVersion: xcp.dev/v1alpha1\nkind: Volume\nmetadata: {{name: {name}}}\n"
        "spec: {{storageRef: {{name: shared}}, size: {size}, format: Raw}}\n"
    )
    site.write("volumes.yaml", documents(form.format(name="big", size="16Ti"), form.format(name="small", size="100Mi")))

    result = site.apply("--timeout", "30s")

    assert result.code == 1
    assert "no space left" in " ".join(result.text.split())
    assert [name.split("-")[0] for name in _volumes(site)] == ["small"]


def test_an_image_that_is_missing_or_wrong_makes_no_volume(site: Site) -> None:
    image = b"an image\n" * 1000
    (site.folder / "good.raw").write_bytes(image)
    digest = hashlib.sha256(image).hexdigest()
    form = (
        "apiVersion: xcp.dev/v1alpha1\nkind: Volume\nmetadata: {{name: {name}}}\n"
        'spec: {{storageRef: {{name: shared}}, format: Raw, source: {{file: {file}, sha256: "{digest}"}}}}\n'
    )
    site.write(
        "volumes.yaml",
        documents(
            form.format(name="good", file="good.raw", digest=digest),
            form.format(name="missing", file="missing.raw", digest=digest),
            form.format(name="wrong", file="good.raw", digest="0" * 64),
        ),
    )

    result = site.apply("--timeout", "30s")

    text = " ".join(result.text.split())
    assert result.code == 1
    assert "missing.raw" in text
    assert digest in text
    assert [name.split("-")[0] for name in _volumes(site)] == ["good"]


def _volumes(site: Site) -> list[str]:
    return sorted({volume["name"] for host in site.world()["hosts"] for volume in host["volumes"]})


def test_a_full_disk_of_the_store_is_told_and_changes_nothing(site: Site) -> None:
    site.write("web.yaml", documents(volume("data"), machine("web-1")))
    site.state.parent.mkdir()
    site.state.parent.chmod(0o700)
    limited = site.start("apply", "-f", ".", "--auto-approve", first=_small_files)
    out, err = limited.communicate(timeout=60)

    assert limited.returncode == 1, out + err
    assert "Traceback" not in err
    assert site.apply().code == 0
    site.plan_is_empty()


def _small_files() -> None:
    import resource  # noqa: PLC0415 - in the child alone
    import signal  # noqa: PLC0415 - the same

    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, 40_000))
