"""Listings: every filter, and pages that together are the whole, in both orders."""

import datetime
from typing import Any

from world import PARSE, World, result, text_document

JOBS = 11


async def fill(world: World) -> list[str]:
    """Jobs that differ in everything a filter may ask for; oldest first."""
    ids = []
    for n in range(JOBS):
        name, kind = [("invoice", "pdf"), ("letter", "txt"), ("report", "csv")][n % 3]
        request = text_document(f"{name}-{n}.{kind}", f"document {n}")
        request["model"] = "retab-large" if n % 2 else "retab-small"
        metadata = {"n": str(n), "parity": "odd" if n % 2 else "even", "ключ": "b 1 é"}
        if n == 4:
            metadata |= {"workflow_id": "flow-1", "workflow_node_id": "node-1", "block_id": "node-1"}
        job = await result(
            world.idle.jobs.create(endpoint=PARSE, request=request, metadata=metadata)
        )
        ids.append(job.id)
    await result(world.idle.jobs.cancel(ids[2]))
    return ids


async def pages(client: Any, **arguments: Any) -> tuple[list[str], list[bool]]:
    """The ids of all pages, and what each page said about there being more."""
    ids, more, after = [], [], None
    while len(more) < JOBS + 1:
        page = await result(client.jobs.list(after=after, **arguments))
        ids += [job.id for job in page.data]
        more.append(page.has_more)
        if not page.has_more:
            break
        assert page.last_id == page.data[-1].id and page.first_id == page.data[0].id
        after = page.last_id
    return ids, more


async def run(world: World) -> dict[str, Any]:
    client = world.idle
    empty = await result(client.jobs.list())
    facts: dict[str, Any] = {
        "empty": [len(empty.data), empty.has_more, empty.first_id, empty.last_id]
    }
    ids = await fill(world)

    newest_first = ids[::-1]
    walks = {"default": ({"limit": 3}, newest_first), "exact": ({"limit": JOBS}, newest_first)}
    if has_filters(client):
        walks["ascending"] = ({"limit": 4, "order": "asc"}, ids)
        walks["descending"] = ({"limit": 1, "order": "desc"}, newest_first)
    for name, (arguments, expected) in walks.items():
        found, more = await pages(client, **arguments)
        facts[f"pages_{name}"] = found == expected
        facts[f"more_{name}"] = more[-1] is False and all(more[:-1])

    def places(page: Any) -> list[int]:
        return [ids.index(job.id) for job in page.data]

    async def found(**arguments: Any) -> list[int]:
        return places(await result(client.jobs.list(**arguments)))

    facts["status"] = await found(status="cancelled")
    facts["status_queued"] = await found(status="queued", limit=100)
    light = await result(client.jobs.list(limit=1))
    facts["light"] = [light.data[0].request in ({}, None), light.data[0].response]
    if not has_filters(client):
        return facts | {"filters": "absent"}
    return facts | {"filters": await filters(client, ids, found)}


def has_filters(client: Any) -> bool:
    return hasattr(client.jobs, "retry")


async def filters(client: Any, ids: list[str], found: Any) -> dict[str, Any]:
    today = datetime.datetime.now(datetime.UTC).date()
    # The test may run across midnight.
    yesterday, tomorrow = (str(today + datetime.timedelta(days=n)) for n in (-1, 1))
    asc: dict[str, Any] = {"order": "asc", "limit": 100}
    page = await found(**asc)
    node = "workflow_node_id"
    try:
        by_node = await found(**asc, workflow_node_id="node-1")
    except TypeError:
        node = "workflow_block_id"
        by_node = await found(**asc, workflow_block_id="node-1")
    full = await result(
        client.jobs.list(**asc, id=ids[1], include_request=True, include_response=True)
    )
    return {
        "node_parameter": node,
        "all": page,
        "before_ascending": await found(order="asc", limit=3, before=ids[6]),
        "before_descending": await found(order="desc", limit=3, before=ids[6]),
        "id": await found(**asc, id=ids[5]),
        "id_of_none": await found(**asc, id="job_01ARZ3NDEKTSV4RRFFQ69G5FAV"),
        "endpoint": await found(**asc, endpoint=PARSE),
        "endpoint_of_none": await found(**asc, endpoint="/v1/documents/split"),
        "source_api": await found(**asc, source="api"),
        "source_workflow": await found(**asc, source="workflow"),
        "source_project": await found(**asc, source="project"),
        "project_id": await found(**asc, project_id="project_1"),
        "workflow_id": await found(**asc, workflow_id="flow-1"),
        "workflow_node_id": by_node,
        "model": await found(**asc, model="retab-large"),
        "filename_contains": await found(**asc, filename_contains="voice-"),
        "filename_regex": await found(**asc, filename_regex="^letter-1"),
        "filename_regex_plain": await found(**asc, filename_regex="report-8"),
        "document_type": await found(**asc, document_type=["pdf"]),
        "document_types": await found(**asc, document_type=["pdf", "csv"]),
        "from_date": await found(**asc, from_date=yesterday),
        "from_tomorrow": await found(**asc, from_date=str(today + datetime.timedelta(days=2))),
        "to_date": await found(**asc, to_date=tomorrow),
        "to_past": await found(**asc, to_date=str(today - datetime.timedelta(days=2))),
        "metadata": await found(**asc, metadata={"parity": "odd"}),
        "metadata_pairs": await found(**asc, metadata={"n": "4", "ключ": "b 1 é"}),
        "metadata_of_none": await found(**asc, metadata={"n": "4", "parity": "odd"}),
        "several": await found(
            **asc, model="retab-large", status="queued", metadata={"parity": "odd"},
            document_type=["txt"], source="api", endpoint=PARSE, from_date=yesterday,
        ),
        "included_request": full.data[0].request["document"]["filename"],
    }
