"""The environment in which a command meets the offline Azure instead of the real one."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from offline.home import Home, ServiceRecord

LOOPBACK = "127.0.0.1,localhost,::1"


def of_a_caller(proxy_port: int, bundle: Path) -> dict[str, str]:
    """Every request of the process goes through its own way into the fabric, and trusts what stands there.

    Both cases of each name: libraries differ in which they read, and a lower-case proxy without a lower-case
    exception breaks gRPC to loopback.
    """
    proxy = f"http://127.0.0.1:{proxy_port}"
    return {
        "HTTPS_PROXY": proxy,
        "https_proxy": proxy,
        "HTTP_PROXY": proxy,
        "http_proxy": proxy,
        "NO_PROXY": LOOPBACK,
        "no_proxy": LOOPBACK,
        "SSL_CERT_FILE": str(bundle),
        "REQUESTS_CA_BUNDLE": str(bundle),
        "CURL_CA_BUNDLE": str(bundle),
        "NODE_EXTRA_CA_CERTS": str(bundle),
    }


def of_a_person(
    home: Home, record: ServiceRecord, engine: Mapping[str, str], *, proxy_port: int | None = None
) -> dict[str, str]:
    """The whole environment of `python -m offline run`: the caller's own, laid over by ours.

    :param engine: what the Pulumi engine needs (`offline.engine`).
    :param proxy_port: another way into the fabric than the person's, for a command inside a network.
    """
    credentials = home.credentials()
    signed_in = {
        f"{prefix}_{name}": value
        for prefix in ("AZURE", "ARM")
        for name, value in {
            "TENANT_ID": credentials.tenant_id,
            "SUBSCRIPTION_ID": credentials.subscription_id,
            "CLIENT_ID": credentials.client_id,
            "CLIENT_SECRET": credentials.client_secret,
        }.items()
    }
    return {
        **os.environ,
        **of_a_caller(proxy_port or record.proxy_port, home.bundle),
        **signed_in,
        **engine,
        "OFFLINE_HOME": str(home.path),
        "OFFLINE_PYTHON": sys.executable,
    }
