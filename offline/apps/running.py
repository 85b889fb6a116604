"""A container app at run time: its revisions, and which of them get the traffic."""

import asyncio
import itertools

from offline.apps.places import Environment
from offline.apps.revision import Revision
from offline.arm.container_app_template import App, IngressSettings

OLD_SHARE = 2
"""While the ingress is being told, every so many requests one still reaches the old revisions."""


class RunningApp:
    """One app's revisions and traffic."""

    def __init__(self, app: App, environment: Environment, proxy: str) -> None:
        self.app = app
        self.environment = environment
        self.proxy = proxy
        """Its own way into the fabric."""
        self.secrets: dict[str, str] = {}
        self.lock = asyncio.Lock()
        """Held while a revision comes up or goes: rolls of one app are one after the other."""
        self.revisions: dict[str, Revision] = {}
        """Every revision with replicas that may take traffic, oldest first."""
        self.latest: str | None = None
        """The latest revision that was ready."""
        self.leaving: list[Revision] = []
        """Old revisions that requests still reach for a moment."""
        self._turn = itertools.count()
        self._shares = itertools.count()

    @property
    def ingress(self) -> IngressSettings | None:
        return self.app.ingress

    @property
    def fqdn(self) -> str:
        """`app.domain`; `app.internal.domain` when the ingress is for the environment alone."""
        return self._host(self.app.name)

    def revision_fqdn(self, revision: str) -> str:
        return self._host(revision)

    def _host(self, label: str) -> str:
        inside = "" if self.ingress is not None and self.ingress.external else ".internal"
        return f"{label}{inside}.{self.environment.default_domain}"

    def choose(self) -> Revision | None:
        """The revision for the next request: by traffic weight, and for a moment still an old one."""
        if self.leaving and next(self._turn) % OLD_SHARE == 0:
            return next((revision for revision in self.leaving if revision.ready), self._by_weight())
        return self._by_weight()

    def _by_weight(self) -> Revision | None:
        shares = [(revision, weight) for revision, weight in self.traffic() if weight > 0]
        total = sum(weight for _, weight in shares)
        if total == 0:
            return None
        # Steps of 37 % of the whole spread small shares evenly, without chance.
        at = next(self._shares) * 37 % total
        for revision, weight in shares:
            if at < weight:
                return revision
            at -= weight
        return None

    def traffic(self) -> list[tuple[Revision, int]]:
        """Running revisions and their weights; in Single mode the latest has it all."""
        latest = self.revisions.get(self.latest or "")
        if self.app.single or self.ingress is None or not self.ingress.traffic:
            return [(latest, 100)] if latest is not None else []
        found: list[tuple[Revision, int]] = []
        for share in self.ingress.traffic:
            revision = latest if share.revision is None else self.revisions.get(share.revision)
            if revision is not None:
                found.append((revision, share.weight))
        return found
