"""The stack's settings, and what they are for: `hub.py`."""

import hub
import pulumi

settings = pulumi.Config()
hub.main(
    settings.require("location"),
    settings.require_object("stages"),
    peering=settings.get_bool("peering") is not False,
)
