"""Embeddings: unit vectors that depend on the text and the model alone."""

import base64
import hashlib
import math
import random
import struct

from offline.arm.errors import JSON
from offline.arm.models import Model
from offline.dataplane.openai.words import count


def embed(body: JSON, inputs: list[str | list[int]], model: Model) -> JSON:
    """The answer to a valid request."""
    wanted = body.get("dimensions")
    dimensions = wanted if isinstance(wanted, int) else model.dimensions
    as_text = body.get("encoding_format") == "base64"
    tokens = sum(count(item) if isinstance(item, str) else len(item) for item in inputs)
    return {
        "object": "list",
        "data": [
            {
                "object": "embedding",
                "index": index,
                "embedding": _packed(vector) if as_text else vector,
            }
            for index, vector in enumerate(_vector(str(item), model, dimensions) for item in inputs)
        ],
        "model": model.name,
        "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
    }


def _vector(text: str, model: Model, dimensions: int) -> list[float]:
    seed = hashlib.sha256(f"{model.key}\n{text}".encode()).digest()
    source = random.Random(seed)  # noqa: S311 - the same text has to get the same vector
    raw = [source.gauss(0, 1) for _ in range(dimensions)]
    length = math.sqrt(sum(value * value for value in raw))
    return [value / length for value in raw]


def _packed(vector: list[float]) -> str:
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()
