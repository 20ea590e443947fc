"""The colours that follow from a shop's own can be read, whatever colour that is."""

import pytest

from dampf.domain.brand import BLACK, INK, NIGHT, WHITE, Brand, contrast


def test_contrast_is_that_of_wcag() -> None:
    assert round(contrast("#000000", "#ffffff"), 2) == 21
    assert round(contrast("#767676", "#ffffff"), 2) == 4.54
    assert contrast("#0f5463", "#0f5463") == 1


@pytest.mark.parametrize(
    "color, text_color",
    [("#0f5463", WHITE), ("#000000", WHITE), ("#ffcc00", INK), ("#ffffff", INK), ("#808080", BLACK)],
    ids=["petrol", "black", "yellow", "white", "grey"],
)
def test_text_on_the_shops_colour_can_be_read(color: str, text_color: str) -> None:
    assert Brand(color=color).text_color == text_color


@pytest.mark.parametrize("color", ["#0f5463", "#000000", "#ffffff", "#ffcc00", "#ff0000", "#808080"])
def test_links_can_be_read_by_day_and_by_night(color: str) -> None:
    brand = Brand(color=color)
    assert contrast(brand.link_color, WHITE) >= 4.5
    assert contrast(brand.dark_link_color, NIGHT) >= 4.5


def test_a_colour_that_can_be_read_stays_as_the_shop_chose_it() -> None:
    assert Brand(color="#0f5463").link_color == "#0f5463"
    assert Brand(color="#ffcc00").dark_link_color == "#ffcc00"


@pytest.mark.parametrize("level", range(0, 256, 5))
def test_on_no_grey_is_text_hard_to_read(level: int) -> None:
    brand = Brand(color=f"#{level:02x}{level:02x}{level:02x}")
    assert contrast(brand.color, brand.text_color) >= 4.5
