"""What is refused, with which exception, and whether a person can read why."""

from typing import Any

from world import PARSE, World, refusal, result, text_document

UNKNOWN = "job_01ARZ3NDEKTSV4RRFFQ69G5FAV"


async def run(world: World) -> dict[str, Any]:
    client = world.idle
    good = text_document("a.txt", "a")
    before = len((await result(client.jobs.list(limit=100))).data)

    async def create(endpoint: Any = PARSE, request: Any = good, metadata: Any = None) -> Any:
        return await refusal(
            lambda: client.jobs.create(endpoint=endpoint, request=request, metadata=metadata)
        )

    facts = {
        "unknown_job": await refusal(lambda: client.jobs.retrieve(UNKNOWN)),
        "odd_job_id": await refusal(lambda: client.jobs.retrieve("nonsense")),
        "cancel_unknown": await refusal(lambda: client.jobs.cancel(UNKNOWN)),
        "unknown_endpoint": await create(endpoint="/v1/documents/translate"),
        "no_document": await create(request={"model": "retab-small"}),
        "document_of_wrong_type": await create(request={"document": "a.txt"}),
        "document_without_url": await create(request={"document": {"filename": "a.txt"}}),
        "too_many_pairs": await create(metadata={f"k{n}": "v" for n in range(17)}),
        "long_key": await create(metadata={"k" * 65: "v"}),
        "long_value": await create(metadata={"k": "v" * 513}),
        "metadata_not_text": await create(metadata={"k": 1}),
        "limit_too_high": await refusal(lambda: client.jobs.list(limit=101)),
        "limit_too_low": await refusal(lambda: client.jobs.list(limit=0)),
        "status_unknown": await refusal(lambda: client.jobs.list(status="running")),
        "after_unknown": await refusal(lambda: client.jobs.list(after=UNKNOWN)),
    }
    if hasattr(client.jobs, "retry"):
        facts |= {
            "retry_unknown": await refusal(lambda: client.jobs.retry(UNKNOWN)),
            "order_unknown": await refusal(lambda: client.jobs.list(order="newest")),
            "date_malformed": await refusal(lambda: client.jobs.list(from_date="1.1.2026")),
        }
    # The largest that is allowed still is, and what was refused has left no trace.
    widest = {f"{n:064}": "é" * 512 for n in range(16)}
    kept = await result(client.jobs.create(endpoint=PARSE, request=good, metadata=widest))
    after = len((await result(client.jobs.list(limit=100))).data)
    return {"refusals": facts, "stored": after - before, "widest_kept": kept.metadata == widest}
