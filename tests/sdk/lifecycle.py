"""Cancel and retry, from the states that allow them and those that do not."""

from typing import Any

from session import polled
from world import PARSE, World, document, refusal, result, text_document


async def run(world: World) -> dict[str, Any]:
    client = world.idle
    job = await result(client.jobs.create(endpoint=PARSE, request=text_document("a.txt", "a")))
    cancelled = await result(client.jobs.cancel(job.id))
    facts: dict[str, Any] = {
        "same_id": cancelled.id == job.id,
        "cancelled": cancelled.status,
        "cancel_is_timed": cancelled.completed_at is not None,
        "cancel_leaves": [cancelled.response, cancelled.error],
        "cancel_again": await refusal(lambda: client.jobs.cancel(job.id)),
        "failed": await failed(world),
    }
    if not hasattr(client.jobs, "retry"):
        return facts | {"retry": "absent"}
    retried = await result(client.jobs.retry(job.id))
    facts["retry"] = {
        "same_id": retried.id == job.id,
        "status": retried.status,
        "cleared": [retried.started_at, retried.completed_at, retried.error, retried.response],
        "expiry_kept_or_later": retried.expires_at >= job.expires_at,
        "again": await refusal(lambda: client.jobs.retry(job.id)),
    }
    return facts


async def failed(world: World) -> dict[str, Any]:
    """A document that cannot be read gives a failed job that can be looked at and retried."""
    client = world.working
    request = document("broken.pdf", "application/pdf", b"%PDF-1.7\nno pages here")
    job = await result(client.jobs.create(endpoint=PARSE, request=request))
    job, _ = await polled(client, job)
    facts = {
        "status": job.status,
        "code": job.error.code,
        "message": job.error.message,
        "response": job.response,
        "cancel": await refusal(lambda: client.jobs.cancel(job.id)),
    }
    if hasattr(client.jobs, "retry"):
        retried = await result(client.jobs.retry(job.id))
        facts["retried"] = [retried.id == job.id, retried.status in ("queued", "validating")]
        again, _ = await polled(client, retried)
        facts["again"] = [again.status, again.error.code == job.error.code]
    done = await result(client.jobs.create(endpoint=PARSE, request=text_document("a.txt", "a")))
    done, _ = await polled(client, done)
    facts["cancel_completed"] = await refusal(lambda: client.jobs.cancel(done.id))
    if hasattr(client.jobs, "retry"):
        facts["retry_completed"] = await refusal(lambda: client.jobs.retry(done.id))
    return facts
