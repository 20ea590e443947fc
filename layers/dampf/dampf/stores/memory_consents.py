"""The consent ledger in memory: the twin of `dampf.stores.consents`."""

from dampf.domain.consents import ConsentEntry, in_order
from dampf.domain.profile import Profile


class ConsentsInMemory:
    """Part of `InMemory`."""

    def __init__(self) -> None:
        super().__init__()
        self._consents: dict[str, list[ConsentEntry]] = {}

    def consents(self, profile: Profile) -> tuple[ConsentEntry, ...]:
        return in_order(entry for person in (profile.id, *profile.also) for entry in self._consents.get(person, ()))
