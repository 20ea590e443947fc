"""Faults at the ports: the n-th call dies or fails, before it reaches the store or after it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

Moment = Literal["before", "after"]


class Killed(BaseException):
    """The process is gone: nobody catches it, and nothing of its function reaches the world any more."""


class ConnectionLost(OSError):
    """What a store's client raises when it gives up."""


class Fault(NamedTuple):
    """`after`: the call has had its effect, and only its answer is lost."""

    number: int
    moment: Moment
    kind: type[BaseException]

    def __str__(self) -> str:
        return f"{self.kind.__name__} {self.moment} call {self.number}"


@dataclass
class Gate:
    """Counts the calls of all ports that lead through it; `met` names those at which a fault came."""

    faults: tuple[Fault, ...] = ()
    calls: int = 0
    dead: bool = False
    met: list[str] = field(default_factory=list)

    def through(self, name: str, port: Any) -> Any:
        return _Port(self, name, port)

    def call(self, name: str, reach: Callable[[], Any]) -> Any:
        if self.dead:
            raise Killed
        self.calls += 1
        fault = next((fault for fault in self.faults if fault.number == self.calls), None)
        if fault is None:
            return reach()
        self.met.append(name)
        if fault.moment == "after":
            reach()
        self.dead = issubclass(fault.kind, Killed)
        raise fault.kind

    def restart(self) -> None:
        """A new process takes over."""
        self.dead = False


class _Port:
    def __init__(self, gate: Gate, name: str, port: Any) -> None:
        self._gate, self._name, self._port = gate, name, port

    def __getattr__(self, method: str) -> Callable[..., Any]:
        reach = getattr(self._port, method)
        return lambda *args, **options: self._gate.call(f"{self._name}.{method}", lambda: reach(*args, **options))
