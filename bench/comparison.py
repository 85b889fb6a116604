"""Two things measured side by side, round after round: machines are noisy, and a ratio is steadier than a time."""

import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

Measure = Callable[[], float]
"""Does it once; returns seconds."""


class BenchError(Exception):
    """What was to be measured does not work; the text says how."""


@dataclass(frozen=True)
class Comparison:
    """Something, and what it is held against in the same round."""

    name: str
    against: str
    subject: Measure
    base: Measure
    rounds: list[tuple[float, float]] = field(default_factory=list)

    def measure(self) -> None:
        taken = self.subject()
        self.rounds.append((taken, self.base()))

    @property
    def ratio(self) -> float:
        """The median of the rounds' ratios, not the ratio of medians: a slow spell slows both halves of a round."""
        return median(taken / base for taken, base in self.rounds)

    @property
    def seconds(self) -> tuple[float, float]:
        """Medians: of the subject, of what it is held against."""
        return median(taken for taken, _ in self.rounds), median(base for _, base in self.rounds)

    def as_json(self) -> dict[str, Any]:
        return {"name": self.name, "against": self.against, "ratio": self.ratio, "rounds": self.rounds}


def command(words: Sequence[str], environment: Mapping[str, str]) -> float:
    """Seconds that a command takes.

    :raises BenchError: it fails.
    """
    started = time.perf_counter()
    done = subprocess.run(words, env=dict(environment), capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise BenchError(f"{' '.join(words)} failed:\n{(done.stdout + done.stderr).strip()}")
    return time.perf_counter() - started
