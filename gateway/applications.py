"""Who may call the gateway: the key of each application, checked by LiteLLM through `custom_auth`.

Runs inside LiteLLM, from a folder on its PYTHONPATH, and so needs nothing but LiteLLM itself. `applications.json`, in
the same folder, says which applications there are; their keys are in the environment, and come there from Key Vault.

Which models a key opens and how many calls a minute is left to LiteLLM's own checks (`custom_auth_run_common_checks`
and `enable_post_custom_auth_checks`; seen with 1.106.2 over every kind of call). Each replica counts for itself.
"""

import hashlib
import hmac
import json
import os
from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from fastapi import Request
from litellm.proxy._types import LitellmUserRoles, ProxyException, UserAPIKeyAuth

ADMINISTRATOR: Final = "administrator"
"""Who holds the master key, in the log."""

caller: ContextVar[str | None] = ContextVar("caller", default=None)
"""Whose request is being served: LiteLLM's own account of it is lost when one of its checks refuses."""


class NoKey(ProxyException):  # type: ignore[misc]  # LiteLLM has no types here
    """A call without a key."""


class WrongKey(ProxyException):  # type: ignore[misc]
    """A key that is nobody's, or was revoked."""


@dataclass(frozen=True)
class Application:
    """An application and what its key opens."""

    name: str
    models: tuple[str, ...]
    """Aliases; all when empty."""
    requests_per_minute: int | None


class Keys:
    """Every key that opens the gateway, as digests of equal length.

    :raises RuntimeError: an environment variable that should hold a key is missing or empty.
    """

    def __init__(self, applications: Sequence[Mapping[str, Any]], environment: Mapping[str, str]) -> None:
        self._master = _digest(_key(environment, "LITELLM_MASTER_KEY"))
        self._applications = [
            (_digest(_key(environment, variable)), application)
            for entry in applications
            for application in [_application(entry)]
            for variable in entry["keyVariables"]
        ]

    def is_master(self, given: str) -> bool:
        return hmac.compare_digest(self._master, _digest(given))

    def whose(self, given: str) -> Application | None:
        """The application that a key belongs to. Every key is compared, and each in constant time: how long it takes
        tells nothing of any of them."""
        digest = _digest(given)
        found = None
        for known, application in self._applications:
            if hmac.compare_digest(known, digest):
                found = application
        return found


def _application(entry: Mapping[str, Any]) -> Application:
    return Application(entry["name"], tuple(entry["models"]), entry.get("requestsPerMinute"))


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()


def _key(environment: Mapping[str, str], variable: str) -> str:
    key = environment.get(variable)
    if not key:
        raise RuntimeError(f"{variable} is not set: the key of an application has not come from Key Vault")
    return key


_KEYS: Final = Keys(
    json.loads(Path(__file__).with_name("applications.json").read_text())["applications"], os.environ
)


async def authenticate(request: Request, api_key: str | None) -> UserAPIKeyAuth:
    """What LiteLLM asks about every call.

    :param api_key: as the caller sent it, in whichever header: the official clients of OpenAI, Azure OpenAI and
        Anthropic each have one of their own.
    :raises NoKey: 401.
    :raises WrongKey: 401; both in the form that those clients understand.
    """
    given = (api_key or "").removeprefix("Bearer ").strip()
    if not given:
        raise _refusal(NoKey, "No API key was sent")
    application = _KEYS.whose(given)
    if application is not None:
        caller.set(application.name)
        return UserAPIKeyAuth(
            # LiteLLM counts by this, and writes it into its log: a name, and never the key.
            api_key=f"application-{application.name}",
            key_alias=application.name,
            models=list(application.models),
            rpm_limit=application.requests_per_minute,
            # Calls of models, and the list of those that it may call; no administration, no probing of models.
            allowed_routes=["llm_api_routes"],
            user_role=LitellmUserRoles.INTERNAL_USER,
        )
    if _KEYS.is_master(given):
        caller.set(ADMINISTRATOR)
        return UserAPIKeyAuth(
            api_key=ADMINISTRATOR, key_alias=ADMINISTRATOR, user_role=LitellmUserRoles.PROXY_ADMIN
        )
    raise _refusal(WrongKey, "The API key is wrong, or was revoked")


def _refusal(kind: type[ProxyException], why: str) -> ProxyException:
    return kind(
        message=f"{why}. Send the key of an application of this gateway as `Authorization: Bearer KEY`.",
        type="invalid_request_error",
        param=None,
        code=401,
        openai_code="invalid_api_key",
    )
