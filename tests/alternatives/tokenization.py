"""Right answers to unit 04 that look different from the model solution; every one must get full marks."""

import heapq
import math
import re
from collections import Counter, defaultdict
from functools import cache
from itertools import chain, groupby, pairwise

import numpy as np

# Question 1

def with_two_sorts(texts, min_count):
    counts = Counter(chain.from_iterable(texts))
    words = [w for w in sorted(counts) if counts[w] >= min_count]
    words.sort(key=counts.get, reverse=True)                  # a stable sort keeps the alphabet among equals
    vocabulary = {"<pad>": 0, "<unk>": 1}
    for word in words:
        vocabulary[word] = len(vocabulary)
    return vocabulary


def with_groups(texts, min_count):
    counts = defaultdict(int)
    for text in texts:
        for word in text:
            counts[word] += 1
    by_number = defaultdict(list)
    for word, number in counts.items():
        by_number[number].append(word)
    tokens = ["<pad>", "<unk>"]
    for number in sorted(by_number, reverse=True):
        if number >= min_count:
            tokens += sorted(by_number[number])
    return dict(zip(tokens, range(len(tokens)), strict=True))


def with_numpy_unique(texts, min_count):
    words, counts = np.unique([w for text in texts for w in text] or np.array([], "<U1"), return_counts=True)
    order = np.argsort(-counts, kind="stable")
    kept = [str(words[i]) for i in order if counts[i] >= min_count]
    return {"<unk>": 1, "<pad>": 0} | {word: i + 2 for i, word in enumerate(kept)}


build_vocabulary = [with_two_sorts, with_groups, with_numpy_unique]


# Question 2

def with_a_loop(text, vocabulary):
    ids = []
    for word in text.split():
        word = word.lower()
        if word in vocabulary:
            ids.append(vocabulary[word])
        else:
            ids.append(vocabulary["<unk>"])
    return ids


def with_a_pattern(text, vocabulary):
    table = defaultdict(lambda: vocabulary["<unk>"], vocabulary)
    return [table[match.group()] for match in re.finditer(r"\S+", text.lower())]


encode_words = [with_a_loop, with_a_pattern]


# Question 3

def shrinking(word, vocabulary):
    known, pieces, rest, mark = set(vocabulary), [], word, ""
    while rest:
        piece = rest
        while piece and mark + piece not in known:
            piece = piece[:-1]
        if not piece:
            return ["[UNK]"]
        pieces.append(mark + piece)
        rest, mark = rest[len(piece):], "##"
    return pieces


def recursive(word, vocabulary):
    def cut(rest, mark):
        if not rest:
            return []
        fitting = [p for p in vocabulary if p.startswith("##") == bool(mark) and rest.startswith(p[len(mark):])]
        if not fitting:
            return None
        piece = max(fitting, key=len)
        behind = cut(rest[len(piece) - len(mark):], "##")
        return None if behind is None else [piece, *behind]
    found = cut(word, "")
    return ["[UNK]"] if found is None else found


def with_regular_expressions(word, vocabulary):
    first = "|".join(re.escape(p) for p in sorted(vocabulary, key=len, reverse=True) if not p.startswith("##"))
    later = "|".join(re.escape(p[2:]) for p in sorted(vocabulary, key=len, reverse=True) if p.startswith("##"))
    pieces, at = [], 0
    while at < len(word):
        pattern = later if at else first
        match = re.compile(pattern).match(word, at) if pattern else None
        if match is None:
            return ["[UNK]"]
        pieces.append(("##" if at else "") + match.group())
        at = match.end()
    return pieces


wordpiece = [shrinking, recursive, with_regular_expressions]


# Question 4

def with_indices(words):
    counts = {}
    for ids, times in words.items():
        for i in range(1, len(ids)):
            pair = (ids[i - 1], ids[i])
            counts[pair] = counts.get(pair, 0) + times
    return counts


def with_numpy(words):
    pairs = np.array([pair for ids in words for pair in pairwise(ids)]).reshape(-1, 2)
    times = np.array([n for ids, n in words.items() for _ in ids[1:]], dtype=int)
    unique, inverse = np.unique(pairs, axis=0, return_inverse=True)
    totals = np.bincount(inverse.ravel(), weights=times, minlength=len(unique)).astype(int)
    return {tuple(pair): total for pair, total in zip(unique.astype(int).tolist(), totals.tolist(), strict=True)}


count_pairs = [with_indices, with_numpy]


# Question 5

def with_a_stack(ids, pair, new):
    out, merged = [], False
    for one in ids:
        if out and not merged and (out[-1], one) == pair:
            out[-1], merged = new, True
        else:
            out.append(one)
            merged = False
    return tuple(out)


def in_a_string(ids, pair, new):
    text = "".join(map(chr, ids))
    return tuple(map(ord, text.replace(chr(pair[0]) + chr(pair[1]), chr(new))))


def recursively(ids, pair, new):
    if len(ids) < 2:
        return tuple(ids)
    if tuple(ids[:2]) == tuple(pair):
        return (new, *recursively(ids[2:], pair, new))
    return (ids[0], *recursively(ids[1:], pair, new))


merge = [with_a_stack, in_a_string, recursively]


# Question 6

def with_lists_and_sort(words, n_merges):
    corpus = [[list(word.encode()), times] for word, times in words.items()]
    merges = []
    for new in range(256, 256 + n_merges):
        counts = defaultdict(int)
        for ids, times in corpus:
            for left, right in pairwise(ids):
                counts[left, right] += times
        ranking = sorted(counts.items(), key=lambda item: (-item[1], item[0][0], item[0][1]))
        if not ranking:
            return merges
        pair = ranking[0][0]
        merges.append(pair)
        for entry in corpus:
            entry[0] = list(with_a_stack(entry[0], pair, new))
    return merges


def with_a_heap_and_strings(words, n_merges):
    corpus = {"".join(map(chr, word.encode("utf-8"))): times for word, times in words.items()}
    merges = []
    while len(merges) < n_merges:
        counts = Counter()
        for text, times in corpus.items():
            for i in range(len(text) - 1):
                counts[text[i:i + 2]] += times
        heap = [(-total, tuple(map(ord, pair))) for pair, total in counts.items()]
        if not heap:
            break
        heapq.heapify(heap)
        left, right = heap[0][1]
        corpus = {text.replace(chr(left) + chr(right), chr(256 + len(merges))): times for text, times in corpus.items()}
        merges.append((left, right))
    return merges


train_bpe = [with_lists_and_sort, with_a_heap_and_strings]


# Question 7

def lowest_rank_first(word, merges):
    ranks = {tuple(pair): k for k, pair in enumerate(merges)}
    ids = list(word.encode("utf-8"))
    while True:
        usable = [(ranks[pair], i) for i, pair in enumerate(pairwise(ids)) if pair in ranks]
        if not usable:
            return ids
        rank, i = min(usable)
        ids[i:i + 2] = [256 + rank]


def by_replacing_characters(word, merges):
    text = "".join(chr(byte) for byte in word.encode("utf-8"))
    for new, (left, right) in enumerate(merges, start=256):
        text = text.replace(chr(left) + chr(right), chr(new))
    return [ord(c) for c in text]


bpe_encode = [lowest_rank_first, by_replacing_characters]


# Question 8

def by_unfolding(ids, merges):
    @cache
    def content(i):
        return bytes([i]) if i < 256 else content(merges[i - 256][0]) + content(merges[i - 256][1])
    return str(b"".join(map(content, ids)), "utf-8", "replace")


def with_a_stack_of_ids(ids, merges):
    stack, out = list(reversed(ids)), bytearray()
    while stack:
        top = stack.pop()
        if top < 256:
            out.append(top)
        else:
            left, right = merges[top - 256]
            stack += [right, left]
    return out.decode(errors="replace")


bpe_decode = [by_unfolding, with_a_stack_of_ids]


# Question 9

def with_list_arithmetic(sequences, length, pad):
    ids = [(s + [pad] * length)[:length] for s in sequences]
    mask = [([True] * len(s) + [False] * length)[:length] for s in sequences]
    return np.array(ids), np.array(mask)


def with_lengths(sequences, length, pad):
    lengths = np.minimum([len(s) for s in sequences], length)
    mask = np.arange(length)[None, :] < lengths[:, None]
    ids = np.full(mask.shape, pad)
    ids[mask] = [one for s in sequences for one in s[:length]]
    return ids, mask


pad_and_truncate = [with_list_arithmetic, with_lengths]


# Question 10

def one_hot(ids, table):
    return np.eye(len(table))[ids] @ table


def with_take(ids, table):
    return np.take(table, ids, axis=0)


def with_loops(ids, table):
    out = np.zeros((ids.shape[0], ids.shape[1], table.shape[1]))
    for b in range(ids.shape[0]):
        for t in range(ids.shape[1]):
            out[b, t] = table[ids[b, t]]
    return out


embedding_lookup = [one_hot, with_take, with_loops]


# Question 11

def loss_with_loops(log_probabilities, ids, mask):
    total, number = 0.0, 0
    for b, t in zip(*np.nonzero(mask), strict=True):
        total -= log_probabilities[b, t, ids[b, t]]
        number += 1
    return float(total / number)


def loss_with_where(log_probabilities, ids, mask):
    safe = np.where(mask, ids, 0)
    scores = np.take_along_axis(log_probabilities, safe[:, :, None], axis=-1).squeeze(-1)
    return -np.where(mask, scores, 0.0).sum() / mask.sum()


def loss_of_flat_arrays(log_probabilities, ids, mask):
    keep = mask.reshape(-1)
    rows, targets = log_probabilities.reshape(-1, log_probabilities.shape[-1])[keep], ids.reshape(-1)[keep]
    return float(np.mean([-row[i] for row, i in zip(rows, targets, strict=True)]))


masked_loss = [loss_with_loops, loss_with_where, loss_of_flat_arrays]


# Question 12

def with_log2_e(loss, n_tokens, text):
    return n_tokens / sum(1 for _ in text) * loss * math.log2(math.e)


def in_steps(loss, n_tokens, text):
    bits = np.log2(np.exp(loss)) * n_tokens
    characters = sum(len(list(same)) for _, same in groupby(text))
    return float(bits / characters)


bits_per_character = [with_log2_e, in_steps]
