"""The session of the README: a PDF goes in as a job, its text comes out."""

import asyncio
import os
import time
from typing import Any

from world import PARSE, TERMINAL, World, data_url, document, result, text_document


async def polled(client: Any, job: Any) -> tuple[Any, list[str]]:
    """The job once it has ended, found by plain `retrieve`, and the states seen on the way."""
    seen = [job.status]
    deadline = time.monotonic() + 60
    while job.status not in TERMINAL:
        if time.monotonic() > deadline:
            raise TimeoutError(f"{job.id} is still {job.status}")
        await asyncio.sleep(0.02)
        job = await result(client.jobs.retrieve(job.id))
        if job.status != seen[-1]:
            seen.append(job.status)
    return job, seen


async def run(world: World) -> dict[str, Any]:
    client = world.working
    url = data_url("application/pdf", world.pdf.read_bytes())
    request = {"document": {"filename": "two pages.pdf", "url": url}}
    metadata = {"batch": "b 1", "näme": "wörth ✓"}
    created = await result(
        client.jobs.create(endpoint=PARSE, request=request, metadata=metadata)
    )
    job, seen = await polled(client, created)
    facts = {
        "created": created.status,
        "seen": seen,
        "endpoint": job.endpoint,
        "text": job.response.body["text"],
        "pages": job.response.body["pages"],
        "page_count": job.response.body["usage"]["page_count"],
        "document": job.response.body["document"],
        "status_code": job.response.status_code,
        "metadata_returns": job.metadata == metadata and created.metadata == metadata,
        "lifetime_s": job.expires_at - job.created_at,
        "times_in_order": job.created_at <= job.started_at <= job.completed_at,
        "error": job.error,
    }
    if hasattr(client.jobs, "retrieve_full"):
        full = await result(client.jobs.retrieve_full(job.id))
        facts["light_request"] = job.request
    else:
        full = job
    facts["request_returns"] = full.request == request
    facts["response_returns"] = full.response == job.response
    return facts


async def waiting(world: World) -> dict[str, Any]:
    """`wait_for_completion` under its real argument names, to an end and to a time-out."""
    client, idle = world.working, world.idle
    if not hasattr(client.jobs, "wait_for_completion"):
        return {"absent": True}
    job = await result(client.jobs.create(endpoint=PARSE, request=text_document("a.txt", "wait")))
    ended = await result(
        client.jobs.wait_for_completion(job.id, poll_interval_seconds=0.05, timeout_seconds=60)
    )
    stuck = await result(idle.jobs.create(endpoint=PARSE, request=text_document("b.txt", "never")))
    try:
        waited = idle.jobs.wait_for_completion(
            stuck.id, poll_interval_seconds=0.05, timeout_seconds=0.3
        )
        timed_out = f"no: {(await result(waited)).status}"
    except TimeoutError:
        timed_out = "yes"
    return {"status": ended.status, "text": ended.response.body["text"], "timed_out": timed_out}


async def large(world: World) -> dict[str, Any]:
    """A document of 6 MiB, 8 MiB on the wire, comes back as it went in."""
    client = world.working
    # Behind the end of a PDF anything may stand; readers look for the end from the back, so
    # the weight goes in front of it, as a comment.
    head, tail = world.pdf.read_bytes().split(b"\n", 1)
    start = int(tail.rsplit(b"startxref\n", 1)[1].split(b"\n", 1)[0])
    weight = b"%" + os.urandom(6 * 1024 * 1024).replace(b"\n", b" ").replace(b"\r", b" ") + b"\n"
    # Offsets in the table are from the start of the file, so the weight stands behind the
    # objects and only the table moves.
    body, table = tail[: start - len(head) - 1], tail[start - len(head) - 1 :]
    moved = table.replace(b"startxref\n%d\n" % start, b"startxref\n%d\n" % (start + len(weight)))
    request = document("large.pdf", "application/pdf", head + b"\n" + body + weight + moved)
    job = await result(client.jobs.create(endpoint=PARSE, request=request))
    job, _ = await polled(client, job)
    if hasattr(client.jobs, "retrieve_full"):
        job = await result(client.jobs.retrieve_full(job.id))
    return {
        "status": job.status,
        "pages": len(job.response.body["pages"]) if job.response else None,
        "wire_bytes": len(request["document"]["url"]),
        "request_returns": job.request == request,
    }
