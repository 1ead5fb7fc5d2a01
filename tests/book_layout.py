"""What is measured on a page of the book that is open in a browser: room, sizes, paper, and what it loaded.

``tests/test_book_browser.py`` opens every page and calls these; each adds what it finds to ``faults``, by kind.
"""

import re
from pathlib import Path
from urllib.parse import unquote, urlparse

WIDE, PHONE = {"width": 1280, "height": 900}, {"width": 375, "height": 812}
PAPER = {"width": 680, "height": 1000}    # A4 without margins of 15 mm, at 96 pixels an inch
BYTES, BYTES_WITH_FORMULAS = 1_500_000, 2_600_000    # of all that a page loads, nothing compressed
SMALLEST_LABEL = 9                                   # pixels of a picture's text on a phone
LONGEST_LINE = 80    # characters of a code cell: so many fit into its box on a wide screen

# Boxes that are narrower than what they hold, and code cells without room for so many characters, folded ones included.
TOO_WIDE = """() => {
  const boxes = document.querySelectorAll(
    '.bd-article :is(pre, div.highlight, mjx-container[display="true"], .cell_output > *)');
  return [...boxes].filter((box) => box.scrollWidth > box.clientWidth + 1)
    .map((box) => `${box.textContent.trim().slice(0, 40)}… is ${box.scrollWidth} px wide in ${box.clientWidth}`);
}"""
NO_ROOM = """(characters) => {
  const folded = [...document.querySelectorAll('details:not([open])')];
  folded.forEach((one) => { one.open = true; });
  const cells = [...document.querySelectorAll('div.cell_input pre')].filter((box) => {
    const ruler = document.createElement('span'), style = getComputedStyle(box);
    ruler.textContent = '0'.repeat(characters);
    ruler.style.cssText = 'position: absolute; white-space: pre';
    box.append(ruler);
    const room = box.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
    const wide = ruler.offsetWidth > room;
    ruler.remove();
    return wide;
  });
  folded.forEach((one) => { one.open = false; });
  return cells.map((box) => box.textContent.trim().slice(0, 40));
}"""
# What paper has no use for and yet shows, and what a click would open and paper does not show.
ON_PAPER = """() => {
  const seen = (one) => one.checkVisibility({ contentVisibilityAuto: true }) && one.getBoundingClientRect().height > 0;
  const all = (css) => [...document.querySelectorAll(css)];
  const folded = all('.bd-article details').filter((one) => !one.closest('.interactive'))
    .filter((one) => ![...one.children].some((child) => child.tagName !== 'SUMMARY' && seen(child)));
  return [
    ...all('.quiz-why, .figure-words').filter((one) => !seen(one)).map((one) => `hidden: ${one.textContent.slice(0, 40)}`),
    ...folded.map((one) => `folded: ${one.textContent.trim().slice(0, 40)}`),
    ...all('.quiz :is(input, button), .interactive :is(input, select, .controls, .actions), .copybtn, summary')
      .filter(seen).map((one) => `useless: ${one.outerHTML.slice(0, 80)}`),
  ];
}"""


def smallest_label(path):
    """The height of the smallest text in a picture by Matplotlib, as a share of the picture's width."""
    text = path.read_text()
    group = r'<g [^>]*transform="translate\([^)]*\) scale\(([\d.]+) -[\d.]+\)">\s*(?:<defs>.*?</defs>\s*)?<use'
    scales = map(float, re.findall(group, text, re.DOTALL))          # of glyphs that are drawn 100 units high
    return 100 * min(scales) / float(re.search(r'viewBox="0 0 ([\d.]+)', text)[1])


def layout(tab, where, faults, size):
    """Nothing is wider than its box on a wide screen, and no label too small on a phone."""
    if size == WIDE:
        faults["too wide"] += [f"{where}: {one}" for one in tab.evaluate(TOO_WIDE)]
        faults["no room"] += [f"{where}: {one}" for one in tab.evaluate(NO_ROOM, LONGEST_LINE)]
    if size == PHONE:
        pictures = tab.evaluate("[...document.querySelectorAll('.bd-article figure img')].map((i) => [i.src, i.width])")
        for address, width in pictures:
            pixels = smallest_label(Path(unquote(urlparse(address).path))) * width
            if pixels < SMALLEST_LABEL:
                faults["small"].append(f"{where}: a label of {pixels:.1f} px in {address}")


def paper(tab, faults):
    """The page as it is printed: nothing cut off, nothing hidden, nothing that only a click could use."""
    tab.emulate_media(media="print")
    tab.set_viewport_size(PAPER)
    width = tab.evaluate("document.documentElement.scrollWidth")
    if width > PAPER["width"]:
        faults["paper"].append(f"{width} px wide on {PAPER['width']} px")
    faults["paper"] += tab.evaluate(TOO_WIDE) + tab.evaluate(ON_PAPER)
    tab.emulate_media(media="screen")


def most_bytes(page):
    """How much a page may load; the search page has the words of the whole book with it."""
    return BYTES_WITH_FORMULAS if re.search(r'class="(?:[^"]* )?math[ "]|search-entries\.js', page) else BYTES


def loaded_bytes(addresses):
    """How much a page has loaded from disk, each file once."""
    paths = {urlparse(one).path for one in addresses if one.startswith("file:")}
    return sum(Path(unquote(path)).stat().st_size for path in paths)


