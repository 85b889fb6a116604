"""The real checkov, in an environment of its own: it pins seventy packages, some of them to versions of long ago."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from offline.installation import Installation
from tests.checkov.verdict import Verdict

CHECKOV = Installation(
    package="checkov",
    title="checkov",
    lock=Path(__file__).with_name("requirements.lock"),
    # Its 190 MB took 5 s with uv and 85 s with pip. A test has ten minutes.
    seconds=300,
)

_SECONDS = 400
"""It judges forty templates in eight, on a machine that has nothing else to do."""

_ENVIRONMENT = {
    "PATH": "/usr/bin:/bin",
    "LC_ALL": "C.UTF-8",
    # It asks PyPI at each start whether there is a newer one (checkov/common/util/banner.py).
    "CKV_SKIP_PACKAGE_UPDATE_CHECK": "true",
    # Whatever else would leave this machine finds no way: nothing listens there.
    "http_proxy": "http://127.0.0.1:9",
    "https_proxy": "http://127.0.0.1:9",
}
"""All that it is told: no key of its makers' platform, and no file in somebody's home."""


class CheckovError(Exception):
    """It ended otherwise than with its verdicts."""


def judge(folder: Path) -> Iterator[Verdict]:
    """What checkov says of every template in a folder, in one run. A template is called by its file's name.

    :raises CheckovError: no verdicts, or a template that it could not read.
    """
    command = [str(CHECKOV.programs / "checkov"), "--directory", str(folder), "--framework", "arm"]
    command += ["--skip-download", "--compact", "--output", "json"]
    with TemporaryDirectory() as home:
        done = subprocess.run(
            command,
            cwd=home,
            env={**_ENVIRONMENT, "HOME": home},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=_SECONDS,
        )
    # 1 is its word for findings.
    if done.returncode not in (0, 1):
        raise CheckovError(f"checkov ended with {done.returncode}: {done.stderr[-2000:]}")
    try:
        said: dict[str, Any] = json.loads(done.stdout)
        results: dict[str, list[dict[str, Any]]] = said["results"]
    except (ValueError, KeyError, TypeError):
        raise CheckovError(f"checkov gave no verdicts: {(done.stdout + done.stderr)[-2000:]}") from None
    if said["summary"]["parsing_errors"]:
        raise CheckovError(f"checkov could not read {said['summary']['parsing_errors']} of the templates")
    for passed, found in ((True, "passed_checks"), (False, "failed_checks")):
        for one in results.get(found, []):
            yield Verdict(
                template=Path(one["file_path"]).stem,
                rule=one["check_id"],
                demands=one["check_name"].removeprefix("Ensure that ").removeprefix("Ensure ").strip(),
                resource=one["resource"],
                passed=passed,
            )
