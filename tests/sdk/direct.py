"""What answers at once: a direct parse, the models; and the shapes a base URL may have."""

from typing import Any

from world import PARSE, World, result, text_document


async def run(world: World) -> dict[str, Any]:
    client = world.working
    facts: dict[str, Any] = {"bases": await bases(world)}
    if hasattr(client, "models"):
        models = await result(client.models.list())
        facts["models"] = [model.id for model in models]
    if hasattr(client, "documents"):
        parsed = await result(client.documents.parse(document=world.pdf, model="retab-small"))
        facts["parse"] = {
            "pages": parsed.pages,
            "text": parsed.text,
            "page_count": parsed.usage.page_count,
            "filename": parsed.document.filename,
            "mime_type": parsed.document.mime_type,
        }
    return facts


async def bases(world: World) -> dict[str, Any]:
    """People write the base URL with and without /v1, with and without a slash."""
    job = await result(
        world.working.jobs.create(endpoint=PARSE, request=text_document("a.txt", "a"))
    )
    facts = {}
    for suffix in ("", "/", "/v1", "/v1/"):
        client = world.client(world.working_url + suffix)
        found = await result(client.jobs.retrieve(job.id))
        page = await result(client.jobs.list(limit=1))
        facts[suffix] = found.id == job.id and len(page.data) == 1
    return facts
