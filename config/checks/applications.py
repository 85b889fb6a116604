"""Applications: each named once, allowed what there is, with keys that cannot be guessed."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from config.checks.gateway import weak
from config.problems import UNKNOWN, Problem, nearest

if TYPE_CHECKING:
    from config.settings import Settings


def named_once(settings: "Settings") -> Iterator[Problem]:
    """Two of one name would share a key, and the log could not tell them apart."""
    names = [application.name for application in settings.applications]
    for index, name in enumerate(names):
        if name in names[:index]:
            yield Problem(
                key=f"applications[{index}].name",
                value=name,
                allowed=f"a name of its own: applications[{names.index(name)}] has this one",
                next="rename one of them",
            )


def models(settings: "Settings") -> Iterator[Problem]:
    """What an application may call is there to be called."""
    aliases = [group.alias for group in settings.groups]
    for index, application in enumerate(settings.applications):
        for place, model in enumerate(application.models):
            if model not in aliases:
                yield Problem(
                    key=f"applications[{index}].models[{place}]",
                    value=model,
                    allowed=f"one of the names that clients use: {', '.join(aliases)}",
                    next=nearest(model, aliases) or "remove it, or deploy such a model",
                    about=("deployments",),
                )


def generations(settings: "Settings") -> Iterator[Problem]:
    """The first generation has none before it, and a key from the settings has no generations."""
    for index, application in enumerate(settings.applications):
        given = application.name in settings.application_keys
        if application.accept_previous and (given or application.generation == 1):
            yield Problem(
                key=f"applications[{index}].acceptPrevious",
                value=True,
                allowed="false: its key comes from applicationKeys, and the one before is not known"
                if given
                else "false with generation 1: there was no key before",
                next="leave it out" if given else "raise generation with it, or leave it out",
                about=(f"applications[{index}].generation", "applicationKeys"),
            )


def given_keys(settings: "Settings") -> Iterator[Problem]:
    """Keys from the settings belong to an application, and are as strong as those that are generated."""
    names = [application.name for application in settings.applications]
    for name, key in settings.application_keys.items():
        if name not in names:
            yield Problem(
                key=f"applicationKeys.{name}",
                value=UNKNOWN,
                allowed=f"keys of the applications: {', '.join(names)}",
                next=nearest(name, names) or f"remove it: pulumi config rm --path 'applicationKeys.{name}'",
                about=("applications",),
            )
        else:
            yield from weak(f"applicationKeys.{name}", key)
