"""The shop's customers, all of them made up. Who does what is told in `plot`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

from dampf_cli.sample_week.assortment import TABLE_SAW, Product

SHOP: Final = "shop.example"
SEGMENT: Final = "aws.partner/segment.com/example-tools"
SHOPIFY: Final = "aws.partner/shopify.com/1000001/example-tools"


@dataclass(frozen=True, kw_only=True, slots=True)
class Past:
    """What a customer bought before the week: `orders` a fortnight apart, the last so long `ago`, each of `product`.

    What is left out is left to chance.
    """

    orders: int
    ago: timedelta = timedelta(days=14)
    product: Product | None = None
    known_for: timedelta | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Person:
    """`door` is where this person's events come from: one of the three sources. `traits` are told beside the name,
    and a birthday that is so many days after the week's beginning. Without a `past`, chance decides about it.
    """

    number: int
    first_name: str
    last_name: str
    email: str
    door: str = SHOP
    language: str = "de"
    timezone: str = "Europe/Berlin"
    traits: Mapping[str, Any] = field(default_factory=dict)
    birthday_in: int | None = None
    past: Past | None = None

    @property
    def customer_id(self) -> str:
        return str(7_000_000 + self.number)

    @property
    def anonymous_id(self) -> str:
        return f"browser-{self.number}"


NEWCOMERS: Final = (
    Person(number=1, first_name="Anna", last_name="Schmidt", email="anna.schmidt@example.com"),
    Person(number=2, first_name="Jürgen", last_name="Weiß", email="juergen.weiss@example.com"),
    Person(number=3, first_name="Chloé", last_name="Dubois", email="chloe.dubois@example.org", language="fr",
           timezone="Europe/Paris"),
    Person(number=4, first_name="Mehmet", last_name="Yılmaz", email="mehmet.yilmaz@example.net"),
    Person(number=5, first_name="Łukasz", last_name="Nowak", email="lukasz.nowak@example.org", door=SEGMENT,
           language="pl", timezone="Europe/Warsaw"),
    Person(number=6, first_name="Emma", last_name="Johnson", email="emma.johnson@example.com", door=SEGMENT,
           language="en", timezone="America/New_York"),
    Person(number=7, first_name="Katharina", last_name="Bäumler", email="k.baeumler@example.com", door=SHOPIFY),
    Person(number=8, first_name="José", last_name="García", email="jose.garcia@example.net", door=SHOPIFY,
           language="es", timezone="Europe/Madrid"),
)  # fmt: skip

ABANDONING: Final = (
    Person(number=9, first_name="Zoë", last_name="Müller", email="zoe.mueller@example.com"),
    Person(number=10, first_name="Matthias", last_name="Groß", email="matthias.gross@example.org"),
    Person(number=11, first_name="Siobhán", last_name="O'Connor", email="siobhan.oconnor@example.com", door=SEGMENT,
           language="en", timezone="Europe/Dublin"),
    Person(number=12, first_name="Heike", last_name="Schröder", email="heike.schroeder@example.net", door=SEGMENT),
    Person(number=13, first_name="Marco", last_name="Rossi", email="marco.rossi@example.org", door=SHOPIFY,
           language="it", timezone="Europe/Rome"),
)  # fmt: skip

BUYING_AT_ONCE: Final = (
    Person(number=14, first_name="Uwe", last_name="Krämer", email="uwe.kraemer@example.com"),
    Person(number=15, first_name="Björn", last_name="Østergård", email="bjorn.ostergard@example.org", language="en",
           timezone="Europe/Copenhagen"),
    Person(number=16, first_name="Fatma", last_name="Öztürk", email="fatma.oeztuerk@example.com", door=SEGMENT),
    Person(number=17, first_name="Liam", last_name="Walker", email="liam.walker@example.net", door=SEGMENT,
           language="en", timezone="Europe/London"),
    Person(number=18, first_name="Priya", last_name="Raman", email="priya.raman@example.com", door=SHOPIFY,
           language="en"),
)  # fmt: skip

BUYING_ONCE_REMINDED: Final = (
    Person(number=19, first_name="Sören", last_name="Petersen", email="soeren.petersen@example.com"),
    Person(number=20, first_name="Olena", last_name="Kovalenko", email="olena.kovalenko@example.org", door=SEGMENT,
           language="en"),
    Person(number=21, first_name="Sabine", last_name="Hofmann", email="sabine.hofmann@example.com", door=SHOPIFY),
)  # fmt: skip

LOOKING: Final = (
    Person(number=22, first_name="Ingrid", last_name="Lindqvist", email="ingrid.lindqvist@example.org", language="en",
           timezone="Europe/Stockholm"),
    Person(number=23, first_name="Petr", last_name="Dvořák", email="petr.dvorak@example.com", door=SEGMENT,
           language="en", timezone="Europe/Prague"),
    Person(number=24, first_name="Jonas", last_name="Vogel", email="jonas.vogel@example.net"),
    Person(number=25, first_name="Aisha", last_name="Diallo", email="aisha.diallo@example.com", door=SEGMENT),
    Person(number=26, first_name="Yuki", last_name="Tanaka", email="yuki.tanaka@example.org", language="en",
           timezone="Asia/Tokyo"),
)  # fmt: skip

EMPTYING_THE_CART: Final = Person(
    number=27, first_name="Eleni", last_name="Papadopoulou", email="eleni.p@example.com", language="en"
)
WITHOUT_CONSENT: Final = Person(number=28, first_name="Wei", last_name="Chen", email="wei.chen@example.net")
WITHDRAWING: Final = Person(number=29, first_name="Tomás", last_name="Ferreira", email="tomas.ferreira@example.org")
FAITHFUL: Final = Person(
    number=30, first_name="Renate", last_name="Köhler", email="renate.koehler@example.com", past=Past(orders=9)
)

GREETED: Final = Person(
    number=31,
    first_name="Greta",
    last_name="Lang",
    email="greta.lang@example.com",
    traits={"interests": ["wood"]},
    birthday_in=3,
)
A_YEAR_WITH_US: Final = Person(
    number=32,
    first_name="Oskar",
    last_name="Brandt",
    email="oskar.brandt@example.org",
    past=Past(orders=1, known_for=timedelta(days=363)),
)
LAPSED: Final = Person(
    number=33,
    first_name="Dilara",
    last_name="Aksoy",
    email="dilara.aksoy@example.com",
    past=Past(orders=4, ago=timedelta(days=88)),
)
ORDERING_OFTEN: Final = Person(
    number=34,
    first_name="Gustav",
    last_name="Holm",
    email="gustav.holm@example.net",
    language="en",
    past=Past(orders=19),
)
ORDERING_MUCH: Final = Person(
    number=35,
    first_name="Miriam",
    last_name="Adler",
    email="miriam.adler@example.org",
    past=Past(orders=3, product=TABLE_SAW),
)
ON_ACCOUNT: Final = Person(
    number=36,
    first_name="Josef",
    last_name="Huber",
    email="josef.huber@example.com",
    traits={"customer_type": "business", "company": "Huber Joinery"},
)
TRADER: Final = Person(
    number=37,
    first_name="Carla",
    last_name="Moretti",
    email="carla.moretti@example.net",
    language="en",
    traits={"customer_type": "business", "company": "Moretti Interiors"},
)
LEAD: Final = Person(
    number=38, first_name="Nadia", last_name="Benali", email="nadia.benali@example.com", past=Past(orders=0)
)
SUBSCRIBING: Final = Person(number=39, first_name="Pavel", last_name="Horák", email="pavel.horak@example.org")
NEVER_CONFIRMING: Final = Person(number=40, first_name="Lena", last_name="Roth", email="lena.roth@example.net")
FOLLOWED: Final = Person(number=41, first_name="Ida", last_name="Berg", email="ida.berg@example.org", language="en")
BY_POST: Final = Person(
    number=42,
    first_name="Hedwig",
    last_name="Sommer",
    email="hedwig.sommer@example.com",
    traits={"address": "Musterweg 7, 10115 Berlin"},
    past=Past(orders=1, product=TABLE_SAW),
)
WAITING: Final = (
    Person(number=43, first_name="Anton", last_name="Kurz", email="anton.kurz@example.com"),
    Person(number=44, first_name="Mary", last_name="Byrne", email="mary.byrne@example.org", language="en",
           timezone="Europe/Dublin"),
)  # fmt: skip
"""For what costs less soon, and for what is there again."""

WITHOUT_MAIL: Final = (WITHOUT_CONSENT, BY_POST)
"""Known, and without consent to marketing."""

KNOWN: Final = (
    *ABANDONING,
    *BUYING_AT_ONCE,
    *BUYING_ONCE_REMINDED,
    *LOOKING,
    EMPTYING_THE_CART,
    WITHOUT_CONSENT,
    WITHDRAWING,
    FAITHFUL,
    GREETED,
    A_YEAR_WITH_US,
    LAPSED,
    ORDERING_OFTEN,
    ORDERING_MUCH,
    ON_ACCOUNT,
    LEAD,
    FOLLOWED,
    BY_POST,
    *WAITING,
)
"""Customers from before this week."""

NEW: Final = (*NEWCOMERS, TRADER, SUBSCRIBING, NEVER_CONFIRMING)
"""Who becomes known in it."""
