"""Known mistakes in unit 01; each docstring is the hint."""

import math
from itertools import accumulate
from operator import mul

BOS, EOS = "<bos>", "<eos>"


def _log(p):
    return math.log(p) if p > 0 else -math.inf


# --- Question 1 -------------------------------------------------------------------------------------------------------

def without_the_end(table, text):
    """This is the probability that a text starts so. Which branch of the tree says that it stops here?"""
    return math.prod(table.get(tuple(text[:t]), {}).get(w, 0.0) for t, w in enumerate(text))


def history_of_one_token(table, text):
    """When the third token is predicted, how many tokens does the history hold? Yours holds only the last one."""
    steps = enumerate([*text, EOS])
    return math.prod(table.get(tuple(text[max(t - 1, 0):t]), {}).get(w, 0.0) for t, w in steps)


def always_the_start(table, text):
    """Every token is looked up as if it were the first. What has the reader seen by the time the second one comes?"""
    return math.prod(table.get((), {}).get(w, 0.0) for w in [*text, EOS])


def branches_added(table, text):
    """A path needs all of its branches to happen. Are their probabilities added or multiplied?"""
    return math.fsum(table.get(tuple(text[:t]), {}).get(w, 0.0) for t, w in enumerate([*text, EOS]))


def first_token_for_free(table, text):
    """Your product starts at the second token. How likely is the first one, after the empty history?"""
    steps = list(enumerate([*text, EOS]))
    return math.prod(table.get(tuple(text[:t]), {}).get(w, 0.0) for t, w in (steps[1:] if text else steps))


def history_with_the_token(table, text):
    """Your history already holds the token that it is asked to predict. Where does the slice have to end?"""
    return math.prod(table.get(tuple(text[:t + 1]), {}).get(w, 0.0) for t, w in enumerate([*text, EOS]))


def key_error(table, text):
    """A token or a history that the table leaves out has probability 0. What does `[...]` do with a key that is not there?"""
    return math.prod(table[tuple(text[:t])][w] for t, w in enumerate([*text, EOS]))


def row_missing_counts_as_one(table, text):
    """Where the table has no row for a history you leave the factor out, as if it were 1. Can anything follow there?"""
    p = 1.0
    for t, w in enumerate([*text, EOS]):
        if tuple(text[:t]) in table:
            p *= table[tuple(text[:t])].get(w, 0.0)
    return p


def logarithm_of_zero(table, text):
    """You add logarithms, and `math.log(0)` is an error. What is the probability of a text with a step that cannot happen?"""
    steps = enumerate([*text, EOS])
    return math.exp(sum(math.log(table.get(tuple(text[:t]), {}).get(w, 0.0)) for t, w in steps))


def logarithm_not_undone(table, text):
    """This is the logarithm of the probability. Which of the two does the question ask for?"""
    return sum(_log(table.get(tuple(text[:t]), {}).get(w, 0.0)) for t, w in enumerate([*text, EOS]))


def history_not_found(table, text):
    """You get 0 for every text. Print each history that you look up beside the table's keys: is it one of them?"""
    return math.prod(table.get((BOS, *text[:t]), {}).get(w, 0.0) for t, w in enumerate([*text, EOS]))


def certain_empty_text(table, text):
    """With you the empty text is certain. Which branch says that a text stops before its first token?"""
    return math.prod(table.get(tuple(text[:t]), {}).get(w, 0.0) for t, w in enumerate([*text, EOS])) if text else 1.0


def last_step_alone(table, text):
    """This is the probability of the last step alone: that the text stops once it is there. How likely is it to get there?"""
    return table.get(tuple(text), {}).get(EOS, 0.0)


text_probability = [key_error, row_missing_counts_as_one, without_the_end, history_of_one_token, always_the_start,
                    first_token_for_free, history_with_the_token, branches_added, history_not_found, logarithm_of_zero,
                    logarithm_not_undone, certain_empty_text, last_step_alone]


# --- Question 2 -------------------------------------------------------------------------------------------------------

def _walk(table, depth):
    """All nodes of the tree down to a depth: (prefix, last branch, path)."""
    nodes = [((), 1.0, 1.0)]
    for prefix, _, path in nodes:
        if len(prefix) < depth and prefix[-1:] != (EOS,):
            nodes += [((*prefix, w), p, path * p) for w, p in table.get(prefix, {}).items() if path * p > 0]
    return nodes


def end_counted_as_a_token(table, n):
    """Your longest texts are one token too short. Is `<eos>` one of the `n` tokens?"""
    return {prefix[:-1]: path for prefix, _, path in _walk(table, n) if prefix[-1:] == (EOS,)}


def unfinished_texts(table, n):
    """Some of your texts have not ended yet. Which nodes of the tree are leaves, and which are only where you stopped?"""
    return {tuple(w for w in prefix if w != EOS): path for prefix, _, path in _walk(table, n)
            if prefix[-1:] == (EOS,) or len(prefix) == n}


def last_branch_only(table, n):
    """This is the probability of stopping once there. How likely is it to get there at all?"""
    return {prefix[:-1]: branch for prefix, branch, _ in _walk(table, n + 1) if prefix[-1:] == (EOS,)}


def exactly_n(table, n):
    """You list the texts of exactly `n` tokens. What does "at most" add?"""
    return {prefix[:-1]: path for prefix, _, path in _walk(table, n + 1) if prefix[-1:] == (EOS,) and len(prefix) == n + 1}


def end_in_the_key(table, n):
    """Your texts carry their `<eos>` with them. What does the question say about the keys?"""
    return {prefix: path for prefix, _, path in _walk(table, n + 1) if prefix[-1:] == (EOS,)}


def impossible_texts_too(table, n):
    """A text of probability 0 is listed. What does the question say about those?"""
    texts = {}
    for prefix, _, path in _walk(table, n):
        if prefix[-1:] != (EOS,) and EOS in table.get(prefix, {}):
            texts[prefix] = path * table[prefix][EOS]
    return texts


def one_token_too_long(table, n):
    """Some of your texts have more than `n` tokens. At which length does the walk stop going deeper?"""
    return {prefix[:-1]: path for prefix, _, path in _walk(table, n + 2) if prefix[-1:] == (EOS,)}


def strings_as_keys(table, n):
    """Your keys are strings. What does the question say that a text is, as a key of the dictionary?"""
    return {" ".join(prefix[:-1]): path for prefix, _, path in _walk(table, n + 1) if prefix[-1:] == (EOS,)}


def rows_read_once(table, n):
    """You read the rows one after another, as they stand in the table. May a row stand before those that lead to it?"""
    texts, reach = {}, {(): 1.0}
    for history, row in table.items():
        for token, branch in row.items():
            path = reach.get(history, 0.0) * branch
            if path > 0 and token == EOS and len(history) <= n:
                texts[history] = path
            elif path > 0 and token != EOS:
                reach[(*history, token)] = path
    return texts


def _unlisted(table, n):
    return {prefix: path for prefix, _, path in _walk(table, n) if prefix[-1:] != (EOS,) and prefix not in table}


def unlisted_history_raises(table, n):
    """You reach a history for which the table has no row. What does `[...]` do then, and which texts go on from there?"""
    if gone := _unlisted(table, n):
        raise KeyError(next(iter(gone)))
    return {prefix[:-1]: path for prefix, _, path in _walk(table, n + 1) if prefix[-1:] == (EOS,)}


def unlisted_history_ends(table, n):
    """Where the table has no row for a history you let the text end. Which branch to `<eos>` says so?"""
    return {prefix[:-1]: path for prefix, _, path in _walk(table, n + 1) if prefix[-1:] == (EOS,)} | _unlisted(table, n)


complete_texts = [unlisted_history_raises, unlisted_history_ends, exactly_n, end_counted_as_a_token, one_token_too_long,
                  unfinished_texts, last_branch_only, end_in_the_key, impossible_texts_too, strings_as_keys, rows_read_once]


def mass_of_exactly_n(table, n):
    """This is the mass of the texts with exactly `n` tokens. Which shorter texts belong to it, too?"""
    return math.fsum(exactly_n(table, n).values())


def mass_with_end_counted(table, n):
    """The longest texts are missing from your sum. Is `<eos>` one of the `n` tokens?"""
    return math.fsum(end_counted_as_a_token(table, n).values())


def mass_with_unfinished(table, n):
    """Finished and unfinished texts together always have mass 1. Which of them have ended?"""
    return math.fsum(path for prefix, _, path in _walk(table, n + 1) if prefix[-1:] == (EOS,) or len(prefix) == n + 1)


def mass_of_last_branches(table, n):
    """You add up the probabilities of stopping at each node. What does each of them have to be multiplied by?"""
    return math.fsum(last_branch_only(table, n).values())


def number_of_texts(table, n):
    """You count the texts. Where does each text's probability come in?"""
    return float(len(end_in_the_key(table, n)))


def mass_of_longer_texts_too(table, n):
    """Texts of more than `n` tokens are in your sum. At which length does the walk stop going deeper?"""
    return math.fsum(one_token_too_long(table, n).values())


def mass_key_error(table, n):
    """The walk comes to a history without a row. What does `[...]` do then, and how much mass ends below it?"""
    return math.fsum(unlisted_history_raises(table, n).values())


def mass_of_rows_read_once(table, n):
    """Your sum depends on the order in which the table lists its rows. May a row stand before those that lead to it?"""
    return math.fsum(rows_read_once(table, n).values())


def one_minus_still_going(table, n):
    """You count as ended all that is not going on. Where is the mass that reaches a history without a row?"""
    return 1 - math.fsum(path for prefix, _, path in _walk(table, n + 1) if prefix[-1:] != (EOS,) and len(prefix) == n + 1)


mass_up_to = [mass_key_error, mass_of_exactly_n, mass_with_end_counted, mass_of_longer_texts_too, mass_with_unfinished,
              one_minus_still_going, mass_of_last_branches, number_of_texts, mass_of_rows_read_once]


# --- Question 3 -------------------------------------------------------------------------------------------------------

def sorted_by_probability(distribution, u):
    """You sort the tokens by probability before you lay them side by side. Which order does the question ask for?"""
    return _first_above(sorted(distribution.items(), key=lambda item: -item[1]), u)


def sorted_by_name(distribution, u):
    """You lay the tokens side by side in alphabetical order. Which order does the question ask for?"""
    return _first_above(sorted(distribution.items()), u)


def most_likely_token(distribution, u):
    """Your token does not depend on `u`. Do you take the likeliest, or let Python draw one? What should `u` decide?"""
    return max(distribution, key=distribution.get)


def not_cumulative(distribution, u):
    """You compare `u` with each probability by itself. Where on the line from 0 to 1 does the second token begin?"""
    return next((w for w, p in distribution.items() if u < p), list(distribution)[-1])


def boundary_to_the_left(distribution, u):
    """A `u` exactly on a boundary goes to the token on its right, and `u = 0` to no token of probability 0. Is it < or <=?"""
    total = 0.0
    for token, p in distribution.items():
        total += p
        if u <= total:
            return token
    return token


def one_token_late(distribution, u):
    """This is the token after the one on which `u` falls. Do you add a token's probability before or after comparing?"""
    total, found = 0.0, False
    for token, p in distribution.items():
        if found:
            return token
        total += p
        found = u < total
    return token


def impossible_last_token(distribution, u):
    """When rounding leaves the sum just below 1, you draw a token of probability 0. Which token should it be?"""
    return _first_above(distribution.items(), u)


def likeliest_past_the_end(distribution, u):
    """When `u` is not below the sum of all probabilities, you take the likeliest token. Which one does the rule ask for?"""
    total = 0.0
    for token, p in distribution.items():
        total += p
        if u < total:
            return token
    return max(distribution, key=distribution.get)


def line_from_the_right(distribution, u):
    """You measure `u` from the right end of the line. Where does the first token lie?"""
    return _draw(distribution, 1 - u, list)


def all_equally_wide(distribution, u):
    """You give every token the same width on the line. How wide is each of them?"""
    return list(distribution)[int(u * len(distribution))]


def first_at_zero(distribution, u):
    """For `u = 0` you take the first token of the dictionary. What if its probability is 0?"""
    return next(iter(distribution)) if u == 0 else _draw(distribution, u, list)


def off_the_end(distribution, u):
    """When rounding leaves the sum just below 1, `u` may be above it. What does your index do then?"""
    tokens, total, i = list(distribution), 0.0, 0
    for p in distribution.values():
        total += p
        i += total <= u
    return tokens[i]


def _first_above(items, u):
    total = 0.0
    for token, p in items:
        total += p
        if u < total:
            return token
    return token


sample_token = [impossible_last_token, off_the_end, boundary_to_the_left, most_likely_token, sorted_by_probability,
                sorted_by_name, not_cumulative, one_token_late, likeliest_past_the_end, first_at_zero, line_from_the_right,
                all_equally_wide]


def _draw(distribution, u, order):
    total, drawn = 0.0, None
    for token in order(distribution):
        p = distribution[token]
        total += p
        if p > 0:
            drawn = token
            if u < total:
                break
    return drawn


def without_eos(model, uniforms):
    """Where `<eos>` was drawn it belongs to the result. How else could a reader tell an ended text from a cut one?"""
    text, previous = [], BOS
    for u in uniforms:
        previous = _draw(model[previous], u, list)
        if previous == EOS:
            break
        text.append(previous)
    return text


def model_never_moves_on(model, uniforms):
    """Every token of your text is drawn as if it were the first. What is the previous token at the second step?"""
    text = []
    for u in uniforms:
        text.append(_draw(model[BOS], u, list))
        if text[-1] == EOS:
            break
    return text


def one_number_for_all(model, uniforms):
    """All your tokens are drawn with the same random number. Which of the `uniforms` belongs to position `t`?"""
    text, previous = [], BOS
    for _ in uniforms:
        previous = _draw(model[previous], uniforms[0], list)
        text.append(previous)
        if previous == EOS:
            break
    return text


def greedy_text(model, uniforms):
    """Your text does not depend on the numbers given. Likeliest step, or drawn by Python: where do the `uniforms` come in?"""
    text, previous = [], BOS
    for _ in uniforms:
        previous = max(model[previous], key=model[previous].get)
        text.append(previous)
        if previous == EOS:
            break
    return text


def starts_with_bos(model, uniforms):
    """`<bos>` stands before the text. Was it drawn?"""
    text = [BOS]
    for u in uniforms:
        text.append(_draw(model[text[-1]], u, list))
        if text[-1] == EOS:
            break
    return text


def goes_on_after_the_end(model, uniforms):
    """You ask the model what follows `<eos>`. When does the loop have to end?"""
    text, previous = [], BOS
    for u in uniforms:
        previous = _draw(model[previous], u, list)
        text.append(previous)
    return text


def starts_again_after_the_end(model, uniforms):
    """After `<eos>` you begin a new text. How many texts does the question ask for?"""
    text, previous = [], BOS
    for u in uniforms:
        previous = _draw(model[previous], u, list)
        text.append(previous)
        if previous == EOS:
            previous = BOS
    return text


def numbers_from_the_end(model, uniforms):
    """You use the random numbers from last to first. Which of them belongs to position 0?"""
    text, previous = [], BOS
    for u in reversed(uniforms):
        previous = _draw(model[previous], u, list)
        text.append(previous)
        if previous == EOS:
            break
    return text


def number_not_used_up(model, uniforms):
    """You skip the first random number. Which of them belongs to position 0?"""
    text, previous = [], BOS
    for u in uniforms[1:]:
        previous = _draw(model[previous], u, list)
        text.append(previous)
        if previous == EOS:
            break
    return text


def eos_always_added(model, uniforms):
    """Your text ends with `<eos>` though none was drawn. What is returned when the numbers are used up first?"""
    return [*without_eos(model, uniforms), EOS]


sample_text = [without_eos, model_never_moves_on, one_number_for_all, greedy_text, starts_with_bos,
               goes_on_after_the_end, eos_always_added, starts_again_after_the_end, numbers_from_the_end, number_not_used_up]


# --- Question 4 -------------------------------------------------------------------------------------------------------

def _branches(model, text):
    return [model.get(u, {}).get(w, 0.0) for u, w in zip([BOS, *text], [*text, EOS], strict=True)]


def log_without_the_end(model, text):
    """The text has to stop, too. Which token is predicted last?"""
    return sum(map(_log, _branches(model, text)[:-1]))


def log_without_the_start(model, text):
    """The first token is missing from your sum. What stands before it?"""
    return sum(map(_log, _branches(model, text)[1:]))


def base_two(model, text):
    """These are bits. Which logarithm does the question ask for?"""
    return sum(map(_log, _branches(model, text))) / math.log(2)


def negative_log(model, text):
    """The logarithm of a probability is at most 0. Which quantity did you compute, and what is its sign?"""
    return -sum(map(_log, _branches(model, text)))


def probability_not_log(model, text):
    """This is the probability itself. Why does the question ask for its logarithm?"""
    return math.prod(_branches(model, text))


def log_of_the_product(model, text):
    """A long text that can occur gets −∞ from you. What becomes of a product of thousands of probabilities?"""
    return _log(math.prod(_branches(model, text)))


def always_the_first_row(model, text):
    """You look every token up in the row of `<bos>`. Which token stands before the second one?"""
    return sum(_log(model.get(BOS, {}).get(w, 0.0)) for w in [*text, EOS])


def zero_for_the_impossible(model, text):
    """An impossible text gets 0 from you. Of which probability is 0 the logarithm?"""
    return 0.0 if 0.0 in _branches(model, text) else sum(map(_log, _branches(model, text)))


def mean_log(model, text):
    """You divide by the number of tokens. Does the question ask for the whole text, or per token?"""
    return sum(map(_log, _branches(model, text))) / (len(text) + 1)


def row_must_exist(model, text):
    """You come to a token that has no row in the model. What does `[...]` do then, and what does the question say?"""
    return sum(_log(model[u].get(w, 0.0)) for u, w in zip([BOS, *text], [*text, EOS], strict=True))


def skips_impossible_tokens(model, text):
    """You leave out the tokens of probability 0, so an impossible text looks possible. What is the logarithm of 0?"""
    return sum(math.log(p) for p in _branches(model, text) if p > 0)


def floors_the_probability(model, text):
    """You replace a probability of 0 by a small number. Does the model say that the text is rare, or that it is impossible?"""
    return sum(math.log(max(p, 1e-12)) for p in _branches(model, text))


def log_of_zero_raises(model, text):
    """`math.log(0)` is an error in Python. What should an impossible text return?"""
    return sum(math.log(p) for p in _branches(model, text))


def missing_key_raises(model, text):
    """The model lists only what can happen. What does your look-up do with a token that it does not list?"""
    return sum(_log(model[u][w]) for u, w in zip([BOS, *text], [*text, EOS], strict=True))


def log_of_the_last_step(model, text):
    """This is the logarithm of the last step alone, to the end. What about the steps that lead there?"""
    return _log(_branches(model, text)[-1])


log_probability = [log_of_the_product, skips_impossible_tokens, floors_the_probability, log_of_zero_raises, missing_key_raises,
                   log_without_the_end, log_without_the_start, base_two, probability_not_log, negative_log,
                   always_the_first_row, zero_for_the_impossible, mean_log, row_must_exist, log_of_the_last_step]


# --- Question 5 -------------------------------------------------------------------------------------------------------

def _bits(model, text):
    return -sum(map(_log, _branches(model, text))) / math.log(2)


def _need_texts(texts):
    if not texts:
        raise ValueError("no texts")


def nats_per_token(model, texts):
    """These are nats. How many bits is one nat?"""
    _need_texts(texts)
    return sum(_bits(model, x) for x in texts) * math.log(2) / sum(len(x) + 1 for x in texts)


def mean_of_texts(model, texts):
    """You average each text first, so that a token of a short text counts more. Over what does the question average?"""
    _need_texts(texts)
    return sum(_bits(model, x) / (len(x) + 1) for x in texts) / len(texts)


def end_scored_not_counted(model, texts):
    """`<eos>` is in your sum, but not among the tokens that you divide by. How many tokens are predicted?"""
    _need_texts(texts)
    n = sum(len(x) for x in texts)
    return sum(_bits(model, x) for x in texts) / n if n else math.inf


def end_left_out(model, texts):
    """The `<eos>` of each text is a token like the others. Did you score it, and did you count it?"""
    _need_texts(texts)
    n = sum(len(x) for x in texts)
    return -sum(map(_log, (p for x in texts for p in _branches(model, x)[:-1]))) / math.log(2) / n if n else 0.0


def bits_per_text(model, texts):
    """You divide by the number of texts. Per what does the question ask?"""
    _need_texts(texts)
    return sum(_bits(model, x) for x in texts) / len(texts)


def bits_in_total(model, texts):
    """This is the cost of the whole corpus. How many tokens share it?"""
    _need_texts(texts)
    return sum(_bits(model, x) for x in texts)


def negative_bits(model, texts):
    """A cost is not negative. Which sign has the logarithm of a probability?"""
    _need_texts(texts)
    return -sum(_bits(model, x) for x in texts) / sum(len(x) + 1 for x in texts)


def empty_corpus_is_free(model, texts):
    """A corpus without texts has no average. What does the question ask for then?"""
    return sum(_bits(model, x) for x in texts) / sum(len(x) + 1 for x in texts) if texts else 0.0


def divides_by_no_tokens(model, texts):
    """Without texts you divide by 0 tokens. Which exception does the question ask for, and who raises it?"""
    return sum(_bits(model, x) for x in texts) / sum(len(x) + 1 for x in texts)


def infinite_without_texts(model, texts):
    """An empty list of texts gets infinity from you. What does the question ask for then?"""
    return divides_by_no_tokens(model, texts) if texts else math.inf


def start_counted(model, texts):
    """You divide by the number of tokens with `<bos>` among them. Is it ever predicted?"""
    _need_texts(texts)
    return sum(_bits(model, x) for x in texts) / sum(len(x) + 2 for x in texts)


def log_of_the_mean(model, texts):
    """You average the probabilities before you take the logarithm. What does the cross-entropy average?"""
    _need_texts(texts)
    branches = [p for x in texts for p in _branches(model, x)]
    return -_log(math.fsum(branches) / len(branches)) / math.log(2)


def empty_texts_refused(model, texts):
    """You refuse a corpus in which one text is empty. Which token is predicted in a text without words?"""
    if not texts or not all(texts):
        raise ValueError("no texts")
    return sum(_bits(model, x) for x in texts) / sum(len(x) + 1 for x in texts)


def bits_need_every_row(model, texts):
    """A token of the texts has no row in the model. What does `[...]` do then, and how likely is what follows?"""
    _need_texts(texts)
    bits = 0.0
    for u, w in ((u, w) for x in texts for u, w in zip([BOS, *x], [*x, EOS], strict=True)):
        if model[u].get(w, 0.0) == 0:
            return math.inf
        bits -= math.log2(model[u][w])
    return bits / sum(len(x) + 1 for x in texts)


def bits_of_zero_raise(model, texts):
    """The logarithm of 0 is an error in Python. What does the question ask for when a text is impossible?"""
    _need_texts(texts)
    branches = [p for x in texts for p in _branches(model, x)]
    return -sum(map(math.log2, branches)) / len(branches)


def converted_the_wrong_way(model, texts):
    """Which is more, a bit or a nat? Look at the direction in which you convert: should the number grow or shrink?"""
    return nats_per_token(model, texts) * math.log(2)


def empty_texts_dropped(model, texts):
    """You leave out the empty texts. Which token is predicted in a text without words?"""
    texts = [x for x in texts if x]
    _need_texts(texts)
    return sum(_bits(model, x) for x in texts) / sum(len(x) + 1 for x in texts)


def texts_joined(model, texts):
    """You score the corpus as one long text. What is predicted at the end of each text, and what precedes the next one?"""
    _need_texts(texts)
    joined = [w for x in texts for w in x]
    return _bits(model, joined) / (len(joined) + 1)


def impossible_texts_left_out(model, texts):
    """You leave the impossible texts out of the average. What does the question say about a corpus that holds one?"""
    texts = [x for x in texts if _bits(model, x) < math.inf]
    _need_texts(texts)
    return sum(_bits(model, x) for x in texts) / sum(len(x) + 1 for x in texts)


def _weighted_bits(model, texts):
    _need_texts(texts)
    branches = [p for x in texts for p in _branches(model, x)]
    return math.inf if 0.0 in branches else math.fsum(-p * math.log2(p) for p in branches)


def bits_weighted_and_added(model, texts):
    """You multiply the cost of each token by its probability, and add up. What weight has a token in an average over all?"""
    return _weighted_bits(model, texts)


def bits_weighted_and_averaged(model, texts):
    """You multiply the cost of each token by its probability before you average. Has a likely token more weight than others?"""
    return _weighted_bits(model, texts) / sum(len(x) + 1 for x in texts)


bits_per_token = [nats_per_token, mean_of_texts, end_scored_not_counted, end_left_out, bits_per_text, bits_in_total,
                  negative_bits, empty_corpus_is_free, converted_the_wrong_way, empty_texts_dropped, texts_joined,
                  impossible_texts_left_out, divides_by_no_tokens, infinite_without_texts, start_counted, log_of_the_mean,
                  empty_texts_refused, bits_need_every_row, bits_of_zero_raise, bits_weighted_and_added,
                  bits_weighted_and_averaged]


def _power(base, exponent):
    try:
        return float(base) ** exponent
    except OverflowError:
        return math.inf


def e_to_the_bits(model, texts):
    """Your exponent is in bits, your base is e. Which base undoes a logarithm to base 2?"""
    _need_texts(texts)
    return _power(math.e, sum(_bits(model, x) for x in texts) / sum(len(x) + 1 for x in texts))


def two_to_the_nats(model, texts):
    """Your exponent is in nats, your base is 2. Which base undoes a natural logarithm?"""
    return _power(2, nats_per_token(model, texts))


def mean_perplexity(model, texts):
    """You average the perplexities of the texts. What is averaged, and before or after the exponential?"""
    _need_texts(texts)
    return sum(_power(2, _bits(model, x) / (len(x) + 1)) for x in texts) / len(texts)


def perplexity_of_mean_text(model, texts):
    """You average each text first, so that short texts weigh too much. Over what does the cross-entropy average?"""
    return _power(2, mean_of_texts(model, texts))


def perplexity_end_not_counted(model, texts):
    """`<eos>` is scored, but not counted among the tokens. How many tokens are predicted?"""
    return _power(2, end_scored_not_counted(model, texts))


def perplexity_of_a_text(model, texts):
    """Your exponent is the cost of a whole text or corpus. Perplexity is per token: what do you divide by?"""
    return _power(2, bits_in_total(model, texts))


def inverse_perplexity(model, texts):
    """Your result is below 1. Which sign belongs in the exponent, if the choice is among at least one token?"""
    bits = perplexity_is_bits(model, texts)
    return 2.0 ** -bits


def one_for_no_texts(model, texts):
    """An empty list of texts gets 1 from you. What does the question ask for then?"""
    return 2.0 ** perplexity_is_bits(model, texts) if texts else 1.0


def perplexity_of_no_tokens(model, texts):
    """Without texts you divide by 0 tokens. Which exception does the question ask for, and who raises it?"""
    return 2.0 ** divides_by_no_tokens(model, texts)


def perplexity_needs_every_row(model, texts):
    """A token of the texts has no row in the model. What does `[...]` do then, and how likely is what follows?"""
    return 2.0 ** bits_need_every_row(model, texts)


def perplexity_end_left_out(model, texts):
    """The `<eos>` of each text is neither scored nor counted by you. Does the model not have to predict it?"""
    return _power(2, end_left_out(model, texts))


def perplexity_is_bits(model, texts):
    """This is the cross-entropy. What turns bits back into a number of choices?"""
    _need_texts(texts)
    return sum(_bits(model, x) for x in texts) / sum(len(x) + 1 for x in texts)


def mean_inverse_probability(model, texts):
    """You average 1/p. Perplexity averages the logarithms and takes the exponential after that. Does the order matter?"""
    _need_texts(texts)
    branches = [p for x in texts for p in _branches(model, x)]
    return sum(1 / p if p > 0 else math.inf for p in branches) / len(branches)


def product_then_root(model, texts):
    """A long corpus that can occur gets infinity from you. What becomes of a product of thousands of probabilities?"""
    _need_texts(texts)
    branches = [p for x in texts for p in _branches(model, x)]
    product = math.prod(branches)
    return product ** (-1 / len(branches)) if product > 0 else math.inf


def perplexity_without_empty_texts(model, texts):
    """The empty texts are missing from your average. Which token is predicted in a text without words?"""
    return _power(2, empty_texts_dropped(model, texts))


def perplexity_of_joined_texts(model, texts):
    """You score all texts as a single one. Where does each of them end, and what stands before its first token?"""
    return _power(2, texts_joined(model, texts))


def perplexity_without_impossible_texts(model, texts):
    """An impossible text is missing from your average. How surprised is the model by a corpus that holds one?"""
    return _power(2, impossible_texts_left_out(model, texts))


def perplexity_weighted_and_added(model, texts):
    """Your exponent adds up costs, each times its own probability. Which average of the costs belongs there?"""
    return _power(2, bits_weighted_and_added(model, texts))


def perplexity_weighted_and_averaged(model, texts):
    """Your exponent weighs the cost of each token with its probability. How much should each token of the corpus weigh?"""
    return _power(2, bits_weighted_and_averaged(model, texts))


perplexity = [product_then_root, e_to_the_bits, two_to_the_nats, mean_perplexity, perplexity_of_mean_text,
              perplexity_end_not_counted, perplexity_of_a_text, perplexity_is_bits, mean_inverse_probability,
              perplexity_without_empty_texts, perplexity_of_joined_texts, perplexity_without_impossible_texts,
              inverse_perplexity, one_for_no_texts, perplexity_of_no_tokens, perplexity_needs_every_row,
              perplexity_end_left_out, perplexity_weighted_and_added, perplexity_weighted_and_averaged]


# --- Question 6 -------------------------------------------------------------------------------------------------------

def _score(model, text, unknown=1e-6):
    return sum(math.log(model.get(c, unknown)) for c in text)


def _normalise(scores):
    highest = max(scores.values())
    weights = {name: math.exp(score - highest) for name, score in scores.items()}
    return {name: weight / sum(weights.values()) for name, weight in weights.items()}


def prior_forgotten(models, prior, text):
    """You treat all languages alike before reading. What did you know about them beforehand?"""
    return _normalise({name: _score(model, text) for name, model in models.items()})


def not_normalised(models, prior, text):
    """These are joint probabilities of language and text. What do posterior probabilities sum to?"""
    return {name: math.exp(_log(prior[name]) + _score(model, text)) for name, model in models.items()}


def unknown_skipped(models, prior, text):
    """You skip the characters that a model does not know, as if they had probability 1. What does the question give them?"""
    return _normalise({name: _log(prior[name]) + _score(model, text, unknown=1.0) for name, model in models.items()})


def floor_for_all(models, prior, text):
    """You raise small probabilities to one millionth. To which characters does the question give that?"""
    raised = {name: {c: max(p, 1e-6) for c, p in model.items()} for name, model in models.items()}
    return _normalise({name: _log(prior[name]) + _score(model, text) for name, model in raised.items()})


def averaged_over_characters(models, prior, text):
    """You divide the log-likelihood by the length. Does a longer text not give more evidence?"""
    return _normalise({name: _log(prior[name]) + _score(model, text) / max(len(text), 1) for name, model in models.items()})


def small_letters_only(models, prior, text):
    """You lower the case of the text. What does the question say about capitals?"""
    return _normalise({name: _log(prior[name]) + _score(model, text.lower()) for name, model in models.items()})


def most_likely_gets_all(models, prior, text):
    """The best language gets 1 and the others 0. What do the others keep?"""
    scores = {name: _log(prior[name]) + _score(model, text) for name, model in models.items()}
    best = max(scores, key=scores.get)
    return {name: float(name == best) for name in models}


def products_underflow(models, prior, text):
    """On a long text you divide by a sum that is 0. What becomes of a product of thousands of probabilities?"""
    joint = {name: prior[name] * math.prod(model.get(c, 1e-6) for c in text) for name, model in models.items()}
    return {name: p / sum(joint.values()) for name, p in joint.items()}


def log_of_prior_zero(models, prior, text):
    """A prior may be 0, and `math.log(0)` is an error in Python. What is the posterior of such a language?"""
    return _normalise({name: math.log(prior[name]) + _score(model, text) for name, model in models.items()})


def prior_zero_dropped(models, prior, text):
    """A language with prior 0 is missing from your result. Which languages does the question ask for?"""
    possible = {name: model for name, model in models.items() if prior[name] > 0}
    return _normalise({name: _log(prior[name]) + _score(model, text) for name, model in possible.items()})


def prior_by_position(models, prior, text):
    """You pair languages and priors by their place in the two dictionaries. What tells which prior belongs to a language?"""
    return _normalise({name: _log(p) + _score(models[name], text) for name, p in zip(models, prior.values(), strict=True)})


def letters_only(models, prior, text):
    """You leave out what is not a letter. What does the question give a character that a model does not list?"""
    return _normalise({name: _log(prior[name]) + _score(model, filter(str.isalpha, text)) for name, model in models.items()})


def probabilities_added(models, prior, text):
    """You add the probabilities of the characters. What is the probability that all of them come?"""
    joint = {name: prior[name] * (math.fsum(model.get(c, 1e-6) for c in text) if text else 1.0)
             for name, model in models.items()}
    return {name: p / sum(joint.values()) for name, p in joint.items()}


def prior_twice(models, prior, text):
    """The prior is in your result twice. Where do you multiply by it?"""
    return _normalise({name: 2 * _log(prior[name]) + _score(model, text) for name, model in models.items()})


def bits_in_the_exponent(models, prior, text):
    """Your scores are logarithms to base 2, and you raise e to them. Which base undoes a logarithm to base 2?"""
    return _normalise({name: (_log(prior[name]) + _score(model, text)) / math.log(2) for name, model in models.items()})


def unknown_raises(models, prior, text):
    """A model does not list every character. What does `[...]` do with a key that is not there?"""
    return _normalise({name: _log(prior[name]) + sum(math.log(model[c]) for c in text) for name, model in models.items()})


def every_character_once(models, prior, text):
    """A character that occurs twice counts once with you. Does it not speak for a language each time?"""
    return _normalise({name: _log(prior[name]) + _score(model, dict.fromkeys(text)) for name, model in models.items()})


def prior_at_every_character(models, prior, text):
    """The prior weighs more the longer your text is. How often do you ask what was known before reading?"""
    return _normalise({name: _log(prior[name]) * max(len(text), 1) + _score(model, text) for name, model in models.items()})


def overflowing_weights(models, prior, text):
    """On a long text your exponential overflows. Which of the scores can you subtract from all, so that none is above 0?"""
    scores = {name: _log(prior[name]) + _score(model, text) for name, model in models.items()}
    lowest = min(score for score in scores.values() if score > -math.inf)
    weights = {name: math.exp(score - lowest) for name, score in scores.items()}
    return {name: weight / sum(weights.values()) for name, weight in weights.items()}


def unknown_is_impossible(models, prior, text):
    """A language that lacks one character of the text gets 0 from you. What does the question give such a character?"""
    scores = {name: _log(prior[name]) + sum(_log(model.get(c, 0.0)) for c in text) for name, model in models.items()}
    return _normalise(scores) if max(scores.values()) > -math.inf else dict.fromkeys(scores, 0.0)


def log_posterior(models, prior, text):
    """These are logarithms. What does the question ask for, and what do its values sum to?"""
    scores = {name: _log(prior[name]) + _score(model, text) for name, model in models.items()}
    highest = max(scores.values())
    total = highest + math.log(sum(math.exp(score - highest) for score in scores.values()))
    return {name: score - total for name, score in scores.items()}


def renormalised_after_every_character(models, prior, text):
    """What speaks for a language late in a text comes too late for it with you. Does its probability sink to 0 on the way?"""
    belief = {name: prior[name] for name in models}
    for c in text:
        belief = {name: p * models[name].get(c, 1e-6) for name, p in belief.items()}
        total = sum(belief.values())
        belief = {name: p / total for name, p in belief.items()}
    return belief


language_posterior = [products_underflow, log_of_prior_zero, prior_zero_dropped, small_letters_only, unknown_skipped,
                      prior_forgotten, not_normalised, averaged_over_characters, most_likely_gets_all,
                      renormalised_after_every_character, unknown_raises, every_character_once, prior_at_every_character,
                      overflowing_weights, unknown_is_impossible, log_posterior, prior_by_position, letters_only,
                      probabilities_added, prior_twice, bits_in_the_exponent, floor_for_all]


def likelihood_only(models, prior, text):
    """You compare the likelihoods alone. What did you know about the languages beforehand?"""
    return max(sorted(models), key=lambda name: _score(models[name], text))


def prior_only(models, prior, text):
    """Your answer does not depend on the text. What does the text say?"""
    return max(sorted(models), key=prior.get)


def tie_to_the_first_listed(models, prior, text):
    """Two languages are equally likely. Which of them comes first, and in which order?"""
    return max(models, key=lambda name: _log(prior[name]) + _score(models[name], text))


def tie_to_the_last(models, prior, text):
    """Of equally likely languages you pick the last one in the alphabet. Which one does the question ask for?"""
    return max(sorted(models, reverse=True), key=lambda name: _log(prior[name]) + _score(models[name], text))


def rounded_before_comparing(models, prior, text):
    """You take languages that are nearly equally likely for a tie. Does rounding not lose what they differ in?"""
    scores = {name: _log(prior[name]) + _score(model, text) for name, model in models.items()}
    most = max(scores.values())
    total = sum(math.exp(score - most) for score in scores.values())
    return max(sorted(models), key=lambda name: round(math.exp(scores[name] - most) / total, 2))


def least_likely(models, prior, text):
    """This is the language with the lowest posterior. Which sign have your scores?"""
    return min(sorted(models), key=lambda name: _log(prior[name]) + _score(models[name], text))


def all_scores_zero(models, prior, text):
    """On a long text your answer is the first name of all. What becomes of a product of thousands of probabilities?"""
    return max(sorted(models), key=lambda name: prior[name] * math.prod(models[name].get(c, 1e-6) for c in text))


def tie_without_capitals(models, prior, text):
    """Of equally likely languages you take the first one regardless of capitals. In which order does `sorted` put names?"""
    return max(sorted(models, key=str.lower), key=lambda name: _log(prior[name]) + _score(models[name], text))


def identify_in_small_letters(models, prior, text):
    """You lower the case of the text. What does the question say about capitals?"""
    return max(sorted(models), key=lambda name: _log(prior[name]) + _score(models[name], text.lower()))


def most_characters_won(models, prior, text):
    """You count for how many characters a language is the best. Does it not matter how much better it is?"""
    best = {name: sum(models[name].get(c, 1e-6) >= max(m.get(c, 1e-6) for m in models.values()) for c in text) + prior[name]
            for name in models}
    return max(sorted(models), key=best.get)


def unknown_costs_nothing(models, prior, text):
    """A character that a language does not know costs it nothing here. What does the question give such a character?"""
    return max(sorted(models), key=lambda name: _log(prior[name]) + _score(models[name], text, unknown=1.0))


identify = [all_scores_zero, tie_to_the_last, tie_to_the_first_listed, likelihood_only, unknown_costs_nothing, prior_only,
            least_likely, tie_without_capitals, identify_in_small_letters, most_characters_won, rounded_before_comparing]


# --- Question 7 -------------------------------------------------------------------------------------------------------

def _going_on(stops):
    return list(accumulate((1 - s for s in stops), mul, initial=1.0))


def stops_as_they_are(stops):
    """This is the probability of stopping once there. How likely is it to get to length `t` at all?"""
    return list(stops)


def survives_its_own_stop(stops):
    """You ask the text to go on at the very place where it stops. Up to which length does it have to go on?"""
    return [s * going_on for s, going_on in zip(stops, _going_on(stops)[1:], strict=True)]


def cumulative_mass(stops):
    """Your entries grow: they hold all lengths up to `t`. Which ones does the question ask for?"""
    return [1 - going_on for going_on in _going_on(stops)[1:]]


def still_going(stops):
    """This is the probability of going on. Where does the stop itself come in?"""
    return _going_on(stops)[:-1]


def always_the_first_stop(stops):
    """You use the first stop probability for every length. Which one applies after `t` tokens?"""
    return [stops[0] * (1 - stops[0]) ** t for t in range(len(stops))]


def always_its_own_stop(stops):
    """To get to length `t`, a text goes on after 0, 1, … `t` − 1 tokens. Does each of these steps have the same probability?"""
    return [s * (1 - s) ** t for t, s in enumerate(stops)]


def one_step_of_survival(stops):
    """You ask only the last step to go on. What about the steps before it?"""
    return [s * (1 - stops[t - 1] if t else 1) for t, s in enumerate(stops)]


def logarithm_of_a_certain_stop(stops):
    """You take a logarithm of 1 − s, and s may be 1. What is the probability of each length after a certain stop?"""
    masses, log_going_on = [], 0.0
    for s in stops:
        masses.append(math.exp(log_going_on) * s)
        log_going_on += math.log(1 - s)
    return masses


def gone_on_once_more(stops):
    """This is the probability of more than `t` tokens. Which entry says that a text has exactly `t`?"""
    return _going_on(stops)[1:]


def made_to_sum_to_one(stops):
    """You divide by the sum, so that your entries sum to 1. Do all texts end within these lengths?"""
    masses = [s * going_on for s, going_on in zip(stops, _going_on(stops), strict=False)]
    return [mass / (math.fsum(masses) or 1) for mass in masses]


def rest_at_the_last_length(stops):
    """You give all that is left to the last length. Does a text have to end there?"""
    masses = [s * going_on for s, going_on in zip(stops, _going_on(stops), strict=False)]
    return [*masses[:-1], 1 - math.fsum(masses[:-1])] if masses else []


def rest_as_one_more_length(stops):
    """Your list has one entry more than `stops`: what has not ended. How many entries does the question ask for?"""
    going_on = _going_on(stops)
    return [*(s * p for s, p in zip(stops, going_on, strict=False)), going_on[-1]]


def earlier_stops_subtracted(stops):
    """You subtract the earlier stop probabilities from 1. Is a text that has already stopped asked to stop again?"""
    return [s * (1 - stopped) for s, stopped in zip(stops, accumulate(stops, initial=0.0), strict=False)]


length_masses = [stops_as_they_are, survives_its_own_stop, cumulative_mass, still_going, always_the_first_stop,
                 always_its_own_stop, one_step_of_survival, logarithm_of_a_certain_stop, gone_on_once_more, made_to_sum_to_one,
                 rest_at_the_last_length, rest_as_one_more_length, earlier_stops_subtracted]


def nothing_leaks(b):
    """Your function returns 0 for every `b`. Does every path come to an end, and is there a `//` in your code?"""
    return 0.0


def always_one_half(b):
    """Your function returns ½ for every `b`. For which `b` is that the example of the question, and where does `b` come in?"""
    return 0.5


def only_the_first_factor(b):
    """Your result is one factor, 1 − 1/b². Which other factors belong to the product?"""
    return 1 - 1 / b**2


def product_stops_at_100(b):
    """A hundred factors settle about two digits. How large is the product of all the factors after them?"""
    return _first_factors(b, 100)


def everything_leaks(b):
    """Your function returns 1 for every `b`. Can a text not end at once?"""
    return 1.0


def mass_that_ends(b):
    """This is the probability that a text ends. What is left for those that never do?"""
    return 1 / b


def product_starts_late(b):
    """Your product starts at `t` = 1. What is the first length at which a text can stop?"""
    return b / (b + 1)


def product_stops_at_1000(b):
    """You multiply a fixed number of factors, and the endless rest is missing. What is left of it once factors cancel?"""
    return math.prod(1 - 1 / (t + b) ** 2 for t in range(1000))


def stops_subtracted(b):
    """You subtract all stop probabilities from 1. Is a text that has already stopped asked to stop again?"""
    n = 1000
    return 1 - math.fsum(1 / (t + b) ** 2 for t in range(n)) - 1 / (n + b - 0.5)


def _first_factors(b, n):
    """The product of the first n factors, which telescopes to this."""
    return (b - 1) / b * ((b + n) / (b + n - 1))


def product_stops_at_10_000(b):
    """Ten thousand factors settle about four digits. How large is the product of all the factors after them?"""
    return _first_factors(b, 10_000)


def product_stops_at_100_000(b):
    """A hundred thousand factors settle about five digits. How large is the product of all the factors after them?"""
    return _first_factors(b, 100_000)


def product_stops_at_a_million(b):
    """A million factors settle about six digits. How large is the product of all the factors after them?"""
    return _first_factors(b, 1_000_000)


def _first_stops_subtracted(b, n):
    """1 minus the first n stop probabilities, for n of a thousand or more: the others sum to nearly this."""
    return stops_subtracted(b) + 1 / (n + b - 0.5)


def thousand_stops_subtracted(b):
    """You subtract the first thousand stop probabilities from 1. Is a text that has already stopped asked to stop again?"""
    return _first_stops_subtracted(b, 1000)


def ten_thousand_stops_subtracted(b):
    """You subtract the first ten thousand stop probabilities from 1. Is a text that has stopped asked to stop again?"""
    return _first_stops_subtracted(b, 10_000)


def hundred_thousand_stops_subtracted(b):
    """You subtract the first hundred thousand stop probabilities from 1. Is a text that has stopped asked to stop again?"""
    return _first_stops_subtracted(b, 100_000)


def million_stops_subtracted(b):
    """You subtract the first million stop probabilities from 1. Is a text that has already stopped asked to stop again?"""
    return _first_stops_subtracted(b, 1_000_000)


leaked_mass = [nothing_leaks, always_one_half, only_the_first_factor, product_stops_at_100, everything_leaks, mass_that_ends,
               product_starts_late, product_stops_at_1000, product_stops_at_10_000, product_stops_at_100_000,
               product_stops_at_a_million, stops_subtracted, thousand_stops_subtracted, ten_thousand_stops_subtracted,
               hundred_thousand_stops_subtracted, million_stops_subtracted]
