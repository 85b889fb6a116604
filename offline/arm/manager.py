"""Azure Resource Manager, as `https://management.azure.com` shows it."""

import json
import logging
import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import unquote

from aiohttp import web

from offline.arm import checks, listing
from offline.arm import general_laws as laws
from offline.arm.access import Access
from offline.arm.bearer import bearer
from offline.arm.errors import JSON, ArmError
from offline.arm.faults import Faults
from offline.arm.hidden import without_hidden
from offline.arm.ids import ResourceId
from offline.arm.kinds import Azure, Kind, Route, RouteRequest
from offline.arm.linked_access import check_links
from offline.arm.operations import Operations
from offline.arm.paths import Target, clean, routed, target_of
from offline.arm.polling import Polling, Reply, refusal
from offline.arm.throttle import Throttle
from offline.arm.writes import BodyCheck, WriteCall, Writes
from offline.arrival import Arrival
from offline.schema.validate import check_body
from offline.tokens import Tokens

logger = logging.getLogger(__name__)

ORIGIN = "https://management.azure.com"

_CONDITIONS = frozenset({"$filter", "$expand", "$orderby", "$select", "$recordsetnamesuffix", "force"})
"""Words of a query that say which answer is wanted: whoever does not know them would answer another question."""

_OPERATION = re.compile(
    r"/subscriptions/[^/]+/(?:providers/[^/]+/locations/[^/]+/)?(operations|operationresults)/([0-9a-f-]{36})",
    re.I,
)


@dataclass(frozen=True, kw_only=True)
class Call:
    """A request whose bearer is known."""

    method: str
    path: str
    query: Mapping[str, str]
    """Names in lower case."""
    version: str
    body: JSON
    principal_id: str
    client_id: str
    if_match: str | None
    if_none_match: str | None
    sender_gone: Callable[[], bool]
    """Whether nobody waits for the answer any more."""


class _SenderGoneError(Exception):
    """A request that a fault held did not reach Azure: its sender went first."""


class ResourceManager:
    """The handler behind management.azure.com."""

    def __init__(
        self,
        azure: Azure,
        *,
        access: Access,
        tokens: Tokens,
        operations: Operations,
        faults: Faults,
        origin: str = ORIGIN,
        body_check: BodyCheck = check_body,
    ) -> None:
        self._azure = azure
        self._access = access
        self._tokens = tokens
        self._operations = operations
        self._faults = faults
        self._origin = origin
        self._throttle = Throttle(azure.store, azure.clock)
        self._polling = Polling(azure, operations, origin=origin)
        self._writes = Writes(
            azure,
            operations,
            body_check,
            operation_uri=f"{origin}/subscriptions/{azure.subscription_id}/providers/Microsoft.Resources"
            "/locations/global/operations/{id}",
        )

    async def handle(self, request: web.BaseRequest, arrival: Arrival) -> web.StreamResponse:
        """Answer one request, and note it."""
        path = clean(unquote(request.rel_url.raw_path))
        query = {key.lower(): value for key, value in request.query.items()}
        body: JSON | None = None
        left: dict[str, str] = {}
        try:
            claims = bearer(self._tokens, request.headers.get("Authorization", ""), self._azure.tenant_id)
            left = self._throttle.take(claims.principal_id, request.method, path, self._azure.subscription_id)
            body = _body(await request.read())
            call = Call(
                method=request.method,
                path=path,
                query=query,
                version=checks.api_version(query.get("api-version")),
                body=body or {},
                principal_id=claims.principal_id,
                client_id=claims.client_id,
                if_match=request.headers.get("If-Match"),
                if_none_match=request.headers.get("If-None-Match"),
                sender_gone=lambda: request.transport is None or request.transport.is_closing(),
            )
            reply = await self._answer(call)
        except _SenderGoneError:
            reply = Reply(status=0, lost=True)
        except ArmError as broken:
            reply = Reply(status=broken.status, body=broken.body(), headers=broken.headers)
        except (
            Exception
        ):  # a defect of ours: its caller gets Azure's 500 as well, and not a closed connection
            logger.exception("%s %s broke", request.method, path)
            defect = ArmError(500, "InternalServerError", "The offline Azure broke; its log says why.")
            reply = Reply(status=defect.status, body=defect.body())
        self._azure.store.note_request(
            request.method,
            path,
            query.get("api-version", ""),
            self._noted(request.method, path, body),
            0 if reply.lost else reply.status,
        )
        return self._sent(request, reply, left)

    def _noted(self, method: str, path: str, body: JSON | None) -> JSON | None:
        """What the record of requests keeps of a body: nothing secret, and nothing of what no type explains."""
        where = target_of(path, method)
        kind = self._azure.kinds.get(where.type.lower()) if where is not None else None
        return without_hidden(kind, body) if kind is not None and body is not None else None

    def _sent(self, request: web.BaseRequest, reply: Reply, left: Mapping[str, str]) -> web.StreamResponse:
        """:param left: the headers that say how many requests are left."""
        request_id = str(uuid.uuid4())
        headers = {
            "x-ms-request-id": request_id,
            "x-ms-correlation-request-id": request.headers.get("x-ms-correlation-request-id", request_id),
            "x-offline-speed": f"{self._azure.clock.speed:g}",
            "Cache-Control": "no-cache",
            **left,
            **reply.headers,
        }
        if reply.lost and request.transport is not None:
            request.transport.abort()
        if reply.body is None:
            return web.Response(status=reply.status, headers=headers)
        text = json.dumps(reply.body)
        return web.Response(status=reply.status, headers=headers, text=text, content_type="application/json")

    # Where a request goes ------------------------------------------------------------------------------------

    async def _answer(self, call: Call) -> Reply:
        checks.subscription(self._azure, ResourceId(call.path))
        operation = _OPERATION.fullmatch(call.path)
        if operation is not None and call.method == "GET":
            return await self._polling.look(operation.group(1).lower(), operation.group(2).lower())
        route = routed(self._azure.kinds, call.method, call.path)
        if route is not None:
            return await self._routed(call, *route)
        if call.method in ("GET", "POST") and (known := listing.about(self._azure, call.path)) is not None:
            return Reply(status=200, body=known)
        if call.method == "GET" and (scope := _resources_of(call.path)) is not None:
            return self._everything(call, scope)
        where = target_of(call.path, call.method)
        if where is None:
            namespace, _, rest = call.path.strip("/").rpartition("/")
            raise laws.TYPE_UNKNOWN.broken(type=rest, namespace=namespace, version=call.version)
        kind = checks.kind_of(self._azure, where, call.version)
        checks.registered(self._azure, kind)
        forced = frozenset({"force"} if kind.can_be_forced and call.method == "DELETE" else ())
        self._understood(call, kind.reads if where.shape == "collection" else forced)
        match call.method, where.shape:
            case "GET" | "HEAD", "resource":
                return await self._read(call, where, kind)
            case "GET", "collection":
                return await self._list(call, where, kind)
            case "PUT" | "PATCH", "resource":
                return await self._put(call, where, kind)
            case "DELETE", "resource":
                return await self._delete(call, where, kind)
            case "POST", "action":
                return await self._act(call, where, kind)
        raise laws.METHOD.broken(method=call.method, path=call.path)

    def _allowed(self, call: Call, scope: ResourceId, action: str) -> None:
        checks.allowed(self._access, call.principal_id, call.client_id, scope, action)

    @staticmethod
    def _understood(call: Call, reads: frozenset[str] = frozenset()) -> None:
        """:raises ArmError: query-word."""
        for word in sorted((_CONDITIONS - reads) & call.query.keys()):
            if call.query[word].lower() not in ("", "false"):
                raise laws.QUERY_WORD.broken(word=word, path=call.path)

    async def _routed(self, call: Call, route: Route, words: Mapping[str, str]) -> Reply:
        self._understood(call, route.reads)
        where = ResourceId(call.path)
        self._allowed(call, where, f"{_namespace(call.path)}/{'read' if call.method == 'GET' else 'write'}")
        asked = RouteRequest(words=words, query=call.query, body=call.body, principal_id=call.principal_id)
        found = await route.answer(self._azure, asked)
        if found is None:
            return Reply(status=204)
        if call.method == "GET" and isinstance(found, dict) and isinstance(found.get("value"), list):
            found = listing.page(self._azure, found["value"], call.query, self._origin + call.path)
        return Reply(status=200, body=found)

    def _everything(self, call: Call, scope: ResourceId) -> Reply:
        self._understood(call, frozenset({"$filter"}))
        checks.group(self._azure, scope, writing=False)
        self._allowed(call, scope, "Microsoft.Resources/subscriptions/resourceGroups/read")
        found = listing.everything(self._azure, scope, call.query)
        return Reply(status=200, body=listing.page(self._azure, found, call.query, self._origin + call.path))

    async def _read(self, call: Call, where: Target, kind: Kind) -> Reply:
        checks.group(self._azure, where.id, writing=False)
        self._allowed(call, where.id, f"{kind.type}/read")
        await self._struck(call, where.id, "read")
        resource = self._azure.store.get(where.id)
        if call.method == "HEAD":
            return Reply(status=204 if resource is not None else 404)
        if resource is None:
            checks.parents(self._azure, where.id, kind, "read")
            raise kind.missing(where.id)
        return self._maybe_lost(
            where.id, "read", Reply(status=200, body=listing.seen(self._azure, kind, resource))
        )

    async def _list(self, call: Call, where: Target, kind: Kind) -> Reply:
        checks.group(self._azure, where.id, writing=False)
        self._allowed(call, where.id, f"{kind.type}/read")
        inside = ResourceId(f"{call.path}/*")
        await self._struck(call, inside, "list")
        if "/providers/" in where.id.key and self._azure.store.get(where.id) is None:
            raise laws.PARENT_MISSING.broken(action="read", type=kind.type, parent="/".join(where.id.names))
        found = listing.collection(self._azure, kind, where.id, call.query)
        whole: JSON = {"value": found}
        body = listing.page(self._azure, found, call.query, self._origin + call.path) if kind.paged else whole
        return self._maybe_lost(inside, "list", Reply(status=200, body=body))

    async def _act(self, call: Call, where: Target, kind: Kind) -> Reply:
        checks.group(self._azure, where.id, writing=False)
        name = next((name for name in kind.actions if name.lower() == where.action.lower()), None)
        if name is None:
            raise laws.ACTION_UNKNOWN.broken(action=where.action, type=kind.type)
        self._allowed(call, where.id, f"{kind.type}/{name}/action")
        await self._struck(call, where.id, "action")
        resource = self._azure.store.get(where.id)
        if resource is None:
            checks.parents(self._azure, where.id, kind, "action")
            raise kind.missing(where.id)
        checks.unlocked(self._azure, where.id, "write")
        found = await kind.actions[name](self._azure, resource, call.body)
        reply = Reply(status=204) if found is None else Reply(status=200, body=found)
        return self._maybe_lost(where.id, "action", reply)

    # Writes --------------------------------------------------------------------------------------------------

    async def _put(self, call: Call, where: Target, kind: Kind) -> Reply:
        azure = self._azure
        if kind.type != checks.GROUP:
            checks.group(azure, where.id, writing=True)
        self._allowed(call, where.id, f"{kind.type}/write")
        check_links(
            self._access, call.principal_id, call.client_id, where.id, f"{kind.type}/write", call.body
        )
        verb = "create" if azure.store.get(where.id) is None else "update"
        await self._met(call, where.id, verb)
        if kind.synchronous:
            await self._hung(call, where.id, verb)
        written = await self._writes.put(self._write_call(call, where, kind))
        operation = written.operation
        status = kind.created_status if written.created else 200
        headers: dict[str, str] = {}
        waits = kind.patches_synchronously if call.method == "PATCH" else kind.synchronous
        if waits or operation.due <= operation.started:
            ended = await self._operations.ended(operation.id)
            if ended is not None and ended.error is not None:
                raise refusal(ended.error)
        else:
            headers = self._polling.headers(operation, str(written.resource.body.get("location") or "global"))
            headers.pop("Location")
        now = azure.store.get(where.id) or written.resource
        reply = Reply(status=status, body=listing.seen(azure, kind, now), headers=headers)
        return self._maybe_lost(where.id, verb, reply)

    async def _delete(self, call: Call, where: Target, kind: Kind) -> Reply:
        azure = self._azure
        checks.group(azure, where.id, writing=False)
        self._allowed(call, where.id, f"{kind.type}/delete")
        await self._met(call, where.id, "delete")
        if kind.deletes_synchronously:
            await self._hung(call, where.id, "delete")
        before = azure.store.get(where.id)
        operation = self._writes.delete(self._write_call(call, where, kind))
        if operation is None or before is None:
            return Reply(status=204)
        if kind.deletes_synchronously or operation.due <= operation.started:
            ended = await self._operations.ended(operation.id)
            if ended is not None and ended.error is not None:
                raise refusal(ended.error)
            return self._maybe_lost(where.id, "delete", Reply(status=200))
        headers = self._polling.headers(operation, str(before.body.get("location") or "global"))
        return self._maybe_lost(where.id, "delete", Reply(status=202, headers=headers))

    def _write_call(self, call: Call, where: Target, kind: Kind) -> WriteCall:
        return WriteCall(
            id=where.id,
            kind=kind,
            method=call.method,
            api_version=call.version,
            body=call.body,
            principal_id=call.principal_id,
            if_match=call.if_match,
            if_none_match=call.if_none_match,
            forced=call.query.get("force", "").lower() == "true",
        )

    # Faults --------------------------------------------------------------------------------------------------

    async def _met(self, call: Call, resource_id: ResourceId, verb: str) -> None:
        """What strikes before Azure has taken the request.

        :raises ArmError: the error of a refusal.
        :raises _SenderGoneError: it was held until nobody waited for it any more.
        """
        self._faults.maybe_die(resource_id, verb, "stop_service")
        fault = self._faults.strike(resource_id, verb, ("refuse",))
        if fault is not None:
            raise fault.error()
        if await self._faults.while_held(resource_id, verb) and call.sender_gone():
            raise _SenderGoneError

    async def _hung(self, call: Call, resource_id: ResourceId, verb: str) -> None:
        """A write that is answered only when it is done: while it hangs it is not begun.

        :raises _SenderGoneError: nobody waits for it any more.
        """
        if await self._faults.while_hanging(resource_id, verb) and call.sender_gone():
            raise _SenderGoneError

    async def _struck(self, call: Call, resource_id: ResourceId, verb: str) -> None:
        await self._met(call, resource_id, verb)
        await self._faults.while_hanging(resource_id, verb)

    def _maybe_lost(self, resource_id: ResourceId, verb: str, reply: Reply) -> Reply:
        lost = self._faults.strike(resource_id, verb, ("lose_reply",)) is not None
        return Reply(status=reply.status, body=reply.body, headers=reply.headers, lost=lost)


def _body(data: bytes) -> JSON | None:
    if not data.strip():
        return None
    try:
        body = json.loads(data)
    except ValueError as cause:
        raise laws.CONTENT.broken(why=str(cause)) from cause
    if not isinstance(body, dict):
        raise laws.CONTENT.broken(why="a JSON object is expected")
    return body


def _resources_of(path: str) -> ResourceId | None:
    """The scope of `…/resources`."""
    found = re.fullmatch(r"(/subscriptions/[^/]+(?:/resourcegroups/[^/]+)?)/resources", path, re.I)
    return ResourceId(found.group(1)) if found is not None else None


def _namespace(path: str) -> str:
    segments = path.split("/")
    lowered = [segment.lower() for segment in segments]
    if "providers" not in lowered:
        return "Microsoft.Resources"
    return segments[len(lowered) - 1 - lowered[::-1].index("providers") + 1]
