"""What a change of what is published means for journeys that are under way, counted in a deployed stack and said."""

from collections.abc import Sequence

from dampf.campaigns.catalogue import CompiledContent
from dampf.domain.catalogue import Catalogue
from dampf.use_cases.ports.contents import Contents
from dampf.use_cases.under_way import Outlook, VersionOf, outlook
from dampf_cli.progress import progress_through
from dampf_cli.stack import Stack


def outlook_in(deployed: Stack, people: Sequence[str], catalogue: Catalogue, *, migrates: bool = False) -> Outlook:
    """`catalogue` is what comes into force."""
    with progress_through(len(people), "people under way") as progress:
        return outlook(
            people,
            deployed.profiles,
            version_of=versions_in(deployed.contents),
            catalogue=catalogue,
            migrates=migrates,
            progress=progress,
        )


def versions_in(contents: Contents) -> VersionOf:
    """Every version of a campaign that was ever published."""
    return CompiledContent(contents.load).campaign


def warnings_of(seen: Outlook) -> list[str]:
    return [
        f"{journeys(count)} of {campaign} may still send {message}, which is not published any more: "
        "such a journey would end there"
        for (campaign, message), count in sorted(seen.bereft.items())
    ]


def show_warnings(seen: Outlook) -> None:
    from dampf_cli.printed import printer

    for warning in warnings_of(seen):
        printer().print(f"warning: {warning}", style="yellow", markup=False)


def journeys(count: int) -> str:
    return f"{count} waiting journey" + "s" * (count != 1)
