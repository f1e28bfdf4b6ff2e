"""Forms: filled by an agent, described as a template, filled from a stored template."""

import base64
import json
import urllib.request
from typing import Any

from world import World, data_url, result

WORDS = "Full name: Ada Byron\nPhone: 555 1234\nAccount type: savings"


async def run(world: World) -> dict[str, Any]:
    edit = getattr(world.working, "edit", None)
    form = world.pdf.parent / "form.pdf"
    facts: dict[str, Any] = {"agent": "absent", "documents": "absent", "templates": "absent"}
    if hasattr(edit, "agent"):
        facts["agent"] = told(await result(edit.agent.fill(instructions=WORDS, document=form, color="#000080")))
    if hasattr(getattr(world.working, "documents", None), "edit"):
        facts["documents"] = told(await result(world.working.documents.edit(instructions=WORDS, document=form)))
    if hasattr(edit, "templates"):
        found = await result(edit.templates.generate(document=form))
        fields = [field.model_dump(mode="json") for field in found.form_schema.form_fields]
        template = stored(world, form.read_bytes(), fields)
        filled = await result(edit.templates.fill(template_id=template["id"], instructions=WORDS))
        facts["templates"] = {
            "field_count": found.field_count,
            "listed": len(fields),
            "annotated": beginning(found.annotated_pdf),
            "filled": told(filled),
            "resource": await resource(edit.templates, template) if hasattr(edit.templates, "get") else "absent",
        }
    return facts


def stored(world: World, form: bytes, fields: list[Any]) -> dict[str, Any]:
    """No version of the SDK can create a template, so this asks by itself."""
    document = {"filename": "form.pdf", "url": data_url("application/pdf", form)}
    body = json.dumps({"name": "Form", "document": document, "form_fields": fields}).encode()
    url = world.working_url + "/v1/edit/templates"
    request = urllib.request.Request(url, body, {"Content-Type": "application/json", "Api-Key": "any"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


async def resource(templates: Any, template: dict[str, Any]) -> dict[str, Any]:
    """What the template resource gives, as the SDK's models see it."""
    got = await result(templates.get(template["id"]))
    listed = await result(templates.list(limit=10))
    copy = await result(templates.duplicate(template["id"]))
    await result(templates.delete(copy.id))
    return {
        # 0.0.96 counts no fields.
        "same": got.name == template["name"] and getattr(got, "field_count", 6) == template["field_count"],
        "listed": template["id"] in [found["id"] for found in listed.data],
        "copy": copy.name,
    }


def told(answer: Any) -> dict[str, Any]:
    fields = answer.form_data
    boxes = [field.bbox for field in fields]
    inside = all(0 <= b.left <= b.left + b.width <= 1.001 and 0 <= b.top <= b.top + b.height <= 1.001 for b in boxes)
    return {
        "values": sorted(field.value for field in fields if field.value),
        "inside": inside and all(b.page == 1 for b in boxes),
        "file": beginning(answer.filled_document),
    }


def beginning(document: Any) -> str:
    return base64.b64decode(document.url.split(",", 1)[1])[:5].decode()
