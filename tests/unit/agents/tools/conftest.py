"""Agents of two groups on one desk."""

import pytest

from tests.unit.agents.tools.world import FAMILY, MAIN, Agent, World, agent_of, make_world


@pytest.fixture
def world() -> World:
    return make_world()


@pytest.fixture
def main(world: World) -> Agent:
    return agent_of(world, MAIN)


@pytest.fixture
def family(world: World) -> Agent:
    return agent_of(world, FAMILY)
