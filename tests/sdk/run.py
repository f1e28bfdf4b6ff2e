"""Drives the installed SDK against two servers and prints what it saw, as JSON.

    run.py sync|async WORKING_URL IDLE_URL PDF

The test in tests/it/sdk.rs starts the servers and judges what is printed.
"""

import asyncio
import json
import sys
from pathlib import Path

import direct
import lifecycle
import listing
import refusals
import session
from world import World, version

# Listing goes first: it counts on finding only its own jobs.
SCENARIOS = {
    "listing": listing.run,
    "session": session.run,
    "waiting": session.waiting,
    "large": session.large,
    "lifecycle": lifecycle.run,
    "refusals": refusals.run,
    "direct": direct.run,
}


async def main(mode: str, working_url: str, idle_url: str, pdf: str) -> None:
    world = World(mode, working_url, idle_url, Path(pdf))
    facts = {"version": version()}
    for name, scenario in SCENARIOS.items():
        facts[name] = await scenario(world)
    json.dump(facts, sys.stdout)


asyncio.run(main(*sys.argv[1:]))
