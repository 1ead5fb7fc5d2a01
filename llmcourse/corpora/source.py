"""Turning a grammar into integer tables: a trie of sentence templates in which the next token names the arc.

Every story is a path through the trie. Because sibling arcs never share a word, a reader who knows the node they are at
always knows which arc a token took; and because every word class says which registers its words set, they know the
registers too. What stays hidden are the latents, and that is all the forward algorithm has to sum over.
"""

import re
from collections.abc import Sequence

import numpy as np

from ..vocabulary import EOS, Vocabulary
from .grammar import KINDS, SHARES, Choice, Grammar, WordClass, expand
from .reach import reachable_rows
from .trie import TrieArc, TrieNode

MAX_TESTS = 2  # a token tests at most two kinds of agreement (a verb: tense and number)


class Source:
    """The compiled tables of a grammar. Indices: node n, arc a, row r (a class and the registers it looks at), choice c.

    Raises ValueError, with the offending template or class, for a grammar in which (node, token) does not determine the
    arc, stories can go on for ever, a register could be read before it is set, or a weight is not a natural number.
    """

    def __init__(self, grammar: Grammar):
        self.grammar = grammar
        self.n_latents = len(grammar.topics) * len(grammar.moods)
        self.register_names = tuple(grammar.registers)
        self.switch = self.register_names.index(grammar.switch)
        self.classes = dict(grammar.classes)
        self.classes[EOS] = WordClass("EOS", {(): [Choice(EOS)]})
        self.roots = {name: TrieNode(shift=stage.shift) for name, stage in grammar.stages.items()}
        self._final = TrieNode()
        self._number_shifts()
        self._check_choices()
        self._build_trie()
        self._order_nodes()
        self._reachable = reachable_rows(self.nodes, self.classes, self.register_names, grammar.switch, self.shift_weight)
        self._number_choices()
        self._number_arcs()

    def row(self, arc: np.ndarray | int, registers: np.ndarray) -> np.ndarray:
        """The row from which an arc's word comes, given the registers. arc: (…), registers: (…, R)."""
        k = self.arc_class[arc]
        return np.asarray(self.class_row[k] + (self.class_stride[k] * registers).sum(-1))

    def update(self, registers: np.ndarray, choice: np.ndarray | int) -> np.ndarray:
        """The registers (…, R) after a choice (…)."""
        sets = self.choice_sets[choice]
        return np.where(sets, sets, registers)

    def _check_choices(self) -> None:
        """What the choices say about registers and agreement must exist."""
        for name, word_class in self.classes.items():
            for choice in (choice for row in word_class.rows.values() for choice in row):
                where = f"{choice.word!r} in class {name!r}"
                named = (*word_class.sources, *choice.sets, *choice.shows, *choice.distracts, *(r for _, r in choice.tests))
                for register in named:
                    if register not in self.grammar.registers:
                        raise ValueError(f"{where} names the register {register!r}, which the grammar does not have")
                for register, value in choice.sets.items():
                    if not 1 <= value <= self.grammar.registers[register]:
                        raise ValueError(f"{where} sets {register!r} to {value}, "
                                         f"expected 1 … {self.grammar.registers[register]}")
                if len(choice.tests) > MAX_TESTS or any(kind not in KINDS for kind, _ in choice.tests):
                    raise ValueError(f"{where} tests {[kind for kind, _ in choice.tests]}, expected at most {MAX_TESTS} of "
                                     f"{', '.join(KINDS)}")

    # The trie ---------------------------------------------------------------------------------------------------

    def _build_trie(self) -> None:
        n_values = self.grammar.registers[self.grammar.switch] + 1
        for name, stage in self.grammar.stages.items():
            for following, templates in stage.groups:
                if following is not None and following not in self.roots:
                    raise ValueError(f"stage {name!r} is followed by {following!r}, which is not a stage")
                for template in templates:
                    sentences = expand(template.text)
                    weight = natural(template.weight, self.n_latents, template.text) * (SHARES // len(sentences))
                    for words in sentences:
                        table = np.zeros((n_values, self.n_latents), np.int64)
                        values = [int(digit) for word in words if word[0] == "@" for digit in word[1:]]
                        table[values if values else slice(None)] = weight
                        slots = [self._slot(word) for word in words if word[0] != "@"]
                        if following is None:
                            slots.append(EOS)
                        target = self._final if following is None else self.roots[following]
                        self._insert(self.roots[name], slots, table, target, template.text)

    def _slot(self, word: str) -> str:
        """The class of a template's word; a word that is spelled out is a class of its own."""
        if re.fullmatch(r"<.+>", word):
            if word[1:-1] not in self.classes:
                raise ValueError(f"a template uses the class {word}, which the grammar does not define")
            return word[1:-1]
        if word not in self.grammar.pos:
            raise ValueError(f"a template spells out {word!r}, which has no part of speech in the grammar")
        self.classes["=" + word] = WordClass(self.grammar.pos[word], {(): [Choice(word)]})
        return "=" + word

    def _insert(self, node: TrieNode, slots: list[str], table: np.ndarray, target: TrieNode, text: str) -> None:
        for i, slot in enumerate(slots):
            last = i == len(slots) - 1
            arc = node.arcs.get(slot)
            if arc is None:
                arc = node.arcs[slot] = TrieArc(slot, np.zeros_like(table), target if last else TrieNode())
            elif last or arc.target in self.roots.values() or arc.target is self._final:
                raise ValueError(f"the template {text!r} repeats another one or its beginning")
            arc.weight += table
            node = arc.target

    def _order_nodes(self) -> None:
        """Numbers the nodes so that every arc leads to a higher number, and finds the length of the longest story."""
        order: list[TrieNode] = []
        open_nodes: set[int] = set()
        done: set[int] = set()

        def visit(node: TrieNode) -> None:
            if id(node) in open_nodes:
                raise ValueError("the stages form a circle: a story could go on for ever")
            if id(node) in done:
                return
            open_nodes.add(id(node))
            for arc in node.arcs.values():
                visit(arc.target)
            open_nodes.remove(id(node))
            done.add(id(node))
            order.append(node)

        visit(self.roots[self.grammar.start])
        unused = [name for name, root in self.roots.items() if id(root) not in done]
        if unused:
            raise ValueError(f"no story reaches the stages {unused}")
        self.nodes = order[::-1]
        longest: dict[int, int] = {}
        for i, node in enumerate(self.nodes):
            node.index = i
        for node in order:
            longest[node.index] = max((1 + longest[arc.target.index] for arc in node.arcs.values()), default=0)
        self.start, self.end = self.nodes[0].index, self._final.index
        self.max_length = longest[self.start]
        self.node_shift = np.array([node.shift for node in self.nodes] + [False])

    # Rows and choices -------------------------------------------------------------------------------------------

    def _number_choices(self) -> None:
        """Flat tables over all choices of all rows; a class with sources has one row per combination of their values."""
        used = sorted({arc.slot for node in self.nodes for arc in node.arcs.values()})
        self.class_index = {name: i for i, name in enumerate(used)}
        sizes = [n + 1 for n in self.grammar.registers.values()]
        position = {name: i for i, name in enumerate(self.register_names)}
        self.class_row = np.zeros(len(used), np.int64)
        self.class_stride = np.zeros((len(used), len(sizes)), np.int64)
        rows: list[tuple[str, tuple[int, ...]]] = []
        for i, name in enumerate(used):
            word_class = self.classes[name]
            self.class_row[i] = len(rows)
            shape = [sizes[position[source]] for source in word_class.sources]
            for k, source in enumerate(word_class.sources):
                self.class_stride[i, position[source]] = int(np.prod(shape[k + 1:], dtype=np.int64))
            rows += [(name, values) for values in np.ndindex(*shape)]
        self._fill_choices(rows, position)

    def _fill_choices(self, rows: list[tuple[str, tuple[int, ...]]], position: dict[str, int]) -> None:
        choices = [(r, name, choice) for r, (name, values) in enumerate(rows) if (name, values) in self._reachable
                   for choice in self.classes[name].rows[values]]
        literal = dict.fromkeys(choice.word for _, _, choice in choices if choice.word != EOS)
        self.vocabulary = Vocabulary(literal)
        self.tags = tuple(sorted({self.classes[name].pos for name in self.class_index}))
        n, n_registers = len(choices), len(position)
        self.row_first = np.searchsorted([r for r, _, _ in choices], np.arange(len(rows) + 1))
        self.choice_row = np.array([r for r, _, _ in choices])
        self.choice_token = self.vocabulary.encode([choice.word for _, _, choice in choices])
        self.choice_tag = np.array([self.tags.index(self.classes[name].pos) for _, name, _ in choices])
        self.choice_sets = np.zeros((n, n_registers), np.int64)
        self.choice_shows = np.zeros((n, n_registers), bool)
        self.choice_distracts = np.zeros((n, n_registers), bool)
        self.test_kind = np.full((n, MAX_TESTS), -1)
        self.test_register = np.zeros((n, MAX_TESTS), np.int64)
        self.choice_weight = np.zeros((n, self.n_latents), np.int64)
        self.choice_of = np.full((len(rows), len(self.vocabulary)), -1, np.int32)
        for c, (r, name, choice) in enumerate(choices):
            self.choice_weight[c] = natural(choice.weight, self.n_latents, f"{choice.word!r} in class {name!r}")
            for register, value in choice.sets.items():
                self.choice_sets[c, position[register]] = value
            for register in (*choice.sets, *choice.shows, *(register for _, register in choice.tests)):
                self.choice_shows[c, position[register]] = True
            for register in choice.distracts:
                self.choice_distracts[c, position[register]] = True
            for k, (kind, register) in enumerate(choice.tests):
                self.test_kind[c, k], self.test_register[c, k] = KINDS.index(kind), position[register]
            if self.choice_of[r, self.choice_token[c]] >= 0:
                raise ValueError(f"class {name!r} has the word {choice.word!r} twice in one row")
            self.choice_of[r, self.choice_token[c]] = c
        self.choice_total = np.zeros((len(rows), self.n_latents), np.int64)
        np.add.at(self.choice_total, self.choice_row, self.choice_weight)
        total = self.choice_total[self.choice_row]
        self.choice_probability = np.divide(self.choice_weight, total, out=np.zeros(total.shape), where=total > 0)  # (C, Z)

    # Arcs -------------------------------------------------------------------------------------------------------

    def _number_arcs(self) -> None:
        arcs = [(node.index, arc) for node in self.nodes for arc in node.arcs.values()]
        n_values = self.grammar.registers[self.grammar.switch] + 1
        self.node_first = np.searchsorted([n for n, _ in arcs], np.arange(len(self.nodes) + 2))
        self.arc_node = np.array([n for n, _ in arcs])
        self.arc_class = np.array([self.class_index[arc.slot] for _, arc in arcs])
        self.arc_target = np.array([arc.target.index for _, arc in arcs])
        self.arc_weight = np.array([arc.weight for _, arc in arcs])  # (A, switch values, Z)
        self.arc_total = np.zeros((len(self.nodes), n_values, self.n_latents), np.int64)
        np.add.at(self.arc_total, self.arc_node, self.arc_weight)
        total = self.arc_total[self.arc_node]
        self.arc_probability = np.divide(self.arc_weight, total, out=np.zeros(total.shape), where=total > 0)
        # arc_of[node, token]; the extra last node is where a reader ends up who has read an impossible token
        self.dead = len(self.nodes)
        self.arc_of = np.full((len(self.nodes) + 1, len(self.vocabulary)), -1, np.int32)
        for a, (n, arc) in enumerate(arcs):
            for token in self._class_tokens(arc.slot):
                if self.arc_of[n, token] >= 0:
                    rival = arcs[self.arc_of[n, token]][1].slot
                    raise ValueError(f"after {self._path_to(n)!r} the word {self.vocabulary.tokens[token]!r} could come "
                                     f"from <{rival}> or from <{arc.slot}>: a token must determine its arc")
                self.arc_of[n, token] = a

    def _class_tokens(self, name: str) -> set[int]:
        rows = self.classes[name].rows
        return {self.vocabulary.ids[choice.word] for key in rows if (name, key) in self._reachable for choice in rows[key]}

    def _path_to(self, n: int) -> str:
        """The slots from the beginning of the sentence to a node, for messages."""
        slots: list[str] = []
        roots = {root.index for root in self.roots.values()}
        while n not in roots:
            node, arc = next((node, arc) for node in self.nodes for arc in node.arcs.values() if arc.target.index == n)
            slots.insert(0, arc.slot)
            n = node.index
        return " ".join(slots)

    def _number_shifts(self) -> None:
        n_topics, n_moods = len(self.grammar.topics), len(self.grammar.moods)
        weight = np.array([natural(row, n_moods, "mood_shift") for row in self.grammar.mood_shift])
        if weight.shape != (n_moods, n_moods) or (weight.sum(1) == 0).any():
            raise ValueError(f"mood_shift must be {n_moods} rows of {n_moods} weights, none all 0")
        self.shift_weight = np.kron(np.eye(n_topics, dtype=np.int64), weight)  # (Z, Z): the topic stays
        self.shift_probability = self.shift_weight / self.shift_weight.sum(1, keepdims=True)


def natural(weight: np.ndarray | Sequence[int] | int, n: int, where: str) -> np.ndarray:
    """The weights (n,) as int64. Raises ValueError unless they are integers ≥ 0 below 2³¹ in sum."""
    weights = np.broadcast_to(np.asarray(weight), (n,))
    if weights.dtype.kind not in "iu" or (weights < 0).any() or weights.max() >= 2**31:
        raise ValueError(f"weights of {where} must be integers from 0 below 2^31, got {weight!r}")
    return weights.astype(np.int64)
