"""What ``figure.js`` promises for every interactive figure: a link that reproduces it, examples that can be picked again, a box
that it stays in, and stillness where it is asked for. A new figure is found on its page and tested here at once; where it has
state that is no control, ``PRESSES`` says what changes it.
"""

import re

from book_layout import PHONE, WIDE
from test_book_browser import HTML, READY, built, chromium, tab, with_class, with_figure  # noqa: F401 - fixtures

# A press that changes what is no control, where a figure has such a thing, and its name in the address.
PRESSES = {
    "event-tree": ("node", lambda box: box.locator('[role="treeitem"][tabindex="0"]').press("ArrowRight")),
    "broadcasting": ("step", lambda box: box.get_by_role("button", name="Next axis").press("Enter")),
    "canyon": ("draw", lambda box: box.get_by_role("button", name="Draw other batches").press("Enter")),
    "embedding-map": ("word", lambda box: box.locator(".neighbours button").nth(1).press("Enter")),
    "erasing": ("from", lambda box: box.locator('[role="gridcell"][data-cell="4.0"]').press("Enter")),
    "who-looks-at-whom": ("order", lambda box: box.get_by_role("button", name="Swap with the word before").press("Enter")),
    "critical-path": ("at", lambda box: box.get_by_role("button", name="One tick").press("Enter")),
    "whose-text-goes": ("words", lambda box: box.get_by_role("button", name="lesbian").press("Enter")),
}
# Children that stick out of a box, unless something between them scrolls; that must stay inside itself.
OUTSIDE = """(box) => {
  const edge = box.getBoundingClientRect(), out = [];
  for (const one of box.querySelectorAll('*')) {
    const place = one.getBoundingClientRect();
    const cuts = (holder) => ['auto', 'scroll', 'hidden'].includes(getComputedStyle(holder).overflowX);
    let holder = one.parentElement;
    while (holder !== box && !cuts(holder)) holder = holder.parentElement;
    const sticksOut = place.left < edge.left - 1 || place.right > edge.right + 1;
    if (holder === box && place.width && sticksOut) out.push(one.outerHTML.slice(0, 100));
  }
  return out;
}"""


def figures_of(built):  # noqa: F811
    """(page, figure) for every interactive figure of the book."""
    found = [(name, figure) for name, text in built.items() for figure in re.findall(r'data-figure="([^"]+)"', text)]
    assert {figure for _, figure in found} >= PRESSES.keys()
    return found


def shown(box):
    """All that a figure shows: its words, its controls, and where things are drawn."""
    values = box.evaluate("(b) => [...b.querySelectorAll('input, select')].map((one) => one.value)")
    drawn = box.evaluate("(b) => [...b.querySelectorAll('svg *')].map((one) => "
                         "['points', 'cx', 'd', 'x', 'class'].map((name) => one.getAttribute(name)).join(' '))")
    return box.inner_text(), values, drawn


def change(control):
    """Move a control of any kind."""
    kind = control.evaluate("(one) => one.type")
    if kind == "range":
        control.press("Home" if control.evaluate("(one) => one.value === one.max") else "End")
    elif kind == "select-one":
        control.select_option(index=control.evaluate("(one) => (one.selectedIndex + 1) % one.options.length"))
    else:
        control.fill(control.input_value() + "1")


def test_every_control_of_a_figure_is_kept_in_the_address(tab, built):  # noqa: F811
    for name, figure in figures_of(built):
        tab.goto(f"{HTML.as_uri()}/{name}")
        controls = tab.locator(f'[data-figure="{figure}"]').first.locator(".controls :is(input, select)")
        keys = [controls.nth(i).evaluate("(one) => one.dataset.key ?? one.dataset.example") for i in range(controls.count())]
        assert keys and None not in keys and len([k for k in keys if k]) == len({k for k in keys if k}), (figure, keys)


def reopened(tab, box):  # noqa: F811
    """What a figure shows in a page that is opened anew with the address that stands there now."""
    link = tab.url
    tab.goto("about:blank")
    tab.goto(link)
    assert box.evaluate("(b) => b.getBoundingClientRect().top < innerHeight"), f"{link} does not lead to the figure"
    return shown(box)


def test_a_link_reproduces_a_figure(tab, built):  # noqa: F811
    for name, figure in figures_of(built):
        tab.goto("about:blank")
        tab.goto(f"{HTML.as_uri()}/{name}")
        box = tab.locator(f'[data-figure="{figure}"]').first
        fresh = shown(box)
        for key in box.locator("[data-key]").evaluate_all("(all) => all.map((one) => one.dataset.key)"):
            control = box.locator(f'[data-key="{key}"]')
            if control.is_visible():
                change(control)
                tab.wait_for_function("(part) => location.hash.includes(part)", arg=f"{figure}.{key}=")
        there = shown(box)
        assert reopened(tab, box) == there != fresh, (figure, tab.url)
        if figure in PRESSES:
            tab.evaluate("location.hash = '#canyon.batch=1&broadcasting.a=3'")
            tab.wait_for_timeout(100)
            before, (key, press) = shown(box), PRESSES[figure]
            press(box)
            tab.wait_for_function("(part) => location.hash.includes(part)", arg=f"{figure}.{key}=")
            there = shown(box)
            assert reopened(tab, box) == there != before, (figure, tab.url)
        tab.evaluate("location.hash = '#none.key=1'")
        tab.wait_for_timeout(100)
        assert shown(box) == fresh, figure


def test_figures_bear_any_address(tab, built):  # noqa: F811
    for name, figure in figures_of(built):
        tab.goto("about:blank")
        tab.goto(f"{HTML.as_uri()}/{name}")
        box = tab.locator(f'[data-figure="{figure}"]').first
        fresh = shown(box)
        keys = box.locator("select[data-key]").evaluate_all("(all) => all.map((one) => one.dataset.key)")
        wrong = "&".join(f"{figure}.{key}=<b>%22" for key in [*keys, "node", "step", "draw", "word", "nothing"])
        tab.goto("about:blank")
        tab.goto(f"{HTML.as_uri()}/{name}#{wrong}")
        assert shown(box) == fresh, figure
        tab.evaluate("location.hash = '#a=b'")
        tab.evaluate("location.hash = '#main-content'")
        assert shown(box) == fresh, figure


def test_figures_go_back_with_the_address(tab, built):  # noqa: F811
    name = with_figure(built, "canyon")[0]
    tab.goto(f"{HTML.as_uri()}/{name}")
    box = tab.locator('[data-figure="canyon"]').first
    fresh = shown(box)
    tab.evaluate("location.hash = '#canyon.steps=7&canyon.start=far'")
    tab.wait_for_timeout(100)
    assert box.locator(".readout").inner_text().startswith("7 steps")
    assert box.get_by_label("Start", exact=True).input_value() == "far"
    tab.evaluate("location.hash = '#other.steps=8'")
    tab.wait_for_timeout(100)
    assert shown(box) == fresh


def test_an_example_can_be_picked_again(tab, built):  # noqa: F811
    seen = 0
    for name, figure in figures_of(built):
        tab.goto(f"{HTML.as_uri()}/{name}")
        box = tab.locator(f'[data-figure="{figure}"]').first
        for i in range(box.locator("select[data-example]").count()):
            seen += 1
            examples = box.locator("select[data-example]").nth(i)
            examples.select_option("1")
            wanted, text = shown(box), box.locator('input[type="text"]')
            if text.count():
                text.first.fill(text.first.input_value() + " 1")
            else:
                change(box.locator("[data-key]").first)
            assert examples.input_value() == "" and examples.locator("option").first.inner_text().endswith("(changed)")
            assert shown(box) != wanted
            examples.select_option("1")
            assert shown(box)[1:] == wanted[1:] and examples.input_value() == "1", figure
    assert seen >= 3


def test_broadcasting_begins_again_with_its_example(tab, built):  # noqa: F811
    tab.goto(f"{HTML.as_uri()}/{with_figure(built, 'broadcasting')[0]}")
    box = tab.locator('[data-figure="broadcasting"]').first
    example = box.get_by_label("Start from an example")
    box.get_by_role("button", name="All axes").press("Enter")
    assert box.locator(".array").count() == 3 and example.input_value() == ""
    example.select_option("0")
    assert box.locator(".array").count() == 0 and example.input_value() == "0"


def test_figures_stay_inside_their_box(tab, built):  # noqa: F811
    for name, figure in figures_of(built):
        for size in (WIDE, PHONE):
            tab.set_viewport_size(size)
            tab.goto(f"{HTML.as_uri()}/{name}")
            box = tab.locator(f'[data-figure="{figure}"]').first
            selects = box.locator("select[data-key]")
            for i in range(selects.count()):
                selects.nth(i).select_option(index=selects.nth(i).locator("option").count() - 1)
                assert not box.evaluate(OUTSIDE), (figure, size)
            for button in box.locator(".actions button:not([disabled])").all():
                if button.is_enabled():
                    button.press("Enter")
            assert not box.evaluate(OUTSIDE), (figure, size)
            assert box.evaluate("(b) => b.scrollWidth <= b.clientWidth"), (figure, size)
            if size == WIDE:
                scrolls = box.evaluate("""(b) => [...b.querySelectorAll('*')].filter((one) =>
                  one.scrollWidth > one.clientWidth + 1 && getComputedStyle(one).overflowX === 'auto')
                  .map((one) => one.className)""")
                assert not scrolls, f"{figure} scrolls on a wide screen: {scrolls}"


def test_nothing_moves_where_less_motion_is_asked_for(tab, built):  # noqa: F811
    tab.emulate_media(reduced_motion="reduce")
    tab.goto(f"{HTML.as_uri()}/{with_figure(built, 'canyon')[0]}")
    box = tab.locator('[data-figure="canyon"]').first
    box.get_by_role("button", name="Walk").press("Enter")
    assert box.locator(".readout").inner_text().startswith("100 steps")
    assert box.get_by_role("button", name="Walk").is_visible()
    moving = tab.evaluate("""[...document.querySelectorAll('*')].map((one) => getComputedStyle(one)).filter((style) =>
      style.transitionDuration !== '0s' || style.animationName !== 'none' || style.scrollBehavior === 'smooth').length""")
    assert moving == 0
    tab.emulate_media(reduced_motion="no-preference")


def test_printing_opens_and_closes_what_is_folded(tab, built):  # noqa: F811
    name = with_class(built, "mistakes")[0]
    tab.emulate_media(color_scheme="dark")
    tab.goto(f"{HTML.as_uri()}/{name}")
    tab.evaluate(READY)
    tab.evaluate("""window.addEventListener('beforeprint', () => { window.printed = [document.documentElement.dataset.theme,
      document.querySelectorAll('details:not([open])').length]; })""")
    folded = tab.locator("details:not([open])").count()
    assert folded and len(tab.pdf(format="A4", prefer_css_page_size=True)) > 100_000
    assert tab.evaluate("window.printed") == ["light", 0]
    assert tab.locator("details:not([open])").count() == folded
    assert tab.evaluate("document.documentElement.dataset.theme") == "dark"
    tab.emulate_media(color_scheme="light")
