"""What the program uses of the SDK, loaded whole: by itself a module of it loads once something in it is asked for."""

import importlib

MODULES = (
    "app",
    "authorization",
    "cognitiveservices",
    "keyvault",
    "managedidentity",
    "monitor",
    "network",
    "operationalinsights",
    "privatedns",
    "resources",
)

for name in MODULES:
    hasattr(importlib.import_module(f"pulumi_azure_native.{name}"), "anything")
importlib.import_module("pulumi_random")
importlib.import_module("offline.program")
