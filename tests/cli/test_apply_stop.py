"""Ctrl-C once and twice, and what a terminal shows."""

import os
import pty
import re
import select
import signal
import subprocess
import time

from tests.cli.pool_site import Site, documents, machine, pool


def _slow_site(site: Site) -> None:
    site.write("lab.yaml", pool(endpoint="sim:world.db?latency=300ms"))
    site.write("web.yaml", documents(*(machine(f"web-{number}") for number in range(12))))


def test_ctrl_c_once_ends_after_the_running_steps_and_the_same_command_goes_on(site: Site) -> None:
    _slow_site(site)
    with (site.folder / "progress.log").open("w") as log:
        process = site.start("apply", "-f", ".", "--auto-approve", stderr=log)
        site.wait_for(lambda: "create done" in _progress(site))
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=30)
    said = _progress(site)

    assert process.returncode == 1, said
    assert re.search(r"Stopping( after [1-9][0-9]* running steps?)?\. Left: [0-9]+ steps?; run the same", said)
    assert "stopped; run the same command to go on" in out
    assert "Traceback" not in said

    again = site.apply()
    assert again.code == 0, again.text
    assert len(site.machines()) == 12
    site.plan_is_empty()


def _progress(site: Site) -> str:
    return (site.folder / "progress.log").read_text()


def test_ctrl_c_twice_ends_now(site: Site) -> None:
    site.write("lab.yaml", pool(endpoint="sim:world.db?latency=2500ms"))
    site.write("web.yaml", machine("web-1"))
    with (site.folder / "progress.log").open("w") as log:
        process = site.start("apply", "-f", ".", "--auto-approve", stderr=log)
        site.wait_for(lambda: "done" in _progress(site))
        time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        began = time.monotonic()
        process.communicate(timeout=30)

    assert time.monotonic() - began < 2.0
    assert process.returncode == 1
    assert "Stopping" in _progress(site)
    assert "Traceback" not in _progress(site)
    site.write("lab.yaml", pool())
    again = site.apply()
    assert again.code == 0, again.text
    assert site.machines() == {"web-1": [("host-a", "running")]}
    site.plan_is_empty()


def test_a_terminal_asks_and_shows_a_table(site: Site) -> None:
    site.write("web.yaml", machine("web-1"))
    site.environment["TERM"] = "xterm"
    leader, follower = pty.openpty()
    process = site.start("apply", "-f", ".", stdin=follower, stdout=follower, stderr=follower)
    os.close(follower)
    shown = _read_until(leader, "[y/N]")
    os.write(leader, b"yes\n")
    shown += _read_until(leader, "changed")
    assert process.wait(30) == 0, shown

    assert "Apply this?" in shown
    assert "create, start" in shown
    assert "Ctrl-C stops" in shown
    assert site.machines() == {"web-1": [("host-a", "running")]}


def test_a_terminal_may_say_no(site: Site) -> None:
    site.write("web.yaml", machine("web-1"))
    leader, follower = pty.openpty()
    process = site.start("apply", "-f", ".", stdin=follower, stdout=follower, stderr=follower)
    os.close(follower)
    _read_until(leader, "[y/N]")
    os.write(leader, b"\n")
    shown = _read_until(leader, "Nothing was changed")

    assert process.wait(30) == 1
    assert "Nothing was changed" in shown
    assert not site.state.exists()


def test_ctrl_c_on_a_terminal(site: Site) -> None:
    _slow_site(site)
    site.environment["TERM"] = "xterm"
    leader, follower = pty.openpty()
    process = site.start(
        "apply",
        "-f",
        ".",
        "--auto-approve",
        stdin=follower,
        stdout=follower,
        stderr=follower,
        own_session=True,
        first=_take_terminal,
    )
    os.close(follower)
    shown = _read_until(leader, "#3")
    os.write(leader, b"\x03")
    shown += _read_until(leader, "run the same command to go on")
    _drain(leader, process)

    assert process.wait(30) == 1
    assert "Stopping" in shown


def _take_terminal() -> None:
    import fcntl  # noqa: PLC0415 - in the child alone
    import termios  # noqa: PLC0415 - the same

    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def _read_until(leader: int, words: str, timeout: float = 60.0) -> str:
    until = time.monotonic() + timeout
    shown = ""
    while words not in shown:
        assert time.monotonic() < until, f"`{words}` was not shown:\n{shown}"
        ready, _, _ = select.select([leader], [], [], 0.2)
        if ready:
            try:
                shown += os.read(leader, 1 << 16).decode(errors="replace")
            except OSError:
                break
    return shown


def _drain(leader: int, process: subprocess.Popen[str]) -> None:
    """A terminal that nobody reads stops whoever writes to it."""
    while process.poll() is None:
        ready, _, _ = select.select([leader], [], [], 0.2)
        if ready:
            try:
                os.read(leader, 1 << 16)
            except OSError:
                return
