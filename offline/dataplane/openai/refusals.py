"""How a model refuses the arguments of a request: in OpenAI's own shape, which is no law of Azure's."""

from offline.arm.errors import ArmError


def argument(
    message: str, *, param: str | None = None, code: str | None = None, status: int = 400
) -> ArmError:
    """`{"error": {"message", "type", "param", "code"}}`"""
    extra = {"type": "invalid_request_error", "param": param, "code": code}
    return ArmError(status, code or "", message, extra=extra)
