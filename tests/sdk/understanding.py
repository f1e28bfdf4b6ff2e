"""Extract, projects, classify, split, schemas: what the client's own models make of the answers."""

from typing import Any

from world import World, result

SCHEMA = {
    "type": "object",
    "properties": {
        "invoice_number": {"type": "string"},
        "total": {"type": "number"},
        "iban": {"anyOf": [{"type": "string"}, {"type": "null"}]},
    },
    "required": ["invoice_number", "total", "iban"],
    "additionalProperties": False,
}
KINDS = [
    {"name": "invoice", "description": "asks for payment"},
    {"name": "contract", "description": "an agreement of several parties"},
]


async def run(world: World) -> dict[str, Any]:
    client = world.working
    if not hasattr(client, "documents"):
        return {"absent": True}
    pdf, model = world.pdf, "retab-small"
    extracted = await result(
        client.documents.extract(json_schema=SCHEMA, model=model, document=pdf, n_consensus=1)
    )
    classified = await result(
        client.documents.classify(document=pdf, categories=KINDS, model=model)
    )
    split = await result(client.documents.split(document=pdf, subdocuments=KINDS, model=model))
    schema = await result(client.schemas.generate(documents=[pdf], model=model))
    chosen = getattr(classified, "result", None) or classified.classification
    facts = {
        "extract": plain(extracted.choices[0].message.parsed),
        "classify": getattr(chosen, "classification", None) or chosen.category,
        "split": [[part.name, part.pages] for part in split.splits],
        "schema": sorted(schema["json_schema"]["properties"]),
        "project": await project(world),
    }
    if hasattr(client.documents, "generate_split_config"):
        config = await result(client.documents.generate_split_config(document=pdf, model=model))
        facts["config"] = [part.name for part in config.subdocuments]
    return facts


async def project(world: World) -> Any:
    client = world.working
    made = await result(client.projects.create(name="Bills", json_schema=SCHEMA))
    await result(client.projects.publish(made.id))
    extracted = await result(client.projects.extract(project_id=made.id, document=world.pdf))
    await result(client.projects.delete(made.id))
    return plain(extracted.choices[0].message.parsed)


def plain(parsed: Any) -> Any:
    """What was parsed, as a dictionary; None when the client did not accept it.

    JSON has one kind of number, and so have these facts.
    """
    values = parsed.model_dump() if hasattr(parsed, "model_dump") else parsed
    if not isinstance(values, dict):
        return values
    return {name: float(value) if type(value) is int else value for name, value in values.items()}
