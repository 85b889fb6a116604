"""Who gets into a database: an identity with an access policy assignment, by its token; or a key, where keys count.

Source: docs redis/entra-for-authentication. User name is the object id, password the token; groups are not supported,
and without TLS there are keys alone.
"""

import hmac
import math
from dataclasses import dataclass

from offline.arm.ids import ResourceId
from offline.arm.redis_enterprise import ASSIGNMENT, KEYS
from offline.arm.store import Resource, Store
from offline.tokens import TokenError, Tokens

AUDIENCES = ("https://redis.azure.com", "acca5fbb-b7e4-4009-81f1-37e38fd66d78")
"""Azure Managed Redis in the directory, by its URI and by its id."""

_KEY_USER = b"default"
"""Who signs in with a key, where a name is given."""
_IN_FORCE = ("Succeeded", "Updating")


@dataclass(frozen=True, kw_only=True)
class Guest:
    """Somebody who was let in."""

    object_id: str | None
    """None came with a key."""
    until: float
    """Epoch seconds; after that the connection ends, unless somebody has signed in on it again."""


class Admission:
    """Decides from what is in the store."""

    def __init__(self, store: Store, tokens: Tokens) -> None:
        self._store = store
        self._tokens = tokens

    def judge(self, database: ResourceId, words: tuple[bytes, ...], *, encrypted: bool) -> Guest | None:
        """Who that is; None is nobody who may come in.

        :param words: what follows AUTH: a key, or a user and a password.
        """
        found = self._store.get(database)
        if found is None or len(words) not in (1, 2):
            return None
        user, password = words if len(words) == 2 else (_KEY_USER, words[0])
        if user.lower() == _KEY_USER:
            fits = takes_keys(found) and _is_key(found, password)
            return Guest(object_id=None, until=math.inf) if fits else None
        return self._bearer(found, user, password) if encrypted else None

    def stands(self, database: ResourceId, guest: Guest) -> bool:
        """Whether somebody who was let in would still be, by the same right."""
        found = self._store.get(database)
        if found is None:
            return False
        return takes_keys(found) if guest.object_id is None else self._assigned(found, guest.object_id)

    def _bearer(self, database: Resource, user: bytes, token: bytes) -> Guest | None:
        try:
            claims = self._tokens.verify(token.decode(), *AUDIENCES)
            named = user.decode().lower()
        except (TokenError, UnicodeDecodeError):
            return None
        if claims.principal_id.lower() != named or not self._assigned(database, named):
            return None
        return Guest(object_id=named, until=claims.expires)

    def _assigned(self, database: Resource, object_id: str) -> bool:
        for assignment in self._store.of_type(ASSIGNMENT):
            user = assignment.properties.get("user")
            if (
                assignment.id.within(database.id)
                and assignment.state in _IN_FORCE
                and isinstance(user, dict)
                and str(user.get("objectId", "")).lower() == object_id
            ):
                return True
        return False


def takes_keys(database: Resource) -> bool:
    """Whether access keys count."""
    return database.properties.get("accessKeysAuthentication") == "Enabled"


def _is_key(database: Resource, given: bytes) -> bool:
    """Compared with all of the keys, each in constant time."""
    matches = [hmac.compare_digest(str(database.private[name]).encode(), given) for name in KEYS]
    return any(matches)
