"""A thin client of Azure: sign-in, retries and long-running operations the way azure-native's are.

Source: pulumi-azure-native `provider/pkg/azure/client_azcore.go`: retries connection errors, 408, 429, 5xx, and of
the conflicts only AnotherOperationInProgress, after 20, 60 and 120 s; polls a write every 10 s and a delete every
30 s unless the answer says otherwise.
"""

import asyncio
import base64
import contextlib
import json
import time
from collections.abc import AsyncIterator, Awaitable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlencode

import httpx

from offline.azure_native.errors import AzureError, CancelledError, TimedOutError

Body = dict[str, Any]
_Result = TypeVar("_Result")

RETRY_AFTER = (20.0, 60.0, 120.0)
POLL_WRITE = 10.0
POLL_DELETE = 30.0
RETRIED = frozenset({408, 429, 500, 502, 503, 504})
TERMINAL = frozenset({"succeeded", "failed", "canceled", "cancelled"})
VAULT_API = "7.4"
LONGEST = 7200.0
"""azure-native's own limit for one operation, where the program sets none (`custom_timeouts`)."""

SLACK = 300
"""A token is fetched again so many seconds before it expires."""


@dataclass(frozen=True, kw_only=True)
class Endpoints:
    """Where Azure is."""

    resource_manager: str = "https://management.azure.com"
    sign_in: str = "https://login.microsoftonline.com"
    vault: str = "https://{vault}.vault.azure.net"
    vault_audience: str = "https://vault.azure.net"


@dataclass(frozen=True, kw_only=True)
class SignIn:
    """A service principal, and the subscription that it works in."""

    tenant_id: str
    client_id: str
    client_secret: str
    subscription_id: str


class AcceptedError(Exception):
    """A write that Azure accepted did not come to a good end: there is something there, in some state."""

    def __init__(self, cause: Exception) -> None:
        super().__init__(str(cause))


class AzureClient:
    """One signed-in client, for any number of calls at a time.

    :param cancelled: once set, whatever waits ends with CancelledError.
    """

    def __init__(self, sign_in: SignIn, endpoints: Endpoints, cancelled: asyncio.Event) -> None:
        self.sign_in = sign_in
        self._endpoints = endpoints
        self._cancelled = cancelled
        self._http = httpx.AsyncClient(
            timeout=httpx.Timeout(300, connect=30),
            limits=httpx.Limits(max_connections=100, max_keepalive_connections=100),
            headers={"User-Agent": "pulumi-azure-native"},
        )
        self._tokens: dict[str, tuple[str, float]] = {}
        self._signing_in = asyncio.Lock()
        self._speed = 1.0

    @property
    def audience(self) -> str:
        """Whom the resource manager's tokens are for."""
        return self._endpoints.resource_manager

    async def close(self) -> None:
        await self._http.aclose()

    async def token(self, audience: str) -> str:
        """An access token, from the last sign-in while that lasts.

        :raises AzureError: the sign-in was refused.
        """
        async with self._signing_in:
            token, expires = self._tokens.get(audience, ("", 0.0))
            if expires - SLACK > time.time():
                return token
            answer = await self._retried(
                "POST",
                f"{self._endpoints.sign_in}/{self.sign_in.tenant_id}/oauth2/v2.0/token",
                form={
                    "grant_type": "client_credentials",
                    "client_id": self.sign_in.client_id,
                    "client_secret": self.sign_in.client_secret,
                    "scope": f"{audience}/.default",
                },
            )
            body = _object(answer)
            token = str(body["access_token"])
            self._tokens[audience] = (token, time.time() + float(body["expires_in"]))
            return token

    async def claims(self) -> Body:
        """What the resource manager's token says of who we are."""
        payload = (await self.token(self.audience)).split(".")[1]
        claims: Body = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return claims

    async def get(self, id: str, api_version: str) -> Body:
        """:raises AzureError: any answer but 200."""
        answer = await self._call("GET", self._url(id, api_version))
        return _object(answer) if answer.status_code == httpx.codes.OK else {}

    async def found(self, id: str, api_version: str) -> Body | None:
        """What an id is taken by, if it is. 204 is how some linking types say that it is not.

        :raises AzureError: Azure did not say.
        """
        try:
            return await self.get(id, api_version) or None
        except AzureError as error:
            if error.status == httpx.codes.NOT_FOUND:
                return None
            raise

    async def put(self, id: str, api_version: str, body: Body, *, at_most: float = 0) -> Body:
        """PUT, and wait until it is done; what Azure says at the end.

        :param at_most: how long to wait, in seconds of the wall clock; 0 is azure-native's own limit.
        :raises AzureError: refused.
        :raises TimedOutError: not even answered in time.
        :raises AcceptedError: accepted, and then failed, cancelled or not done in time.
        """
        url = self._url(id, api_version)
        accepted = False
        try:
            async with _in_time(at_most):
                answer = await self._call("PUT", url, body)
                accepted = True
                return await self._finished(answer, url, POLL_WRITE)
        except (AzureError, CancelledError, TimedOutError, httpx.HTTPError) as error:
            if not accepted:
                raise
            raise AcceptedError(error) from error

    async def delete(self, id: str, api_version: str, *, at_most: float = 0) -> None:
        """DELETE, and wait until it is done. What is gone already is no error.

        :raises AzureError: refused, or failed.
        :raises TimedOutError: not done in time.
        """
        url = self._url(id, api_version)
        with unless_missing():
            async with _in_time(at_most):
                answer = await self._call("DELETE", url)
                await self._finished(answer, None, POLL_DELETE)

    async def post(self, id: str, api_version: str, body: Body) -> Body:
        """An action, such as listKeys."""
        return _object(await self._call("POST", self._url(id, api_version), body))

    async def delete_secret(self, vault: str, name: str) -> None:
        """Delete a vault's secret in its data plane: the resource manager cannot.

        :raises AzureError: refused, for example by the vault's network rules.
        """
        url = f"{self._endpoints.vault.format(vault=vault)}/secrets/{name}?api-version={VAULT_API}"
        with unless_missing():
            await self._call("DELETE", url, audience=self._endpoints.vault_audience)

    def _url(self, id: str, api_version: str) -> str:
        return f"{self._endpoints.resource_manager}{id}?{urlencode({'api-version': api_version})}"

    async def _call(
        self, method: str, url: str, body: Body | None = None, *, audience: str | None = None
    ) -> httpx.Response:
        return await self._retried(method, url, body=body, audience=audience or self.audience)

    async def _retried(
        self,
        method: str,
        url: str,
        *,
        body: Body | None = None,
        form: Mapping[str, str] | None = None,
        audience: str | None = None,
    ) -> httpx.Response:
        """One call, again after a pause while that may help.

        :raises AzureError: the last answer, when it is no success.
        :raises httpx.HTTPError: the last failure to reach Azure at all.
        """
        for pause in (*RETRY_AFTER, None):
            try:
                token = await self.token(audience) if audience is not None else None
                answer = await self._http.request(
                    method,
                    url,
                    json=body,
                    data=form,
                    headers={"Authorization": f"Bearer {token}"} if token is not None else {},
                )
            except httpx.TransportError:
                if pause is None:
                    raise
                await self._pause(pause)
                continue
            self._speed = float(answer.headers.get("x-offline-speed", self._speed))
            if answer.is_success:
                return answer
            error = AzureError.of(answer.status_code, answer.text)
            again = error.status in RETRIED or error.code == "AnotherOperationInProgress"
            if pause is None or not again:
                raise error
            await self._pause(_told(answer) or pause)
        raise AssertionError("the last attempt returns or raises")

    async def _finished(self, answer: httpx.Response, url: str | None, every: float) -> Body:
        """Follow an operation to its end.

        :param url: what to read at the end; None after a delete.
        :raises AzureError: it failed; the code is in the operation's status.
        """
        operation = answer.headers.get("Azure-AsyncOperation")
        location = answer.headers.get("Location")
        if operation is not None:
            await self._poll_status(operation, answer, every)
        elif answer.status_code == httpx.codes.ACCEPTED and location is not None:
            while answer.status_code == httpx.codes.ACCEPTED:
                await self._before_next_look(answer, every)
                answer = await self._look(answer.headers.get("Location", location))
        elif url is not None:
            return await self._poll_body(url, answer, every)
        return {} if url is None else _object(await self._call("GET", url))

    async def _poll_status(self, operation: str, answer: httpx.Response, every: float) -> None:
        while True:
            await self._before_next_look(answer, every)
            answer = await self._look(operation)
            body = _object(answer)
            status = str(body.get("status", "Succeeded")).lower()
            if status == "succeeded":
                return
            if status in TERMINAL:
                raise AzureError.within(answer.status_code, body)

    async def _poll_body(self, url: str, answer: httpx.Response, every: float) -> Body:
        """Without an operation to ask, the resource's own provisioningState tells."""
        while True:
            body = _object(answer)
            properties = body.get("properties")
            state = properties.get("provisioningState") if isinstance(properties, Mapping) else None
            if state is None or str(state).lower() == "succeeded":
                return body
            if str(state).lower() in TERMINAL:
                raise AzureError(answer.status_code, "", f"the resource's provisioningState is {state}")
            await self._before_next_look(answer, every)
            answer = await self._look(url)

    async def _look(self, url: str) -> httpx.Response:
        return await self._unless_cancelled(self._call("GET", url))

    async def _before_next_look(self, answer: httpx.Response, every: float) -> None:
        milliseconds = answer.headers.get("x-ms-retry-after-ms") or answer.headers.get("retry-after-ms")
        if milliseconds is not None:
            # Only who knows how fast time goes here says it in milliseconds: that is real time.
            await self._wait(float(milliseconds) / 1000)
        elif (told := _told(answer)) is not None and "x-offline-speed" in answer.headers:
            await self._wait(told)
        else:
            await self._pause(told or every)

    async def _pause(self, azure_seconds: float) -> None:
        """Wait for Azure's seconds, which an offline Azure makes shorter."""
        await self._wait(azure_seconds / self._speed)

    async def _wait(self, seconds: float) -> None:
        await self._unless_cancelled(asyncio.sleep(seconds))

    async def _unless_cancelled(self, work: Awaitable[_Result]) -> _Result:
        """:raises CancelledError: the engine asked to stop first."""
        task = asyncio.ensure_future(work)
        stop = asyncio.ensure_future(self._cancelled.wait())
        try:
            await asyncio.wait({task, stop}, return_when=asyncio.FIRST_COMPLETED)
            if not task.done():
                raise CancelledError
            return task.result()
        finally:
            for one in (task, stop):
                one.cancel()


def _told(answer: httpx.Response) -> float | None:
    """Retry-After, in seconds. Its other form, a date, Azure does not send."""
    try:
        return float(answer.headers["Retry-After"])
    except (KeyError, ValueError):
        return None


def _object(answer: httpx.Response) -> Body:
    """The body, when it is an object; Azure answers some deletes and some missing things with nothing at all."""
    if not answer.content:
        return {}
    body = answer.json()
    return body if isinstance(body, dict) else {"value": body}


@contextlib.asynccontextmanager
async def _in_time(at_most: float) -> AsyncIterator[None]:
    """Bound what is awaited inside.

    :raises TimedOutError: it took longer.
    """
    try:
        async with asyncio.timeout(at_most or LONGEST):
            yield
    except TimeoutError as error:
        raise TimedOutError from error


@contextlib.contextmanager
def unless_missing() -> Iterator[None]:
    """For a delete: what is gone already is no error."""
    try:
        yield
    except AzureError as error:
        if error.status != httpx.codes.NOT_FOUND:
            raise
