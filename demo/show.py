"""What the demo prints."""

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.panel import Panel
from rich.syntax import Syntax
from rich.tree import Tree

from demo.deploy import Deployed


def opening(console: Console) -> None:
    """What is about to happen."""
    console.print(
        Panel(
            "A private LiteLLM gateway in front of Azure OpenAI, deployed by the real Pulumi engine\n"
            "to an offline Azure that starts the real LiteLLM proxy. No subscription is touched.",
            title="litellm-azure",
            expand=False,
        )
    )


def step(console: Console, number: int, what: str) -> None:
    """The headline of a step."""
    console.print(f"\n[bold cyan]{number}/5[/] [bold]{what}[/]")


def resources(console: Console, deployed: Sequence[Deployed]) -> None:
    """The stack as a tree: components, and the Azure resources in them."""
    children: dict[str | None, list[Deployed]] = defaultdict(list)
    known = {resource.urn for resource in deployed}
    for resource in deployed:
        children[resource.parent if resource.parent in known else None].append(resource)
    for siblings in children.values():
        siblings.sort(key=lambda resource: (not resource.type.endswith(":ResourceGroup"), resource.type))
    root = Tree(f"  [bold]{sum(bool(r.azure_name) for r in deployed)} Azure resources[/]", guide_style="dim")

    def grow(branch: Tree, parent: str | None) -> None:
        for child in children[parent]:
            kind = child.type.split(":")[-1]
            label = f"[cyan]{kind}[/] {child.azure_name or child.name}"
            grow(branch.add(label), child.urn)

    grow(root, None)
    console.print(root)


def config(console: Console, text: str) -> None:
    """The generated LiteLLM config."""
    console.print(
        Panel(
            Syntax(text.rstrip(), "yaml", background_color="default", word_wrap=True),
            title="generated config.yaml",
        )
    )


def closing(console: Console, base_url: str, client_file: Path, config_file: Path) -> None:
    """What to do next."""
    copy = short(config_file)
    console.print(
        Panel(
            f"The gateway answers at [bold]{base_url}[/]; its environment, key included, is in "
            f"[bold]{short(client_file)}[/].\n\n"
            f"Ask it yourself       set -a; . ./{short(client_file)}; set +a\n"
            f'                      .venv/bin/python examples/python/chat.py "Who are you?"\n'
            f"See what runs         .venv/bin/python -m offline status\n"
            f"Change something      edit Pulumi.dev.yaml (rename a deployment, say) and run make demo again\n"
            f"Use Pulumi yourself   .venv/bin/python -m offline run -- \\\n"
            f"                        pulumi preview --stack dev --config-file {copy}\n"
            f"Stop                  .venv/bin/python -m offline stop\n"
            f"Deploy to Azure       README.md, “To a real subscription”",
            title="next",
            expand=False,
        )
    )


def short(path: Path) -> str:
    """Relative to where the person stands, when it is below."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)
