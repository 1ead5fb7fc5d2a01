"""``{interactive} event-tree`` and the like: figures with controls that run in the reader's browser alone.

The figure is built by ``assets/<name>.js`` inside an empty box; its settings lie beside it as JSON. Without
JavaScript, on paper and in LaTeX, a sentence with numbers says what the figure would show. What figures share, such as
their state in the page's address, is explained at the top of ``assets/figure.js``.
"""

import json
from collections.abc import Callable
from html import escape
from math import inf, prod
from typing import ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from . import static_only
from .assets_on_pages import need
from .tokenizer_data import tokenizer_settings


def ladder_words(settings: dict) -> str:
    """The ladder in a sentence, from its own rows: the best model of every unit."""
    rows = settings["rows"]
    floor = next(row["bits_per_token"] for row in rows if row["gap"] == 0)
    best: dict[int, dict] = {}
    for row in rows:
        if row["gap"] and row["gap"] < best.get(row["unit"], {"gap": inf})["gap"]:
            best[row["unit"]] = row
    steps = ", ".join(f"{row['bits_per_token']:.2f} ({row['model']}, unit {unit:02d})" for unit, row in sorted(best.items()))
    return (f"The best models of the units need this many bits per token: {steps}. The floor, which no model can pass, is "
            f"{floor:.2f}.")


FIGURES: dict[str, tuple[str, str | Callable[[dict], str]]] = {
    "ladder": ("The ladder", ladder_words),
    "event-tree": (
        "Event-tree explorer",
        "Each node of the tree offers permit, reject and the stop token, and the three probabilities add up to 1. "
        "With p(stop) = 0.4 at every node, texts of length 0, 1, 2, 3 have the total probabilities 0.4, 0.24, 0.144, "
        "0.0864, which approach 1 in sum. In the leaky model p(stop) halves with every word (0.4, 0.2, 0.1, …): "
        "the sum stays near 0.61, and the rest belongs to texts that never end.",
    ),
    "ngram-explorer": (
        "N-gram explorer",
        "For a chosen order (1 to 5), smoothing and context the figure shows the next-word probabilities learnt from "
        "a short text, which of those words were seen after the context, and the perplexity of a held-out sentence.",
    ),
    "broadcasting": (
        "Broadcasting explorer",
        "Shapes are lined up from the right. Two sizes fit if they are equal or one of them is 1, and a missing axis counts "
        "as 1: (2, 3) and (3,) give (2, 3), (3, 1) and (4,) give (3, 4), but (2, 3) and (2,) do not fit. A sum over axis 1 "
        "of (3, 3) has the shape (3,) and is laid along the columns; with keepdims=True it has (3, 1) and stays with its rows.",
    ),
    "canyon": (
        "The canyon",
        "The loss of a line through 16 points is a long narrow valley over w and b, with its lowest point, 0.427, at "
        "w = 0.949, b = 0.832. From (-1, -1) and with all points in every step, 100 steps of size 0.005 come down to 0.510, "
        "of size 0.1 to 0.427; steps of size 0.3 end on the slopes, higher than they began: from 0.258 on every step "
        "overshoots the valley. Smaller batches make the same steps with less to read, and a path that trembles.",
    ),
    "tokenizer-explorer": (
        "Tokenizer explorer",
        "The sentence “Henry is givin' a lectrue on transformers” is cut by four tokenizers that learnt from a short English "
        "text. There are 7 words, most of them unknown, and 41 characters. Byte-level BPE begins with 41 bytes and has fewer, "
        "longer tokens with every merge; WordPiece marks the pieces inside a word with ##.",
    ),
    "embedding-map": (
        "Embedding map",
        "318 words of the story language as points in a plane, with count-based or with prediction-based vectors. Words of one "
        "kind lie together: names, places, verbs of motion and so on form a cluster each. The nearest neighbours of "
        "“waves” are crabs, gulls and wave, other scenery by the sea; those of “Ada” are the other girls' names.",
    ),
    "what-the-window-sees": (
        "What the window sees",
        "“Once, a rusty fox called Lova lived at the pond. At home …”: a network that sees eight words expects she (0.98), and "
        "he (0.98) once Lova is swapped for Egon. A network and a 4-gram model that see three words give she, he and they "
        "about a third each, whatever the name is. A longer window makes W longer in proportion; a table of n-grams grows by "
        "the factor 483 for every word.",
    ),
    "erasing": (
        "Erasing",
        "A recurrent network of one to three layers, unrolled over ten words. The state of layer ℓ at word t can be computed "
        "in step t + ℓ − 1 at the earliest: the last one of three layers in step 12. From the first word to the tenth there "
        "are 9 steps in time. In an RNN with weight 0.9 and a tanh of slope 0.5 each of them multiplies the gradient by 0.45, "
        "and 7.6e-4 of it is left; in an LSTM with a forget gate of 0.95 it is 0.6302. Attention takes one step, whatever the "
        "distance.",
    ),
    "who-looks-at-whom": (
        "Who looks at whom",
        "“Lova saw the owl”, with made-up queries and keys of four numbers and values of two. “owl” has the scores 0.5, 2, 4 "
        "and 2.5 with the four words, divided by √d_k = 2 they are 0.25, 1, 2 and 1.25, and the weights 0.09, 0.18, 0.50 and "
        "0.23; its output is (0.53, 1.80). Under the causal mask B “Lova” sees only itself and gets its own value, (4.00, "
        "0.00); with no mask it would get (1.40, 1.77). Without the mask, words that change places take their outputs with "
        "them. A word appended at the end changes no output before it under B, and all of them without a mask.",
    ),
    "positions": (
        "Positions as clocks",
        "Each pair of features is the hand of a clock: it points to (sin ωt, cos ωt), and the first pair turns by ω = 1 "
        "radian a word. With d = 16, going on from position 12 by 3 words turns the eight hands by 3, 0.949, 0.3, 0.095, "
        "0.03, 0.009, 0.003 and 0.001 radians, and from any other position by the same. So the dot product of the two, 5.543,"
        " depends on the distance alone; of a position with itself it is 8.",
    ),
    "block": (
        "Step through a block",
        "Three words of four features each, “fox sees owl”, pass an encoder block with one head and six hidden units, with "
        "the numbers of all fourteen steps: embeddings, positions, queries, keys, values, scores, weights, averages, output "
        "projection, residual, norm, and the feed-forward network with its own residual and norm. Without positions “owl sees"
        " fox” gives the same three rows in another order; with them it does not.",
    ),
    "critical-path": (
        "The critical path",
        "An LSTM of three layers over ten words has 30 states. State t of layer ℓ can be computed in tick t + ℓ − 1 at the "
        "earliest, so the last one is there after 12 ticks, and the longest chain back to the first word goes through 12 "
        "states. A transformer of three layers has 30 states too, is done after 3 ticks, and its chains are 3 states long, "
        "whatever the number of words.",
    ),
    "decoders-desk": (
        "The decoder's desk",
        "Nine tokens can follow “and thanks for all the ▁”. Top-p 0.75 keeps two of them, fish with 0.875 and memories with "
        "0.125; the others had 0.200. At temperature 0.5 fish has 0.965, at 2 it has 0.366, and at 0 nothing else is left. "
        "After “the old guide met a ▁” nine tokens are about equally probable: top-p 0.75 keeps seven, and top-k 2 would throw "
        "away 0.730 of the probability.",
    ),
    "whose-text-goes": (
        "Whose text goes",
        "Of 81 crawled pages by eleven kinds of authors 24 are kept. All 6 with health advice go by the list of blocked "
        "words, and 4 of the student group's 6; the valley school's 6 go by the quality filter, the city school's 6 are all "
        "kept. Without the list and with 0.5 as the least quality 46 are kept, and of the English sources only shop and "
        "forum lose everything.",
    ),
    "workers": (
        "Timelines of one, two and four workers",
        "A step of 12 units on one worker, 4 of them forward and 8 backward. A pipeline of four with one micro-batch takes "
        "12 units, too, and three quarters of its time is waiting; with 4 micro-batches it takes 5.25 and waits for 3/7, "
        "with 12 it takes 3.75 and waits for 3/15. With the batch shared out among four, and one unit of time to send a "
        "gradient, a step takes 4.5 units; with six units it takes 12, and the four are no faster than one.",
    ),
    "beam-tree": (
        "The decoder's desk: a beam",
        "After “… the tower , and” greedy search takes “the”, the most probable token of a 5-gram model, and ends with “the "
        "owls hugged her . ⟨eos⟩”, log p −4.21. A beam of two keeps “she” as well and finds “she hugs him . ⟨eos⟩”, −1.95. "
        "After “… the theatre , and” a beam of two finds “they hugged her . ⟨eos⟩” with −2.99 before “the cricket hugged him "
        ". ⟨eos⟩” with −3.05; divided by their 5 and 6 tokens these are −0.60 and −0.51, and change places.",
    ),
    "cache-filling": (
        "The decoder's desk: the cache",
        "To write six tokens a layer computes 6 rows of keys and values and 21 products of a query with a key if it keeps "
        "the rows, and 21 rows and 56 products if it does not. In the sixth step alone it computes one row and 6 products, "
        "and reads five rows from the cache; without one it computes all 6 rows and 21 products again.",
    ),
}
SCRIPTS = {
    "ladder": ("figure.js", "ladder.js"),
    "event-tree": ("figure.js", "event-tree.js"),
    "ngram-explorer": ("figure.js", "ngram-models.js", "ngram-explorer.js"),
    "broadcasting": ("figure.js", "shapes.js", "broadcasting.js"),
    "canyon": ("figure.js", "canyon.js"),
    "tokenizer-explorer": ("figure.js", "tokenizers.js", "tokenizer-explorer.js"),
    "embedding-map": ("figure.js", "embedding-map.js"),
    "what-the-window-sees": ("figure.js", "window.js"),
    "erasing": ("figure.js", "erasing.js"),
    "who-looks-at-whom": ("figure.js", "who-looks.js"),
    "positions": ("figure.js", "positions.js"),
    "block": ("figure.js", "block.js"),
    "critical-path": ("figure.js", "critical-path.js"),
    "decoders-desk": ("figure.js", "desk.js"),
    "whose-text-goes": ("figure.js", "web-text.js", "whose-text.js"),
    "workers": ("figure.js", "timelines.js", "workers.js"),
    "beam-tree": ("figure.js", "beams.js", "beam-tree.js"),
    "cache-filling": ("figure.js", "cache-filling.js"),
}
DEFAULTS = {"ladder": "ladder.json", "ngram-explorer": "ngram_explorer.json", "embedding-map": "embedding_map.json",
            "what-the-window-sees": "what_the_window_sees.json", "who-looks-at-whom": "who_looks_at_whom.json",
            "whose-text-goes": "whose_text_goes.json", "beam-tree": "beam_tree.json"}
COMPUTED = {"tokenizer-explorer": tokenizer_settings}  # settings that are made while the book is built


def corpus_problem(found: dict) -> str | None:
    """What is wrong with the texts of the n-gram explorer."""
    for key in ("training", "heldout"):
        texts = found.get(key)
        if not texts or not all(isinstance(one, str) and one.split() for one in texts):
            return f"{key} must be a list of sentences that are not empty"
    unknown = {word for one in found["heldout"] for word in one.split()}
    unknown -= {word for one in found["training"] for word in one.split()}
    return f"the held-out text has words that training lacks: {sorted(unknown)}" if unknown else None


def map_problem(found: dict) -> str | None:
    """What is wrong with the words and views of the embedding map."""
    n = len(found.get("words", []))
    lists = [found.get("kinds", []), found.get("details", [])]
    lists += [view.get(key, []) for view in found.get("views", {}).values() for key in ("places", "within", "neighbours")]
    if not n or len(lists) < 5 or any(len(one) != n for one in lists):
        return "words, kinds, details, and the places, within and neighbours of every view must be lists of one length"
    return None


def window_problem(found: dict) -> str | None:
    """What is wrong with the answers of the models that see a window."""
    choices = [len(options) for options in found.get("choices", [])]
    for model in found.get("models", []):
        if len(model["answers"]) != prod(choices[-model["sees"]:]):
            return f"{model['name']} must have an answer for every choice of the last {model['sees']} words"
        if max(word for row in model["answers"] for word in row[::2]) >= len(found["words"]):
            return f"{model['name']} names a word that is not in the list of words"
    return None if choices and found.get("models") else "choices and models must not be empty"


def vectors_problem(found: dict) -> str | None:
    """What is wrong with the words and vectors of the figure of attention."""
    vectors, named = found.get("vectors", {}), [*found.get("text", []), *found.get("more", [])]
    if len(named) < 2 or len(set(named)) < len(named) or {*named} != vectors.keys():
        return "text and more must be different words, and vectors must have an entry for each of them and for no other"
    sizes = {(len(one["q"]), len(one["v"])) for one in vectors.values()}
    if len(sizes) > 1 or any(len(one["q"]) != len(one["k"]) for one in vectors.values()):
        return "q and k of all words must have one length, and v of all words too"
    return None


def crawl_problem(found: dict) -> str | None:
    """What is wrong with the pages of the figure of whose text goes."""
    pages = found.get("pages", [])
    if not pages or {page["source"] for page in pages} != set(found.get("sources", [])):
        return "pages must not be empty, and sources must be those of the pages"
    if any(len(page[key]["scores"]) != len(found["references"]) for page in pages for key in ("rules", "plain")):
        return "every page needs a score for each reference"
    return None


def tree_problem(found: dict) -> str | None:
    """What is wrong with the next tokens of the beam's models."""
    if not found.get("models") or any("" not in model["nodes"] for model in found["models"]):
        return "models must not be empty, and each must say what follows the empty text"
    return None


def ladder_problem(found: dict) -> str | None:
    """What is wrong with the rows of the ladder."""
    rows = found.get("rows")
    if not rows or sum(row["gap"] == 0 for row in rows) != 1 or len(rows) < 2:
        return "the ladder must have models and one row with gap 0, the source"
    return None


CHECKS = {"ladder": ladder_problem, "ngram-explorer": corpus_problem, "embedding-map": map_problem,
          "what-the-window-sees": window_problem, "who-looks-at-whom": vectors_problem, "whose-text-goes": crawl_problem,
          "beam-tree": tree_problem}


class InteractiveDirective(SphinxDirective):
    has_content = True
    required_arguments = 1
    option_spec: ClassVar = {"name": str, "data": str, "depth": directives.nonnegative_int}

    def run(self) -> list[nodes.Node]:
        name = self.arguments[0]
        if name not in FIGURES:
            raise self.error(f"there is no interactive figure {name!r}; there are {', '.join(FIGURES)}")
        if not self.content:
            raise self.error(f"interactive {name} needs a caption: what to do, and what to see")
        title, fallback = FIGURES[name]
        settings = {"depth": self.options["depth"]} if "depth" in self.options else {}
        data = self.options.get("data", DEFAULTS.get(name))
        if data:
            settings |= self.read(data, CHECKS[name])
        if name in COMPUTED:
            settings |= COMPUTED[name]()
        if callable(fallback):
            fallback = fallback(settings)
        number = self.env.new_serialno("interactive")
        text = json.dumps(settings, ensure_ascii=False).replace("<", "\\u003c")
        html = (
            f'<div class="interactive" data-figure="{name}" id="interactive-{number}" role="group" '
            f'aria-label="{escape(title)}">'
            f'<script type="application/json">{text}</script>'
            f"<noscript><p>This figure needs JavaScript. Here is what it would show.</p></noscript>"
            f'<p class="figure-words">{escape(fallback)}</p></div>'
        )
        figure = nodes.figure(classes=["interactive-figure"])
        figure += nodes.raw("", html, format="html")
        figure += static_only.static_only("", nodes.paragraph("", f"{title} (move it in the online book). {fallback}"))
        caption = nodes.Element()
        self.state.nested_parse(self.content, self.content_offset, caption)
        first, *rest = caption.children
        if not isinstance(first, nodes.paragraph):
            raise self.error("the caption must start with a paragraph")
        figure += nodes.caption("", "", *first.children)
        if rest:
            figure += nodes.legend("", *rest)
        self.set_source_info(figure)
        if "name" in self.options:
            self.options["name"] = nodes.fully_normalize_name(self.options["name"])
            self.add_name(figure)
        for script in SCRIPTS[name]:
            need(self.env, script)
        return [figure]

    def read(self, data: str, check: Callable[[dict], str | None]) -> dict:
        relative, path = self.env.relfn2path(f"/_data/{data}")
        self.env.note_dependency(relative)
        try:
            with open(path, encoding="utf8") as file:
                found = json.load(file)
                found = {"rows": found} if isinstance(found, list) else found
        except (OSError, ValueError) as problem:
            raise self.error(f"_data/{data}: {problem}") from problem
        problem = check(found)
        if problem:
            raise self.error(f"_data/{data}: {problem}")
        return found


def setup(app: Sphinx) -> None:
    static_only.setup(app)
    app.add_directive("interactive", InteractiveDirective)
