"""What a judge says of a resource."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """One rule, held against one resource of one template."""

    template: str
    """The stack's name, or the name of the template that was broken."""
    rule: str
    demands: str
    """What the rule demands, in its makers' words."""
    resource: str
    """`Microsoft.KeyVault/vaults.kv-idha-prod-eus2-001`: type and name, as checkov writes them."""
    passed: bool

    @property
    def type(self) -> str:
        """`Microsoft.KeyVault/vaults`; a namespace has one dot, and a type after it none."""
        namespace, _, rest = self.resource.partition("/")
        return f"{namespace}/{rest.partition('.')[0]}"
