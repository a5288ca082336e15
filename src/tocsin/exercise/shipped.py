"""Scenarios that come with Tocsin, by their names."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from tocsin.exercise.errors import ScenarioFaultyError
from tocsin.exercise.rules.scenario import parse_scenario


@cache
def shipped() -> Mapping[str, Mapping[str, Any]]:
    """The tables of each, by the name of its file."""
    folder = files("tocsin.exercise") / "scenarios"
    found = sorted((each for each in folder.iterdir() if each.name.endswith(".toml")), key=lambda each: each.name)
    return {each.name.removesuffix(".toml"): parse_scenario(each.read_bytes()) for each in found}


def scenario_named(name: str) -> Mapping[str, Any]:
    """One of them; raises ``ScenarioFaultyError``."""
    if name not in shipped():
        raise ScenarioFaultyError(field="scenario", rule=f"one of {', '.join(shipped())}, or a file")
    return shipped()[name]
