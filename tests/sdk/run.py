"""Drives both clients of the installed SDK against servers and prints what it saw, as JSON.

    run.py PDF SYNC_WORKING_URL SYNC_IDLE_URL ASYNC_WORKING_URL ASYNC_IDLE_URL

The test in tests/it/sdk.rs starts the servers, two for each kind of client, and judges what
is printed. Both kinds run in one process, because the SDK takes seconds to import.
"""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import direct
import forms
import lifecycle
import listing
import refusals
import session
import understanding
from world import World, version

# Listing goes first: it counts on finding only its own jobs.
SCENARIOS = {
    "listing": listing.run,
    "session": session.run,
    "readme": session.readme,
    "waiting": session.waiting,
    "large": session.large,
    "lifecycle": lifecycle.run,
    "refusals": refusals.run,
    "direct": direct.run,
    "understanding": understanding.run,
    "forms": forms.run,
}


async def drive(world: World) -> dict[str, Any]:
    facts: dict[str, Any] = {"version": version()}
    for name, scenario in SCENARIOS.items():
        facts[name] = await scenario(world)
    return facts


async def main(pdf: str, *urls: str) -> None:
    worlds = {"sync": World("sync", *urls[:2], Path(pdf)), "async": World("async", *urls[2:], Path(pdf))}
    json.dump({mode: await drive(world) for mode, world in worlds.items()}, sys.stdout)


asyncio.run(main(*sys.argv[1:]))
