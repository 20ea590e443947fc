"""The plain-text part reads like the mail."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dampf.campaigns.plain_text import plain_text


@pytest.mark.parametrize(
    "markup, text",
    [
        pytest.param("<p>one</p>\n\n\n<p>two</p>", "one\n\ntwo", id="paragraphs"),
        pytest.param("one<br>two<br/>three", "one\ntwo\nthree", id="line breaks"),
        pytest.param("a\n  b &amp; c&nbsp;d &euro;", "a b & c d €", id="spaces and entities"),
        pytest.param("<a href='https://a.example'>Go</a> on", "Go (https://a.example) on", id="a link"),
        pytest.param("<a href='https://a.example'>https://a.example</a>", "https://a.example", id="a link to itself"),
        pytest.param("<a href='mailto:a@b.example'>a@b.example</a>", "a@b.example", id="an address"),
        pytest.param("<a href='#top'>up</a>", "up", id="an anchor"),
        pytest.param(
            "<a href='https://a.example'><img alt='Logo'></a>", "Logo (https://a.example)", id="a picture link"
        ),
        pytest.param("<a href='https://a.example'><img></a>", "https://a.example", id="a picture without text"),
        pytest.param("<ol><li>a</li><li><p>b</p></li></ol>", "1. a\n2. b", id="a numbered list"),
        pytest.param("<ul><li>a<ul><li>b</li></ul></li></ul>", "- a\n  - b", id="a list in a list"),
        pytest.param("<style>p{}</style><script>x</script><!-- y --><p>z</p>", "z", id="styles, scripts, comments"),
        pytest.param("<!--[if mso]><p>Outlook</p><![endif]--><p>z</p>", "z", id="conditional comments"),
        pytest.param("<div style='display: none'>pre<br><b>x</b></div>z", "z", id="what is hidden"),
        pytest.param("<mj-head><mj-preview>pre</mj-preview></mj-head><mj-text>z</mj-text>", "z", id="the preheader"),
        pytest.param("a<hr>b", "a\n\n---\n\nb", id="a rule"),
        pytest.param("a<mj-divider />b<mj-divider></mj-divider>", "a\n\n---\n\nb\n\n---", id="dividers"),
        pytest.param("", "", id="nothing"),
    ],
)
def test_plain_text_reads_like_the_mail(markup: str, text: str) -> None:
    assert plain_text(markup) == text + "\n"


@given(st.text(alphabet=st.sampled_from("<>/ab='\"!-[]&;# \nliutrdpoh"), max_size=60))
def test_any_markup_has_a_text_without_runs_of_blank_lines(markup: str) -> None:
    assert "\n\n\n" not in plain_text(markup)
