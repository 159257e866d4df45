"""The one style sheet: nothing of Bootstrap that a page could need is missing, and little more is there."""

import brotli
import pytest

from portal.web import styles


@pytest.mark.parametrize(
    ("css", "kept"),
    [
        (".a{x:1}.b{y:2}", ".a{x:1}"),
        (".a,.b>.c,p{x:1}", ".a,p{x:1}"),
        (".a .b{x:1}.a.a:hover::before{y:2}", ".a.a:hover::before{y:2}"),
        (".a:not(.b){x:1}", ".a:not(.b){x:1}"),
        ("p,input[type=text]{x:1}", "p,input[type=text]{x:1}"),
        (":root,[data-bs-theme=dark]{x:1}", ":root{x:1}"),
        ("@media (min-width:1px){.b{x:1}.a{y:2}}@media print{.b{z:3}}", "@media (min-width:1px){.a{y:2}}"),
        (":root{--on:1;--off:2;--by:var(--on)}.a{x:var(--by)}", ":root{--on:1;--by:var(--on)}.a{x:var(--by)}"),
        (":root{--first:1;--then:var(--first)}", ":root{}"),
        ("@keyframes no{to{x:1}}@keyframes go{to{x:2}}.a{animation:go}", "@keyframes go{to{x:2}}.a{animation:go}"),
        ('.a{x:url("data:image/svg+xml,%3csvg%3e{;}")}', '.a{x:url("data:image/svg+xml,%3csvg%3e{;}")}'),
    ],
)  # fmt: skip
def test_rules_stay_whose_every_class_somebody_names(css: str, kept: str) -> None:
    assert styles.used_of(css, {"a"}).replace(": ", ":") == kept


def test_property_stays_that_our_own_rules_use() -> None:
    assert styles.used_of(":root{--bs-gap:1}", set(), beside=".own { gap: var(--bs-gap); }") == ":root{--bs-gap:1}"


def test_page_has_what_its_templates_name_and_the_licence_of_what_it_took() -> None:
    css = styles.page_style()

    needed = (".btn{", ".form-control{", ".visually-hidden", ".table", ".is-invalid")
    assert [name for name in needed if name not in css] == []
    assert ".carousel" not in css and ".offcanvas" not in css
    assert "Licensed under MIT" in css and css.count("{") == css.count("}")
    assert "--ink-soft: " in css and css.index("--ink-soft: ") < css.index("var(--ink-soft)")
    assert len(brotli.compress(css.encode())) < 20_000
