"""Running the demo: build the town, play the story, write the proof, play the month, audit, stay up or stop."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from datetime import timedelta
from pathlib import Path

from tocsin.node.demo import month as months
from tocsin.node.demo.story import NINE_HOURS, Story, Teller
from tocsin.node.demo.town import Town

FOLDER = Path("var/demo")


def run(*, once: bool, month: bool, folder: Path = FOLDER, say: Callable[[str], None] = print) -> int:
    """Play the story; 0 when every step of it held. Without ``once`` the nodes stay up until Ctrl-C.

    With ``month`` the town begins thirty days ago, and when the story is told its desks work through them.
    """
    folder = folder.absolute()
    town, tell = Town(folder), Teller(folder=folder, say=say)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    try:
        town.build(lambda words: tell.step(words, who="all"))
        back = months.begin(town) if month else timedelta(0)
        requests = Story(town, tell, back=back).play()
        proof = _prove(town, tell, requests)
        for member in town.houses:
            town.wait_desk(member)
        tell.step("the desks of all four nodes are open", who="all")
        tell.keep(requests=requests, proof=proof, seconds=_since(tell), passed=True)
        say(f"\nThe story held, in {time.monotonic() - tell.begun:.1f} s. {folder / 'summary.json'} has every step.")
        say(f"The proof bundle lies in {proof['bundle']}. Anybody checks it with:\n\n  {proof['check']}\n")
        if not once:
            _tell_doors(town, say)
        if month:
            played = months.Month(town, say, timedelta(seconds=NINE_HOURS) - back).play()
            _audit(town)
            tell.step("an EXERCISE month was played; tocsin journal audit passes on all four nodes", who="all")
            tell.keep(requests=requests, proof=proof, month=played, seconds=_since(tell), passed=True)
        if not once:
            _stay(town)
    except KeyboardInterrupt:
        return 130
    except Exception as error:  # noqa: BLE001 - whatever failed is told, and the demo has failed
        tell.keep(failed=f"{type(error).__name__}: {error}", passed=False)
        say(f"\nThe demo failed: {type(error).__name__}: {error}\nThe nodes' logs lie in {folder}.")
        return 1
    else:
        return 0
    finally:
        town.close()


def _prove(town: Town, tell: Teller, requests: dict[str, str]) -> dict[str, str]:
    """Every journal audits clean; the bundle of the request for the data checks out without us."""
    _audit(town)
    tell.step("tocsin journal audit passes on all four nodes", who="all")
    bundle = town.folder / "proof"
    _in_each(town, ("ro", "pt"), "wire", "ask-witnesses")
    tell.step("the other nodes cosign the journals of both States", who="all")
    token = town.houses["ro"].tokens["Ioana Exemplu"]
    _in_each(town, ("ro",), "request", "bundle", requests["stored_data"], str(bundle), token=token)
    anchor = town.folder / "1.root.json"
    check = [sys.executable, "-m", "tocsin.proof", str(bundle), "--anchor", str(anchor)]
    checked = subprocess.run(check, capture_output=True, text=True, check=False)
    (town.folder / "proof.txt").write_text(checked.stdout)
    if checked.returncode:
        raise RuntimeError(f"the bundle does not verify:\n{checked.stdout}{checked.stderr}")
    tell.step("the proof bundle verifies from the directory's root alone (proof.txt)", who="ro")
    return {"bundle": str(bundle), "check": f"tocsin verify {bundle} --anchor {anchor}"}


def _audit(town: Town) -> None:
    _in_each(town, town.houses, "journal", "audit")


def _since(tell: Teller) -> float:
    return round(time.monotonic() - tell.begun, 2)


def _in_each(town: Town, members: Iterable[str], *words: str, token: str = "") -> None:
    """Run a command at these nodes, side by side."""
    running = [(member, town.command(member, *words, output=_output(town, member), token=token)) for member in members]
    for member, command in running:
        if command.wait():
            said = _output(town, member).read_text()[-2000:]
            raise RuntimeError(f"tocsin {' '.join(words)} at {member}: {said}")


def _output(town: Town, member: str) -> Path:
    return town.folder / "nodes" / f"{member}.commands.log"


def _tell_doors(town: Town, say: Callable[[str], None]) -> None:
    say("The nodes stay up until Ctrl-C. Each has its API pages at:")
    for house in town.houses.values():
        who = next(iter(house.tokens))
        say(f"  {house.member:14} {house.endpoint}/api/docs   token of {who}: {house.tokens[who]}")
    say("\nTheir desks are open in a browser. Sign in with name and password, then with a code (each works once):")
    for house in town.houses.values():
        say(f"  {house.desk_address}")
        for who, account in house.accounts.items():
            codes = " ".join(account["codes"][:3])
            say(f"    {who:18} name {account['name']}   password {account['password']}   codes {codes}")


def _stay(town: Town) -> None:
    while all(house.process is not None and house.process.poll() is None for house in town.houses.values()):
        time.sleep(0.5)
