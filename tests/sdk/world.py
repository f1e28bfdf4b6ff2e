"""The servers under test, and one way to call the sync and the async client."""

import base64
import importlib.metadata
import inspect
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from retab import AsyncRetab, Retab

PARSE = "/v1/documents/parse"
TERMINAL = ("completed", "failed", "cancelled", "expired")


def version() -> tuple[int, ...]:
    return tuple(int(part) for part in importlib.metadata.version("retab").split("."))


def data_url(media_type: str, data: bytes) -> str:
    return f"data:{media_type};base64,{base64.b64encode(data).decode()}"


def document(filename: str, media_type: str, data: bytes) -> dict[str, Any]:
    return {"document": {"filename": filename, "url": data_url(media_type, data)}}


def text_document(filename: str, text: str) -> dict[str, Any]:
    return document(filename, "text/plain", text.encode())


@dataclass(frozen=True)
class World:
    """`working_url` runs jobs; `idle_url` takes them and never does."""

    mode: str
    working_url: str
    idle_url: str
    pdf: Path

    def client(self, base_url: str) -> Any:
        kind = AsyncRetab if self.mode == "async" else Retab
        return kind(api_key="any value will do", base_url=base_url)

    @property
    def working(self) -> Any:
        return self.client(self.working_url)

    @property
    def idle(self) -> Any:
        return self.client(self.idle_url)


async def result(call: Any) -> Any:
    """What a call of either client gives: the async one hands out something to await."""
    return await call if inspect.isawaitable(call) else call


async def refusal(call: Any) -> dict[str, Any]:
    """How a call of either client fails; `call` is a function, for the sync client fails at once."""
    try:
        answer = await result(call())
    except Exception as error:  # noqa: BLE001 - which one it is is what the test asks
        return describe(error)
    return {"accepted": repr(answer)[:300]}


def describe(error: Exception) -> dict[str, Any]:
    text = str(error)
    facts = {
        "type": type(error).__name__,
        "is_runtime_error": isinstance(error, RuntimeError),
        "text": text,
        "status": getattr(error, "status_code", None),
        "code": getattr(error, "code", None),
        "message": getattr(error, "message", None),
        "request_id": getattr(error, "request_id", None),
    }
    if facts["status"] is None and "{" in text:
        # Older clients put the whole body into the text: "Request failed (404): {…}".
        facts["status"] = int(text.split("(", 1)[1].split(")", 1)[0])
        detail = json.loads(text[text.index("{") :])["detail"]
        facts["code"], facts["message"] = detail["code"], detail["message"]
    return facts
