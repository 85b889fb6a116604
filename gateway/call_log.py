"""A line of JSON for every call: which application, which model, how it ended. Prompts and answers are not in it.

A callback of LiteLLM (`litellm_settings.callbacks`), from a folder on its PYTHONPATH. In Azure the lines are in the
table ContainerAppConsoleLogs of the environment's workspace.
"""

import json
import sys
from datetime import datetime
from typing import Any

from applications import caller
from litellm.integrations.custom_logger import CustomLogger
from litellm.proxy._types import UserAPIKeyAuth


class CallLog(CustomLogger):  # type: ignore[misc]  # LiteLLM has no types here
    """Hears of every call once, at its end."""

    async def async_log_success_event(
        self, kwargs: dict[str, Any], response_obj: Any, start_time: datetime, end_time: datetime
    ) -> None:
        told = kwargs.get("standard_logging_object") or {}
        _write(
            status=200,
            application=(told.get("metadata") or {}).get("user_api_key_alias"),
            model=told.get("model_group"),
            deployment=told.get("model_id"),
            kind=told.get("call_type"),
            promptTokens=told.get("prompt_tokens"),
            completionTokens=told.get("completion_tokens"),
            cost=told.get("response_cost"),
            seconds=round((end_time - start_time).total_seconds(), 3),
        )

    async def async_post_call_failure_hook(
        self,
        request_data: dict[str, Any],
        original_exception: Exception,
        user_api_key_dict: UserAPIKeyAuth,
        traceback_str: str | None = None,
    ) -> None:
        status = str(
            getattr(original_exception, "status_code", None) or getattr(original_exception, "code", None)
        )
        _write(
            status=int(status) if status.isdigit() else None,
            application=user_api_key_dict.key_alias or caller.get(),
            model=request_data.get("model"),
            kind=user_api_key_dict.request_route,
            error=type(original_exception).__name__,
        )


def _write(**call: object) -> None:
    known = {name: value for name, value in call.items() if value is not None}
    sys.stdout.write(json.dumps({"message": "call", **known}) + "\n")
    sys.stdout.flush()


calls = CallLog()
