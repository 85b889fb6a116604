"""A retired model stops its own creation, before anything is made; a stack that still holds it goes on."""

from typing import Any

import pulumi


class ModelRetiredError(Exception):
    """What the engine shows at the deployment that cannot be."""


def hooks(name: str, message: str) -> pulumi.ResourceHookBinding:
    """Hooks of a deployment whose model has retired: no creation, and no move onto that version.

    They run in a preview too, so `pulumi preview` fails and `pulumi up` stops before its first change. A
    deployment that is there already and stays as it is runs neither.
    """

    def refuse_creation(_args: pulumi.ResourceHookArgs) -> None:
        raise ModelRetiredError(message)

    def refuse_change(args: pulumi.ResourceHookArgs) -> None:
        if _model(args.old_inputs) != _model(args.new_inputs):
            raise ModelRetiredError(message)

    early = pulumi.ResourceHookOptions(on_dry_run=True)
    return pulumi.ResourceHookBinding(
        before_create=[pulumi.ResourceHook(f"retired-model-create-{name}", refuse_creation, early)],
        before_update=[pulumi.ResourceHook(f"retired-model-update-{name}", refuse_change, early)],
    )


def _model(inputs: Any) -> Any:
    return ((inputs or {}).get("properties") or {}).get("model")
