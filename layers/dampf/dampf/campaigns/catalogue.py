"""What is published, as the deciding code sees it: the manifest at once, everything else when somebody asks for it.

Content never changes under its version, so what was loaded and compiled once serves this process for good. A campaign
that does not load takes no other along: it is reported once and then counts as not published.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from dampf.campaigns import content as published
from dampf.campaigns.clocks import Clock, clocks_through
from dampf.campaigns.expressions import ExpressionError
from dampf.campaigns.language import campaign_from, metrics_from, segments_from, shop_from
from dampf.domain.campaign import Campaign, SegmentTrigger
from dampf.domain.catalogue import MessageSettings, Metric
from dampf.domain.expression import Expression
from dampf.domain.journey import digest
from dampf.domain.shop import SMS, Channel, Shop, VoucherPool

if TYPE_CHECKING:
    from dampf.campaigns.messages import Template, TextTemplate

Loader = Callable[[str, str, str], Mapping[str, Any]]
"""Gives the body of the document with this kind, name and version; raises LookupError where there is none."""

Thing = TypeVar("Thing")


@dataclass(frozen=True, kw_only=True, slots=True)
class ContentFault:
    """A published document that this code cannot read: of another release, or damaged."""

    kind: str
    name: str
    version: str
    reason: str


class CompiledContent:
    """All that this process has loaded so far, by version. Catalogues of successive manifests share it.

    A store that fails to answer raises here and is asked again; what it answered is not asked for twice.
    """

    def __init__(self, load: Loader, report: Callable[[ContentFault], None] = lambda fault: None) -> None:
        self._load, self._report = load, report
        self._campaigns: dict[tuple[str, str], Campaign | None] = {}
        self._others: dict[tuple[str, ...], Any] = {}

    def campaign(self, name: str, version: str) -> Campaign | None:
        """None where there is none, and where it cannot be read, which is reported once."""
        if (name, version) not in self._campaigns:
            try:
                body = self._load(published.CAMPAIGN, name, version)
            except LookupError:
                return None
            self._campaigns[name, version] = self._readable_campaign(name, version, body)
        return self._campaigns[name, version]

    def _readable_campaign(self, name: str, version: str, body: Mapping[str, Any]) -> Campaign | None:
        try:
            return campaign_from(name, body, version)
        except (ValueError, ExpressionError) as fault:
            self._report(ContentFault(kind=published.CAMPAIGN, name=name, version=version, reason=str(fault)))
            return None

    def shop(self, version: str) -> Shop:
        return self._once((published.SHOP, version), lambda: shop_from(self._single(published.SHOP, version)))

    def metrics(self, version: str) -> dict[str, Metric]:
        return self._once((published.METRICS, version), lambda: metrics_from(self._single(published.METRICS, version)))

    def segments(self, version: str) -> dict[str, Expression]:
        return self._once(
            (published.SEGMENTS, version), lambda: segments_from(self._single(published.SEGMENTS, version))
        )

    def template(self, name: str, locale: str, version: str, partials_version: str) -> Template:
        """Raises `MessageError` where the template does not compile, LookupError where it is not there."""
        from dampf.campaigns.variants import template_from

        return self._variant(template_from, name, locale, version, partials_version)

    def text_template(self, name: str, locale: str, version: str, partials_version: str) -> TextTemplate:
        """The same of a text message."""
        from dampf.campaigns.variants import text_template_from

        return self._variant(text_template_from, name, locale, version, partials_version)

    def _variant(
        self,
        make: Callable[[str, str, Mapping[str, Any], Mapping[str, str]], Thing],
        name: str,
        locale: str,
        version: str,
        partials_version: str,
    ) -> Thing:
        variant_name = published.variant_name(name, locale)
        return self._once(
            (published.MESSAGE, variant_name, version, partials_version),
            lambda: make(
                name,
                locale,
                self._load(published.MESSAGE, variant_name, version),
                self._once((published.PARTIALS, partials_version), lambda: self._partials(partials_version)),
            ),
        )

    def _partials(self, version: str) -> Mapping[str, str]:
        from dampf.campaigns.partials import Partials

        return Partials(self._single(published.PARTIALS, version))

    def _single(self, kind: str, version: str) -> Mapping[str, Any]:
        return self._load(kind, kind, version)

    def _once(self, key: tuple[str, ...], make: Callable[[], Thing]) -> Thing:
        if key not in self._others:
            self._others[key] = make()
        made: Thing = self._others[key]
        return made


class PublishedCatalogue:
    """The `Catalogue` of one manifest. A newer manifest makes a new one, on the same `CompiledContent`."""

    def __init__(
        self,
        manifest: Mapping[str, Any],
        compiled: CompiledContent,
        *,
        paused: frozenset[str] = frozenset(),
        shop_is_paused: bool = False,
        codes: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        """`codes` of list pools, where the content comes straight from its folder and no store holds them."""
        self._manifest, self._compiled = manifest, compiled
        self.codes = codes or {}
        self._paused, self._shop_is_paused = paused, shop_is_paused
        self._clocks: dict[str, tuple[Clock, ...]] = {}
        self._loaded: dict[tuple[str, ...], tuple[Campaign, ...]] = {}

    @cached_property
    def shop(self) -> Shop:
        return self._compiled.shop(self._manifest["shop"])

    @cached_property
    def metrics(self) -> Mapping[str, Metric]:
        return self._compiled.metrics(self._manifest["metrics"])

    @cached_property
    def segments(self) -> Mapping[str, Expression]:
        return self._compiled.segments(self._manifest["segments"])

    def metrics_on(self, event: str) -> tuple[Metric, ...]:
        return self._metrics_by_event.get(event, ())

    def campaigns_on(self, event: str) -> tuple[Campaign, ...]:
        return self._published(self._names_by_event.get(event, ()))

    def campaigns_with_metric(self, metric: str) -> tuple[Campaign, ...]:
        return self._published(self._names_by_metric.get(metric, ()))

    def campaigns_by_date(self) -> tuple[Campaign, ...]:
        return self._published(self._names_by_kind["dates"])

    def campaigns_by_segment(self) -> tuple[Campaign, ...]:
        return self._published(self._names_by_kind["segments"])

    def campaigns_by_schedule(self) -> tuple[Campaign, ...]:
        return self._published(self._names_by_kind["schedules"])

    @cached_property
    def dates_in_use(self) -> frozenset[str]:
        """Segments are loaded only where a campaign watches one."""
        entries = self._manifest["campaigns"].values()
        watched = {segment for entry in entries for segment in entry["segments"]}
        compared = {date for segment in watched for date, _ in self.clocks_of_segment(segment)}
        return frozenset(date for entry in entries for date in entry["dates"]) | compared

    @cached_property
    def watched_segments(self) -> tuple[tuple[str, str], ...]:
        triggers = (trigger for campaign in self.campaigns_by_segment() for trigger in campaign.triggers)
        names = {trigger.segment for trigger in triggers if isinstance(trigger, SegmentTrigger)}
        segments = self.segments if names else {}
        return tuple(
            (name, f"{name} {digest(segments[name].source, length=6)}") for name in sorted(names & segments.keys())
        )

    @property
    def recommends(self) -> bool:
        return bool(self._manifest.get("recommends"))

    def clocks_of_segment(self, name: str) -> tuple[Clock, ...]:
        if name not in self._clocks:
            segment = self.segments.get(name)
            self._clocks[name] = clocks_through(segment, self.segments) if segment is not None else ()
        return self._clocks[name]

    def campaign(self, name: str, version: str | None = None) -> Campaign | None:
        version = version or self._manifest["campaigns"].get(name, {}).get("version")
        return self._compiled.campaign(name, version) if version else None

    def message(self, name: str) -> MessageSettings | None:
        return self._messages.get(name)

    def voucher_pool(self, name: str) -> VoucherPool | None:
        pool = self.shop.voucher_pools.get(name)
        listed = self._manifest.get("codes", {}).get(name)
        return replace(pool, size=listed["size"]) if pool is not None and listed is not None else pool

    @cached_property
    def topics(self) -> tuple[str, ...]:
        """What people may consent to: the topics that shop.yaml names, then those of marketing messages."""
        used = {each.topic for each in self._messages.values() if not each.transactional}
        return tuple(dict.fromkeys((*self.shop.topics, *sorted(used))))

    @cached_property
    def languages(self) -> tuple[str, ...]:
        """The shop's own, then those in which any message is written."""
        written = {locale for name in self._messages for locale in self.locales(name)}
        return tuple(dict.fromkeys((self.shop.locale, *sorted(written))))

    def is_paused(self, campaign: str) -> bool:
        return self._shop_is_paused or campaign in self._paused

    @cached_property
    def events_listened_to(self) -> frozenset[str]:
        """Events that a published campaign names anywhere, and those that change a metric."""
        named = (event for entry in self._manifest["campaigns"].values() for event in entry["hears"])
        return frozenset(named) | self._metrics_by_event.keys()

    def locales(self, message: str) -> tuple[str, ...]:
        """The locales that have a variant of their own, without the base variant, which serves all others."""
        variants = self._manifest["messages"].get(message, {}).get("variants", {})
        return tuple(locale for locale in variants if locale != published.BASE_LOCALE)

    def template(self, message: str, locale: str | None = None) -> Template:
        """The variant for this locale, else the base variant; LookupError where no such mail is published."""
        return self._compiled.template(*self._variant_of(message, "email", locale))

    def text_template(self, message: str, locale: str | None = None) -> TextTemplate:
        """The same of a text message."""
        return self._compiled.text_template(*self._variant_of(message, SMS, locale))

    def _variant_of(self, message: str, channel: Channel, locale: str | None) -> tuple[str, str, str, str]:
        """Its name, locale and version, and the version of the partials."""
        from dampf.campaigns.variants import choose_locale

        entry = self._manifest["messages"][message]
        if entry.get("channel", "email") != channel:
            raise LookupError(f"{message} is of another channel")
        variants = entry["variants"]
        chosen = choose_locale(variants, locale or self.shop.locale) or published.BASE_LOCALE
        return message, chosen, variants[chosen], self._manifest["partials"]

    def _published(self, names: tuple[str, ...]) -> tuple[Campaign, ...]:
        if names not in self._loaded:
            self._loaded[names] = tuple(campaign for name in names if (campaign := self.campaign(name)) is not None)
        return self._loaded[names]

    @cached_property
    def _messages(self) -> dict[str, MessageSettings]:
        return {
            name: MessageSettings(
                name=name,
                transactional=entry["transactional"],
                channel=entry.get("channel", "email"),
                topic=entry["topic"],
                priority=entry["priority"],
                voucher=entry.get("voucher"),  # not in manifests of before there were vouchers
                voucher_group=entry["voucher_group"],
                names_event=entry["names_event"],
            )
            for name, entry in self._manifest["messages"].items()
        }

    @cached_property
    def _names_by_event(self) -> dict[str, tuple[str, ...]]:
        return self._names_by("events")

    @cached_property
    def _names_by_metric(self) -> dict[str, tuple[str, ...]]:
        return self._names_by("metrics")

    @cached_property
    def _names_by_kind(self) -> dict[str, tuple[str, ...]]:
        """Which campaigns have such triggers, whatever they watch."""
        entries = sorted(self._manifest["campaigns"].items())
        kinds = ("dates", "segments", "schedules")
        return {kind: tuple(name for name, entry in entries if entry[kind]) for kind in kinds}

    def _names_by(self, what: str) -> dict[str, tuple[str, ...]]:
        names: dict[str, list[str]] = {}
        for campaign, entry in sorted(self._manifest["campaigns"].items()):
            for key in entry[what]:
                names.setdefault(key, []).append(campaign)
        return {key: tuple(campaigns) for key, campaigns in names.items()}

    @cached_property
    def _metrics_by_event(self) -> dict[str, tuple[Metric, ...]]:
        metrics: dict[str, dict[str, Metric]] = {}
        for metric in self.metrics.values():
            for rule in metric.rules:
                metrics.setdefault(rule.event, {})[metric.name] = metric
        return {event: tuple(changed.values()) for event, changed in metrics.items()}


def catalogue_of(content: published.Content) -> PublishedCatalogue:
    """A folder's content as if it were published, for simulation and preview."""
    by_key = {
        (document.kind, document.name, document.version): document.body for document in published.documents(content)
    }
    manifest = next(body for (kind, _, _), body in by_key.items() if kind == published.MANIFEST)
    compiled = CompiledContent(lambda kind, name, version: by_key[kind, name, version])
    return PublishedCatalogue(manifest, compiled, codes=content.codes)
