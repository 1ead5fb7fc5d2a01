"""Wrong answers that students really write for unit 10; each docstring is the hint they get."""

import math
from collections import Counter

import numpy as np

# Question 1: padding and truncation


def all_cells_real(lengths, L):
    """Your first number counts every cell of the block. Which cells hold a token of a text?"""
    real = L * len(lengths)
    return real, sum(max(L - n, 0) for n in lengths), sum(max(n - L, 0) for n in lengths)


def texts_cut(lengths, L):
    """Your last number says how many texts were cut. How many tokens were?"""
    real = sum(min(n, L) for n in lengths)
    return real, L * len(lengths) - real, sum(n > L for n in lengths)


def rows_filled_up(lengths, L):
    """Your second number says how many rows have PAD. How many cells have it?"""
    return sum(min(n, L) for n in lengths), sum(n < L for n in lengths), sum(max(n - L, 0) for n in lengths)


def negative_pads(lengths, L):
    """In your count of PAD a text that is too long takes some away. How many cells of PAD are in its row?"""
    return sum(min(n, L) for n in lengths), sum(L - n for n in lengths), sum(max(n - L, 0) for n in lengths)


def negative_losses(lengths, L):
    """In your count of lost tokens a text that is too short makes up for others. How many tokens does it lose?"""
    real = sum(min(n, L) for n in lengths)
    return real, L * len(lengths) - real, sum(n - L for n in lengths)


def cut_tokens_are_real(lengths, L):
    """Your first number counts all tokens of the texts. Which of them are still in the block?"""
    return sum(lengths), sum(max(L - n, 0) for n in lengths), sum(max(n - L, 0) for n in lengths)


def as_wide_as_the_longest(lengths, L):
    """Your rows are as long as the longest text. How long does the question make them?"""
    real = sum(lengths)
    return real, max(lengths) * len(lengths) - real, 0


def lost_before_pad(lengths, L):
    """Your second and third numbers have changed places. Which one comes first?"""
    real = sum(min(n, L) for n in lengths)
    return real, sum(max(n - L, 0) for n in lengths), L * len(lengths) - real


def long_texts_left_out(lengths, L):
    """You left out the texts that are too long. How much of them stays in the block?"""
    kept = [n for n in lengths if n <= L]
    return sum(kept), L * len(kept) - sum(kept), sum(lengths) - sum(kept)


def place_for_an_end(lengths, L):
    """You kept one cell of each row free. How many tokens does a row have room for?"""
    real = sum(min(n, L - 1) for n in lengths)
    return real, L * len(lengths) - real, sum(lengths) - real


def end_for_each(lengths, L):
    """You counted one token more for each text than it has. Is anything added to the texts here?"""
    longer = [n + 1 for n in lengths]
    real = sum(min(n, L) for n in longer)
    return real, L * len(longer) - real, sum(longer) - real


def never_wider_than_the_longest(lengths, L):
    """Where all texts are short your rows are as wide as the longest of them. How many cells has a row?"""
    width = min(max(lengths), L)
    real = sum(min(n, L) for n in lengths)
    return real, width * len(lengths) - real, sum(lengths) - real


pad_report = [all_cells_real, texts_cut, rows_filled_up, negative_pads, negative_losses, cut_tokens_are_real,
              as_wide_as_the_longest, lost_before_pad, long_texts_left_out, place_for_an_end, end_for_each,
              never_wider_than_the_longest]


# Question 2: texts end to end

def joined(sequences, eos, before=(), after=()):
    """All texts in one list, with something before or after each."""
    return np.array([token for text in sequences for token in [*before, *text, *after]], dtype=np.int64)


def blocks(stream, T, n):
    """n rows of T ids, and the ids that follow each, from a stream that is long enough."""
    return stream[:n * T].reshape(n, T), stream[1:n * T + 1].reshape(n, T)


def border_lost(sequences, eos, T):
    """Between two of your rows an id is never read. With what does a row begin, if the last target of the row before it is
    known?"""
    stream = np.array([token for text in sequences for token in [*text, eos]], dtype=np.int64)
    n = len(stream) // (T + 1)
    rows = stream[:n * (T + 1)].reshape(n, T + 1)
    return rows[:, :-1], rows[:, 1:]


def rolled_in_its_row(sequences, eos, T):
    """The last target of each of your rows is the row's own first id. Which id follows the last one in the stream?"""
    inputs, _ = blocks(joined(sequences, eos, after=[eos]), T, (sum(map(len, sequences)) + len(sequences) - 1) // T)
    return inputs, np.roll(inputs, -1, axis=1)


def targets_not_shifted(sequences, eos, T):
    """Your targets are your inputs. What is to be predicted after an id?"""
    inputs, _ = blocks(joined(sequences, eos, after=[eos]), T, (sum(map(len, sequences)) + len(sequences) - 1) // T)
    return inputs, inputs


def targets_and_inputs_exchanged(sequences, eos, T):
    """Your targets come before your inputs in the stream. Which of the two is one place further on?"""
    inputs, targets = blocks(joined(sequences, eos, after=[eos]), T, (sum(map(len, sequences)) + len(sequences) - 1) // T)
    return targets, inputs


def no_end(sequences, eos, T):
    """No EOS stands between your texts. How does a model learn where one ends?"""
    stream = joined(sequences, eos)
    return blocks(stream, T, max(len(stream) - 1, 0) // T)


def end_of_all_alone(sequences, eos, T):
    """Your stream has one EOS, at its very end. After which texts does one stand?"""
    stream = np.append(joined(sequences, eos), eos)
    return blocks(stream, T, (len(stream) - 1) // T)


def end_only_between(sequences, eos, T):
    """The very last EOS is in none of your rows, not even as a target. Which texts end with one, and what may be a target?"""
    stream = joined(sequences, eos, after=[eos])[:-1]
    return blocks(stream, T, max(len(stream) - 1, 0) // T)


def end_in_front(sequences, eos, T):
    """Your EOS stands before each text. On which side of it does it belong?"""
    stream = joined(sequences, eos, before=[eos])
    return blocks(stream, T, (len(stream) - 1) // T)


def end_on_both_sides(sequences, eos, T):
    """Between two texts you have two EOS. How many are there?"""
    stream = joined(sequences, eos, before=[eos], after=[eos])
    return blocks(stream, T, (len(stream) - 1) // T)


def rest_filled_with_ends(sequences, eos, T):
    """You filled the last row up with EOS. What becomes of a rest that fills no row?"""
    stream = joined(sequences, eos, after=[eos])
    n = -(-(len(stream) - 1) // T)
    return blocks(np.append(stream, [eos] * T), T, n)


def rest_filled_with_zeros(sequences, eos, T):
    """You filled the last row up with zeros. What becomes of a rest that fills no row?"""
    stream = joined(sequences, eos, after=[eos])
    n = -(-(len(stream) - 1) // T)
    return blocks(np.append(stream, [0] * T), T, n)


def round_to_the_start(sequences, eos, T):
    """Your very last target is the first id of the stream. How many ids do n rows need, targets included?"""
    stream = joined(sequences, eos, after=[eos])
    n = len(stream) // T
    return stream[:n * T].reshape(n, T), np.roll(stream, -1)[:n * T].reshape(n, T)


def each_text_by_itself(sequences, eos, T):
    """You cut each text by itself, so that its rest is lost. What is cut into rows here?"""
    rows = [[], []]
    for text in sequences:
        for found, part in zip(rows, blocks(joined([text], eos, after=[eos]), T, len(text) // T), strict=True):
            found.extend(part.tolist())
    return tuple(np.array(found, dtype=np.int64).reshape(-1, T) for found in rows)


def down_the_columns(sequences, eos, T):
    """Your stream runs down the columns. Along which axis does a text run?"""
    stream = joined(sequences, eos, after=[eos])
    n = (len(stream) - 1) // T
    return stream[:n * T].reshape(T, n).T, stream[1:n * T + 1].reshape(T, n).T


def rows_at_every_place(sequences, eos, T):
    """A row of yours begins at every id of the stream. How far are the starts of two rows apart?"""
    stream = joined(sequences, eos, after=[eos])
    starts = np.arange(max(len(stream) - T, 0))[:, None] + np.arange(T)
    return stream[starts], stream[starts + 1]


pack = [border_lost, rolled_in_its_row, targets_not_shifted, targets_and_inputs_exchanged, no_end, end_of_all_alone,
        end_only_between, end_in_front, end_on_both_sides, rest_filled_with_ends, rest_filled_with_zeros, round_to_the_start,
        each_text_by_itself, down_the_columns, rows_at_every_place]


# Question 3: PAD has no say

def nats(log_p, targets):
    """−log p of every target, (B, T)."""
    return -np.take_along_axis(log_p, targets[:, :, None], axis=2)[:, :, 0]


def zero_times_infinity(log_p, targets, mask):
    """Your result is right as long as no loss of a PAD is infinite. What is 0 · ∞?"""
    with np.errstate(all="ignore"):
        losses = -np.take_along_axis(log_p, targets[:, :, None], axis=2)[:, :, 0]
        return float((losses * mask).sum() / mask.sum())


def mean_over_all_cells(log_p, targets, mask):
    """You added up the right losses, and divided by the number of all cells. How many predictions count?"""
    losses = -np.take_along_axis(log_p, targets[:, :, None], axis=2)[:, :, 0]
    return float(np.where(mask, losses, 0).sum() / mask.size)


def pad_in_the_mean(log_p, targets, mask):
    """Your mean has the cells of PAD in it. What is the mask for?"""
    return float(nats(log_p, targets).mean())


def mean_of_means(log_p, targets, mask):
    """You took a mean for each text, and the mean of these. How much does a token of a short text count then?"""
    losses = np.where(mask, nats(log_p, targets), 0)
    rows = mask.any(axis=1)
    return float((losses.sum(axis=1)[rows] / mask.sum(axis=1)[rows]).mean())


def mean_of_columns(log_p, targets, mask):
    """You took a mean for each column, and the mean of these. How much does a token of a late column count then?"""
    losses = np.where(mask, nats(log_p, targets), 0)
    columns = mask.any(axis=0)
    return float((losses.sum(axis=0)[columns] / mask.sum(axis=0)[columns]).mean())


def sum_of_losses(log_p, targets, mask):
    """You added the losses up. Is a sum asked for, or a mean?"""
    return float(nats(log_p, targets)[mask].sum())


def by_text(log_p, targets, mask):
    """You divided by the number of texts. Over what is the mean to be taken?"""
    return float(nats(log_p, targets)[mask].sum() / len(mask))


def likelihood(log_p, targets, mask):
    """Your loss is negative. Which sign does a loss have?"""
    return float(-nats(log_p, targets)[mask].mean())


def mask_inverted(log_p, targets, mask):
    """Your loss is that of the cells which do not count. What does True mean in this mask?"""
    with np.errstate(all="ignore"):
        return float(nats(log_p, targets)[~mask].mean())


def in_bits(log_p, targets, mask):
    """Your loss is in bits. Which logarithm do you get?"""
    return float(nats(log_p, targets)[mask].mean() / math.log(2))


def mean_probability(log_p, targets, mask):
    """You took the logarithm back. Of what is the mean to be taken?"""
    return float(np.exp(-nats(log_p, targets)[mask]).mean())


def logarithm_of_the_mean(log_p, targets, mask):
    """You took the mean of the probabilities, and its logarithm. Which of the two comes first?"""
    return float(-np.log(np.exp(-nats(log_p, targets)[mask]).mean()))


def shifted_again(log_p, targets, mask):
    """You shifted the targets. Whose prediction is `log_p[b, t]` already?"""
    return float(nats(log_p[:, :-1], targets[:, 1:])[mask[:, 1:]].mean())


def most_probable(log_p, targets, mask):
    """Your loss is that of the most probable ids. Which id does each prediction have to answer for?"""
    return float(-log_p.max(axis=2)[mask].mean())


def whole_vocabulary(log_p, targets, mask):
    """You took the mean over all ids. Which of the V numbers of a cell is the loss?"""
    with np.errstate(all="ignore"):
        return float(-log_p[mask].mean())


def per_word_of_the_vocabulary(log_p, targets, mask):
    """Your loss is V times too small. How many losses has a cell?"""
    return float(nats(log_p, targets)[mask].mean() / log_p.shape[2])


masked_loss = [zero_times_infinity, mean_over_all_cells, pad_in_the_mean, mean_of_means, mean_of_columns, sum_of_losses,
               by_text, likelihood, mask_inverted, in_bits, mean_probability, logarithm_of_the_mean, shifted_again,
               most_probable, whole_vocabulary, per_word_of_the_vocabulary]


# Question 4: mini-batches

def cut(order, B):
    """An order in pieces of B."""
    return [order[i:i + B].tolist() for i in range(0, len(order), B)]


def stepped(theta, X, batches, step_size):
    """θ after a step for each batch."""
    for batch in batches:
        theta = theta - step_size * (theta - X[batch].mean(axis=0))
    return theta


def short_batch_dropped(theta, X, keys, B, step_size):
    """Your last batch is missing. What becomes of examples that do not fill a batch?"""
    order = np.argsort(keys)
    batches = [order[i:i + B].tolist() for i in range(0, len(order) - B + 1, B)]
    for batch in batches:
        theta = theta - step_size * (theta - X[batch].mean(axis=0))
    return batches, theta


def not_shuffled(theta, X, keys, B, step_size):
    """Your batches are in the order of the examples. What are the keys for?"""
    batches = cut(np.arange(len(X)), B)
    return batches, stepped(theta, X, batches, step_size)


def with_replacement(theta, X, keys, B, step_size):
    """You made an index of each key by itself, so an example may come twice and another never. What makes a new order of all
    examples?"""
    batches = cut((keys * len(X)).astype(int), B)
    return batches, stepped(theta, X, batches, step_size)


def ranks(theta, X, keys, B, step_size):
    """You took the place of each example in the order. Which example is at each place?"""
    batches = cut(np.argsort(np.argsort(keys)), B)
    return batches, stepped(theta, X, batches, step_size)


def largest_key_first(theta, X, keys, B, step_size):
    """Your order begins with the greatest key. With which does it have to begin?"""
    batches = cut(np.argsort(-keys), B)
    return batches, stepped(theta, X, batches, step_size)


def sum_for_mean(theta, X, keys, B, step_size):
    """Your steps are as many times too long as a batch has examples. What is the loss of a batch, a sum or a mean?"""
    batches = cut(np.argsort(keys), B)
    for batch in batches:
        theta = theta - step_size * (theta - X[batch]).sum(axis=0)
    return batches, theta


def always_by_B(theta, X, keys, B, step_size):
    """You divide by B in each batch. How many examples does the last one have?"""
    batches = cut(np.argsort(keys), B)
    for batch in batches:
        theta = theta - step_size * (theta - X[batch]).sum(axis=0) / B
    return batches, theta


def by_all_examples(theta, X, keys, B, step_size):
    """You divide by the number of all examples. Over what is the mean taken?"""
    batches = cut(np.argsort(keys), B)
    for batch in batches:
        theta = theta - step_size * (theta - X[batch]).sum(axis=0) / len(X)
    return batches, theta


def uphill(theta, X, keys, B, step_size):
    """Your steps go away from the examples. Which sign does a step have that makes the loss smaller?"""
    batches = cut(np.argsort(keys), B)
    for batch in batches:
        theta = theta + step_size * (theta - X[batch].mean(axis=0))
    return batches, theta


def all_at_the_start(theta, X, keys, B, step_size):
    """You took all gradients at the first θ. Where is the second batch's gradient taken?"""
    batches = cut(np.argsort(keys), B)
    return batches, theta - step_size * sum(theta - X[batch].mean(axis=0) for batch in batches)


def one_step(theta, X, keys, B, step_size):
    """You took one step, for the first batch. How many does an epoch have?"""
    batches = cut(np.argsort(keys), B)
    return batches, stepped(theta, X, batches[:1], step_size)


def example_by_example(theta, X, keys, B, step_size):
    """You took a step for every example. For what is there one step?"""
    batches = cut(np.argsort(keys), B)
    return batches, stepped(theta, X, [[i] for batch in batches for i in batch], step_size)


def full_gradient(theta, X, keys, B, step_size):
    """In each of your steps the gradient is that of all examples. Which examples has a step?"""
    batches = cut(np.argsort(keys), B)
    return batches, stepped(theta, X, [list(range(len(X)))] * len(batches), step_size)


def even_parts(theta, X, keys, B, step_size):
    """Your batches are about equally large. How many examples has every batch but the last?"""
    order = np.argsort(keys)
    batches = [part.tolist() for part in np.array_split(order, -(-len(order) // B))]
    return batches, stepped(theta, X, batches, step_size)


def B_parts(theta, X, keys, B, step_size):
    """You have B batches. Is B their number, or their size?"""
    batches = [part.tolist() for part in np.array_split(np.argsort(keys), B)]
    return batches, stepped(theta, X, batches, step_size)


def dealt_out(theta, X, keys, B, step_size):
    """You dealt the examples out in turn, one to each batch. Which examples of the order are together?"""
    order = np.argsort(keys)
    n = -(-len(order) // B)
    batches = [order[i::n].tolist() for i in range(n)]
    return batches, stepped(theta, X, batches, step_size)


def theta_first(theta, X, keys, B, step_size):
    """Your θ comes first. Which of the two is to be first?"""
    batches = cut(np.argsort(keys), B)
    return stepped(theta, X, batches, step_size), batches


def examples_for_numbers(theta, X, keys, B, step_size):
    """Your batches hold the examples themselves. What is to be in the lists?"""
    batches = cut(np.argsort(keys), B)
    return [X[batch].tolist() for batch in batches], stepped(theta, X, batches, step_size)


sgd_epoch = [short_batch_dropped, not_shuffled, with_replacement, ranks, largest_key_first, sum_for_mean, always_by_B,
             by_all_examples, uphill, all_at_the_start, one_step, example_by_example, full_gradient, even_parts, B_parts,
             dealt_out, theta_first, examples_for_numbers]


# Question 5: AdamW

def means(g, m, v, beta1, beta2):
    """The running means of the gradient and of its square."""
    return beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g**2


def corrected(m, v, t, beta1, beta2):
    """Both means without what they owe to their start at 0."""
    with np.errstate(all="ignore"):
        return m / np.float64(1 - beta1**t), v / np.float64(1 - beta2**t)


def no_correction(theta, g, m, v, t, step_size, beta1, beta2, epsilon, decay):
    """Your means are not corrected for their start at 0. How long is the first step then?"""
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g**2
    return theta - step_size * (m / (np.sqrt(v) + epsilon) + decay * theta), m, v


def first_mean_corrected(theta, g, m, v, t, step_size, beta1, beta2, epsilon, decay):
    """You corrected m, but not v. What did both start from?"""
    m, v = means(g, m, v, beta1, beta2)
    mean, _ = corrected(m, v, t, beta1, beta2)
    return theta - step_size * (mean / (np.sqrt(v) + epsilon) + decay * theta), m, v


def second_mean_corrected(theta, g, m, v, t, step_size, beta1, beta2, epsilon, decay):
    """You corrected v, but not m. What did both start from?"""
    m, v = means(g, m, v, beta1, beta2)
    _, square = corrected(m, v, t, beta1, beta2)
    return theta - step_size * (m / (np.sqrt(square) + epsilon) + decay * theta), m, v


def t_from_0(theta, g, m, v, t, step_size, beta1, beta2, epsilon, decay):
    """Your powers have the exponent t − 1. What is the number of the first step here, and what is 1 − β⁰?"""
    m, v = means(g, m, v, beta1, beta2)
    mean, square = corrected(m, v, t - 1, beta1, beta2)
    with np.errstate(all="ignore"):
        return theta - step_size * (mean / (np.sqrt(square) + epsilon) + decay * theta), m, v


def t_one_more(theta, g, m, v, t, step_size, beta1, beta2, epsilon, decay):
    """Your powers have the exponent t + 1. What is the number of the first step here?"""
    m, v = means(g, m, v, beta1, beta2)
    mean, square = corrected(m, v, t + 1, beta1, beta2)
    return theta - step_size * (mean / (np.sqrt(square) + epsilon) + decay * theta), m, v


def correction_of_the_first_step(theta, g, m, v, t, step_size, beta1, beta2, epsilon, decay):
    """You divide by 1 − β in every step. What does t do in the correction?"""
    m, v = means(g, m, v, beta1, beta2)
    mean, square = corrected(m, v, 1, beta1, beta2)
    return theta - step_size * (mean / (np.sqrt(square) + epsilon) + decay * theta), m, v


def decay_in_the_gradient(theta, g, m, v, t, step_size, beta1, beta2, epsilon, decay):
    """You added the decay to the gradient, so it passes through m and v. What does the W in AdamW stand for?"""
    m, v = means(g + decay * theta, m, v, beta1, beta2)
    mean, square = corrected(m, v, t, beta1, beta2)
    return theta - step_size * mean / (np.sqrt(square) + epsilon), m, v


def decay_in_the_mean(theta, g, m, v, t, step_size, beta1, beta2, epsilon, decay):
    """You added the decay to the corrected mean, so it is divided by the root. Where does it stand in the formula?"""
    m, v = means(g, m, v, beta1, beta2)
    mean, square = corrected(m, v, t, beta1, beta2)
    return theta - step_size * (mean + decay * theta) / (np.sqrt(square) + epsilon), m, v


def decay_afterwards(theta, g, m, v, t, step_size, beta1, beta2, epsilon, decay):
    """Your decay comes after the step. Of which θ is it a share, the old one or the new one?"""
    m, v = means(g, m, v, beta1, beta2)
    mean, square = corrected(m, v, t, beta1, beta2)
    return (theta - step_size * mean / (np.sqrt(square) + epsilon)) * (1 - step_size * decay), m, v


def decay_without_step_size(theta, g, m, v, t, step_size, beta1, beta2, epsilon, decay):
    """Your decay is not multiplied by the step size. Which share of θ goes in a step?"""
    m, v = means(g, m, v, beta1, beta2)
    mean, square = corrected(m, v, t, beta1, beta2)
    return (1 - decay) * theta - step_size * mean / (np.sqrt(square) + epsilon), m, v


def no_decay(theta, g, m, v, t, step_size, beta1, beta2, epsilon, decay):
    """Your weights do not decay. What happens to them where the gradient is 0?"""
    m, v = means(g, m, v, beta1, beta2)
    mean, square = corrected(m, v, t, beta1, beta2)
    return theta - step_size * mean / (np.sqrt(square) + epsilon), m, v


def growth(theta, g, m, v, t, step_size, beta1, beta2, epsilon, decay):
    """Your decay makes the weights larger. Which sign does it have?"""
    m, v = means(g, m, v, beta1, beta2)
    mean, square = corrected(m, v, t, beta1, beta2)
    return (1 + step_size * decay) * theta - step_size * mean / (np.sqrt(square) + epsilon), m, v


def epsilon_under_the_root(theta, g, m, v, t, step_size, beta1, beta2, epsilon, decay):
    """Your ε is under the root. Where does it stand in the formula?"""
    m, v = means(g, m, v, beta1, beta2)
    mean, square = corrected(m, v, t, beta1, beta2)
    return theta - step_size * (mean / np.sqrt(square + epsilon) + decay * theta), m, v


def epsilon_before_the_correction(theta, g, m, v, t, step_size, beta1, beta2, epsilon, decay):
    """You added ε to the root of v, before the correction. To what is it added?"""
    m, v = means(g, m, v, beta1, beta2)
    factor = np.sqrt(1 - beta2**t) / (1 - beta1**t)
    return theta - step_size * (factor * m / (np.sqrt(v) + epsilon) + decay * theta), m, v


def no_epsilon(theta, g, m, v, t, step_size, beta1, beta2, epsilon, decay):
    """Your ε is missing. What if a gradient has always been 0?"""
    m, v = means(g, m, v, beta1, beta2)
    mean, square = corrected(m, v, t, beta1, beta2)
    with np.errstate(all="ignore"):
        return theta - step_size * (mean / np.sqrt(square) + decay * theta), m, v


def no_root(theta, g, m, v, t, step_size, beta1, beta2, epsilon, decay):
    """You divided by the mean of the squares. What is taken of it first?"""
    m, v = means(g, m, v, beta1, beta2)
    mean, square = corrected(m, v, t, beta1, beta2)
    return theta - step_size * (mean / (square + epsilon) + decay * theta), m, v


def betas_exchanged(theta, g, m, v, t, step_size, beta1, beta2, epsilon, decay):
    """Your β₁ and β₂ have changed places. Which of them belongs to the mean of the squares?"""
    m, v = means(g, m, v, beta2, beta1)
    mean, square = corrected(m, v, t, beta2, beta1)
    return theta - step_size * (mean / (np.sqrt(square) + epsilon) + decay * theta), m, v


def old_and_new_exchanged(theta, g, m, v, t, step_size, beta1, beta2, epsilon, decay):
    """In your means the new gradient has the share β. Which share does the past have?"""
    m, v = (1 - beta1) * m + beta1 * g, (1 - beta2) * v + beta2 * g**2
    mean, square = corrected(m, v, t, beta1, beta2)
    return theta - step_size * (mean / (np.sqrt(square) + epsilon) + decay * theta), m, v


def corrected_ones_returned(theta, g, m, v, t, step_size, beta1, beta2, epsilon, decay):
    """The means of your result are the corrected ones. Which ones does the next step go on with?"""
    m, v = means(g, m, v, beta1, beta2)
    mean, square = corrected(m, v, t, beta1, beta2)
    return theta - step_size * (mean / (np.sqrt(square) + epsilon) + decay * theta), mean, square


def old_means_returned(theta, g, m, v, t, step_size, beta1, beta2, epsilon, decay):
    """In your result m and v are as they came in. What does the next step need?"""
    new_m, new_v = means(g, m, v, beta1, beta2)
    mean, square = corrected(new_m, new_v, t, beta1, beta2)
    return theta - step_size * (mean / (np.sqrt(square) + epsilon) + decay * theta), m, v


def adam_uphill(theta, g, m, v, t, step_size, beta1, beta2, epsilon, decay):
    """Your step goes the way of the gradient. Which sign makes the loss smaller?"""
    m, v = means(g, m, v, beta1, beta2)
    mean, square = corrected(m, v, t, beta1, beta2)
    return theta + step_size * mean / (np.sqrt(square) + epsilon) - step_size * decay * theta, m, v


def gradient_for_mean(theta, g, m, v, t, step_size, beta1, beta2, epsilon, decay):
    """Your step has the gradient itself above the line. What is m for?"""
    m, v = means(g, m, v, beta1, beta2)
    _, square = corrected(m, v, t, beta1, beta2)
    return theta - step_size * (g / (np.sqrt(square) + epsilon) + decay * theta), m, v


def corrections_exchanged(theta, g, m, v, t, step_size, beta1, beta2, epsilon, decay):
    """Each of your means is corrected with the β of the other. Which β is in m, and which in v?"""
    m, v = means(g, m, v, beta1, beta2)
    mean, square = corrected(m, v, t, beta2, beta1)
    return theta - step_size * (mean / (np.sqrt(square) + epsilon) + decay * theta), m, v


def first_beta_for_both(theta, g, m, v, t, step_size, beta1, beta2, epsilon, decay):
    """You corrected both means with β₁. Which β is in v?"""
    m, v = means(g, m, v, beta1, beta2)
    mean, square = corrected(m, v, t, beta1, beta1)
    return theta - step_size * (mean / (np.sqrt(square) + epsilon) + decay * theta), m, v


def rest_to_the_power(theta, g, m, v, t, step_size, beta1, beta2, epsilon, decay):
    """In your corrections the whole of 1 − β has the exponent t. Which part of it has it in the formula?"""
    m, v = means(g, m, v, beta1, beta2)
    mean, square = m / (1 - beta1)**t, v / (1 - beta2)**t
    return theta - step_size * (mean / (np.sqrt(square) + epsilon) + decay * theta), m, v


def not_squared(theta, g, m, v, t, step_size, beta1, beta2, epsilon, decay):
    """Your v is a mean of the gradients themselves, and may be negative. Of what should it be the mean?"""
    m, v = beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g
    mean, square = corrected(m, v, t, beta1, beta2)
    return theta - step_size * (mean / (np.sqrt(square) + epsilon) + decay * theta), m, v


adamw = [no_correction, first_mean_corrected, second_mean_corrected, t_from_0, t_one_more, correction_of_the_first_step,
         decay_in_the_gradient, decay_in_the_mean, decay_afterwards, decay_without_step_size, no_decay, growth,
         epsilon_under_the_root, epsilon_before_the_correction, no_epsilon, no_root, betas_exchanged, old_and_new_exchanged,
         corrected_ones_returned, old_means_returned, adam_uphill, gradient_for_mean, corrections_exchanged,
         first_beta_for_both, rest_to_the_power, not_squared]


# Question 6: warm-up and decay

def wave(done, peak, floor):
    """Half a wave from the peak down to the floor, for a share that may be anything."""
    return float(floor + (peak - floor) * (1 + math.cos(math.pi * done)) / 2)


def nothing_at_first(step, warmup, total, peak, floor):
    """Your first step has the size 0, so nothing is learned in it. At what does the climb begin?"""
    if step < warmup:
        return float(peak * step / warmup)
    return wave(min((step - warmup) / (total - warmup), 1), peak, floor)


def peak_one_early(step, warmup, total, peak, floor):
    """Your climb is at the peak one step too early. In which step should it be there?"""
    if step < warmup:
        return float(peak * (step + 1) / warmup)
    return wave(min((step - warmup) / (total - warmup), 1), peak, floor)


def climb_from_the_floor(step, warmup, total, peak, floor):
    """Your climb begins at the floor. What does the formula multiply the peak by?"""
    if step < warmup:
        return float(floor + (peak - floor) * (step + 1) / (warmup + 1))
    return wave(min((step - warmup) / (total - warmup), 1), peak, floor)


def no_climb(step, warmup, total, peak, floor):
    """Your schedule begins at the peak. What happens in the first steps?"""
    if step < warmup:
        return float(peak)
    return wave(min((step - warmup) / (total - warmup), 1), peak, floor)


def wave_over_total(step, warmup, total, peak, floor):
    """Your way down begins in step 0, and after the climb part of it is over already. What is the share of the way that is
    done in step `warmup`?"""
    if step < warmup:
        return float(peak * (step + 1) / (warmup + 1))
    return wave(min(step / total, 1), peak, floor)


def divided_by_total(step, warmup, total, peak, floor):
    """In step `total` you are still above the floor. How many steps does the way down have?"""
    if step < warmup:
        return float(peak * (step + 1) / (warmup + 1))
    return wave(min((step - warmup) / total, 1), peak, floor)


def floor_one_early(step, warmup, total, peak, floor):
    """You are at the floor one step too early. In which step is it reached?"""
    if step < warmup:
        return float(peak * (step + 1) / (warmup + 1))
    return wave(min((step - warmup) / max(total - 1 - warmup, 1), 1), peak, floor)


def down_one_early(step, warmup, total, peak, floor):
    """Your way down has begun in step `warmup`. Which size does that step have?"""
    if step < warmup:
        return float(peak * (step + 1) / (warmup + 1))
    return wave(min((step - warmup + 1) / (total - warmup), 1), peak, floor)


def floor_on_top(step, warmup, total, peak, floor):
    """You added the floor on top of the whole way, so you are above the peak. What is it that the wave shrinks?"""
    if step < warmup:
        return float(peak * (step + 1) / (warmup + 1))
    return float(floor + wave(min((step - warmup) / (total - warmup), 1), peak, 0))


def floor_cut_off(step, warmup, total, peak, floor):
    """Your wave is on its way to 0, and the floor comes in only at its end. Between which two numbers should it run?"""
    if step < warmup:
        return float(peak * (step + 1) / (warmup + 1))
    return max(wave(min((step - warmup) / (total - warmup), 1), peak, 0), float(floor))


def no_floor(step, warmup, total, peak, floor):
    """Your wave goes down to 0. Where does it have to end?"""
    if step < warmup:
        return float(peak * (step + 1) / (warmup + 1))
    return wave(min((step - warmup) / (total - warmup), 1), peak, 0)


def up_again(step, warmup, total, peak, floor):
    """After `total` your step size rises again, as a cosine does. What should it be there?"""
    if step < warmup:
        return float(peak * (step + 1) / (warmup + 1))
    return wave((step - warmup) / (total - warmup), peak, floor)


def nothing_afterwards(step, warmup, total, peak, floor):
    """From `total` on your step size is 0. What should it be there?"""
    if step < warmup:
        return float(peak * (step + 1) / (warmup + 1))
    return wave((step - warmup) / (total - warmup), peak, floor) if step < total else 0.0


def straight_down(step, warmup, total, peak, floor):
    """Your way down is a straight line. Which curve should it be?"""
    if step < warmup:
        return float(peak * (step + 1) / (warmup + 1))
    return float(peak - (peak - floor) * min((step - warmup) / (total - warmup), 1))


def quarter_of_a_wave(step, warmup, total, peak, floor):
    """Your way down is steepest at its end: it is a quarter of a wave. How far does the angle go?"""
    if step < warmup:
        return float(peak * (step + 1) / (warmup + 1))
    return float(floor + (peak - floor) * math.cos(math.pi / 2 * min((step - warmup) / (total - warmup), 1)))


def wave_upside_down(step, warmup, total, peak, floor):
    """After the climb you are at the floor, and rise from there. Which sign does the cosine have?"""
    if step < warmup:
        return float(peak * (step + 1) / (warmup + 1))
    return wave(1 - min((step - warmup) / (total - warmup), 1), peak, floor)


def cosine_not_halved(step, warmup, total, peak, floor):
    """Your factor goes from 1 to −1. From where to where does it have to go?"""
    if step < warmup:
        return float(peak * (step + 1) / (warmup + 1))
    return float(floor + (peak - floor) * math.cos(math.pi * min((step - warmup) / (total - warmup), 1)))


def down_and_up(step, warmup, total, peak, floor):
    """Your way goes down and up again before `total`. Which part of a wave should it be?"""
    if step < warmup:
        return float(peak * (step + 1) / (warmup + 1))
    return wave(2 * (step - warmup) / (total - warmup), peak, floor) if step < total else float(floor)


def upside_down_before_the_end(step, warmup, total, peak, floor):
    """After the climb you are at the floor, and rise until `total`. Which sign does the cosine have?"""
    if step < warmup:
        return float(peak * (step + 1) / (warmup + 1))
    return wave(1 - (step - warmup) / (total - warmup), peak, floor) if step < total else float(floor)


def sum_not_halved(step, warmup, total, peak, floor):
    """Your factor goes from 2 to 0, so you are above the peak after the climb. With which number is it to begin?"""
    if step < warmup:
        return float(peak * (step + 1) / (warmup + 1))
    return float(floor + (peak - floor) * (1 + math.cos(math.pi * min((step - warmup) / (total - warmup), 1))))


def jump_to_the_floor(step, warmup, total, peak, floor):
    """Your way down is as long as the whole training, so you are still high up before you jump to the floor in step `total`.
    How many steps are left after the climb?"""
    if step < warmup:
        return float(peak * (step + 1) / (warmup + 1))
    return wave((step - warmup) / total, peak, floor) if step < total else float(floor)


learning_rate = [nothing_at_first, peak_one_early, climb_from_the_floor, no_climb, wave_over_total, divided_by_total,
                 floor_one_early, down_one_early, floor_on_top, floor_cut_off, no_floor, up_again, nothing_afterwards,
                 straight_down, quarter_of_a_wave, wave_upside_down, cosine_not_halved, down_and_up,
                 upside_down_before_the_end, sum_not_halved, jump_to_the_floor]


# Question 7: accumulation

def real_parts(gradients, counts):
    """The gradients of the parts that have tokens, and how many."""
    return [(g, n) for g, n in zip(gradients, counts, strict=True) if n]


def mean_of_gradients(gradients, counts):
    """You took the plain mean of the gradients. Does a token of a small part count as much as one of a large part?"""
    kept = [g for g, n in zip(gradients, counts, strict=True) if n]
    return sum(kept) / len(kept)


def empty_parts_counted(gradients, counts):
    """You took the plain mean, and counted the parts without tokens too. What does each part count for?"""
    return sum(g for g, _ in real_parts(gradients, counts)) / len(counts)


def sum_of_gradients(gradients, counts):
    """You added the gradients up as they are. What is a mean multiplied by to be a sum over its tokens?"""
    return sum(g for g, _ in real_parts(gradients, counts))


def not_divided(gradients, counts):
    """You have the sum over all tokens. What is left to do for a mean?"""
    return sum(n * g for g, n in real_parts(gradients, counts))


def divided_by_parts(gradients, counts):
    """You divided the sum over all tokens by the number of parts. By what should it be divided?"""
    return sum(n * g for g, n in real_parts(gradients, counts)) / len(counts)


def sum_by_tokens(gradients, counts):
    """You divided by the number of all tokens without having multiplied by those of each part. What are you given, sums or
    means?"""
    return sum(g for g, _ in real_parts(gradients, counts)) / sum(counts)


def weighed_the_wrong_way(gradients, counts):
    """In your mean a part counts less the more tokens it has. Which way round should it be?"""
    kept = real_parts(gradients, counts)
    return sum(g / n for g, n in kept) / sum(1 / n for _, n in kept)


def last_part_alone(gradients, counts):
    """Your result is the gradient of the last part. What happens to those before it, if gradients are set to zero each time?"""
    return real_parts(gradients, counts)[-1][0] + 0.0


def first_part_alone(gradients, counts):
    """Your result is the gradient of the first part. Where are the others?"""
    return real_parts(gradients, counts)[0][0] + 0.0


def largest_part_alone(gradients, counts):
    """Your result is the gradient of the part with the most tokens. How much do the others count?"""
    return gradients[int(np.argmax(counts))] + 0.0


def halved_each_time(gradients, counts):
    """You took the mean of what you had and the next part, again and again, so the last part counts for a half. How much is it
    to count?"""
    kept = real_parts(gradients, counts)
    total = kept[0][0]
    for g, _ in kept[1:]:
        total = (total + g) / 2
    return total + 0.0


def nothing_times_nan(gradients, counts):
    """Your result is right as long as each part has tokens. What is 0 · NaN?"""
    return sum(n * g for g, n in zip(gradients, counts, strict=True)) / sum(counts)


def one_number(gradients, counts):
    """You averaged over the entries of the gradients, too. Which shape does the result have?"""
    return np.mean(sum(n * g for g, n in real_parts(gradients, counts)) / sum(counts), keepdims=True).ravel()


def mean_with_nan(gradients, counts):
    """You took the plain mean of the gradients, with the NaN of parts without tokens. How much should each part count?"""
    return sum(gradients) / len(gradients)


accumulate = [mean_of_gradients, empty_parts_counted, sum_of_gradients, not_divided, divided_by_parts, sum_by_tokens,
              weighed_the_wrong_way, last_part_alone, first_part_alone, largest_part_alone, halved_each_time,
              nothing_times_nan, one_number, mean_with_nan]


# Question 8: a layer on several machines

def by_columns(X, W, b, parts):
    """The pieces and the whole as they are to be, for a mistake that is made with rows."""
    pieces = [X @ w + part for w, part in zip(np.split(W, parts, axis=1), np.split(b, parts), strict=True)]
    return pieces, np.concatenate(pieces, axis=1)


def by_rows(X, W, parts):
    """The summands, for a mistake that is made with columns."""
    return [x @ w for x, w in zip(np.split(X, parts, axis=1), np.split(W, parts), strict=True)]


def rows_side_by_side(X, W, b, parts, by):
    """You put the pieces of rows side by side. Does such a piece hold some of the outputs, or a share of all of them?"""
    if by == "columns":
        return by_columns(X, W, b, parts)
    pieces = by_rows(X, W, parts)
    return pieces, np.concatenate(pieces, axis=1)


def rows_below_each_other(X, W, b, parts, by):
    """You put the pieces of rows below each other. Does such a piece hold some rows of the result, or a share of
    all?"""
    if by == "columns":
        return by_columns(X, W, b, parts)
    pieces = by_rows(X, W, parts)
    return pieces, np.concatenate(pieces, axis=0) + b


def rows_averaged(X, W, b, parts, by):
    """You took the mean of the pieces of rows. What makes the whole dot product out of its parts?"""
    if by == "columns":
        return by_columns(X, W, b, parts)
    pieces = by_rows(X, W, parts)
    return pieces, sum(pieces) / parts + b


def bias_by_every_part(X, W, b, parts, by):
    """With rows every part of yours adds the bias, so it is in the sum several times. How often is it added?"""
    if by == "columns":
        return by_columns(X, W, b, parts)
    pieces = [piece + b for piece in by_rows(X, W, parts)]
    return pieces, sum(pieces)


def bias_of_the_first_part(X, W, b, parts, by):
    """With rows your first piece has the bias in it. What do the pieces hold, before they are added?"""
    if by == "columns":
        return by_columns(X, W, b, parts)
    pieces = by_rows(X, W, parts)
    pieces[0] = pieces[0] + b
    return pieces, sum(pieces)


def share_of_the_bias(X, W, b, parts, by):
    """With rows every piece of yours has a share of the bias in it. What do the pieces hold, before they are added?"""
    if by == "columns":
        return by_columns(X, W, b, parts)
    pieces = [piece + b / parts for piece in by_rows(X, W, parts)]
    return pieces, sum(pieces)


def no_bias_with_rows(X, W, b, parts, by):
    """With rows your whole has no bias. Where is it added?"""
    if by == "columns":
        return by_columns(X, W, b, parts)
    pieces = by_rows(X, W, parts)
    return pieces, sum(pieces)


def no_bias_with_columns(X, W, b, parts, by):
    """With columns your pieces have no bias. Which entries of it belong to a part?"""
    if by == "rows":
        return by_rows(X, W, parts), X @ W + b
    pieces = [X @ w for w in np.split(W, parts, axis=1)]
    return pieces, np.concatenate(pieces, axis=1)


def bias_after_the_join(X, W, b, parts, by):
    """With columns you add the bias when the pieces are together. Could each part add its own entries before?"""
    if by == "rows":
        return by_rows(X, W, parts), X @ W + b
    pieces = [X @ w for w in np.split(W, parts, axis=1)]
    return pieces, np.concatenate(pieces, axis=1) + b


def no_bias_at_all(X, W, b, parts, by):
    """There is no bias in any result of yours. What is the whole to be equal to?"""
    pieces = [X @ w for w in np.split(W, parts, axis=1)] if by == "columns" else by_rows(X, W, parts)
    return pieces, X @ W


def same_bias_for_each(X, W, b, parts, by):
    """With columns all your pieces have the first entries of the bias. Which entries belong to a part?"""
    if by == "rows":
        return by_rows(X, W, parts), X @ W + b
    pieces = [X @ w + b[:w.shape[1]] for w in np.split(W, parts, axis=1)]
    return pieces, np.concatenate(pieces, axis=1)


def columns_added(X, W, b, parts, by):
    """You added the pieces of columns. Does such a piece hold some of the outputs, or a share of all of them?"""
    if by == "rows":
        return by_rows(X, W, parts), X @ W + b
    pieces, _ = by_columns(X, W, b, parts)
    return pieces, sum(pieces)


def columns_below_each_other(X, W, b, parts, by):
    """You put the pieces of columns below each other. Along which axis are the outputs?"""
    if by == "rows":
        return by_rows(X, W, parts), X @ W + b
    pieces, _ = by_columns(X, W, b, parts)
    return pieces, np.concatenate(pieces, axis=0)


def texts_split_too(X, W, b, parts, by):
    """With columns you split the rows of X among the parts as well. How much of X does each part read?"""
    if by == "rows":
        return by_rows(X, W, parts), X @ W + b
    shared = zip(np.array_split(X, parts), np.split(W, parts, axis=1), np.split(b, parts), strict=True)
    pieces = [x @ w + c for x, w, c in shared]
    return pieces, np.concatenate([piece[:len(X) // parts] for piece in pieces], axis=1)


def columns_and_rows_exchanged(X, W, b, parts, by):
    """You cut W along the other axis. Along which one does a cut "by columns" go?"""
    if by == "rows":
        return by_columns(X, W, b, parts)
    return by_rows(X, W, parts), X @ W + b


def columns_dealt_out(X, W, b, parts, by):
    """You dealt the columns or rows out in turn. Which of them belong to the first part?"""
    if by == "rows":
        return [X[:, i::parts] @ W[i::parts] for i in range(parts)], X @ W + b
    return [X @ W[:, i::parts] + b[i::parts] for i in range(parts)], X @ W + b


def parts_as_widths(X, W, b, parts, by):
    """Your parts have as many columns or rows as there are to be parts. Is `parts` a number of parts, or a width?"""
    size = W.shape[1 if by == "columns" else 0]
    n = max(size // parts, 1)
    if by == "columns":
        return [X @ w + c for w, c in zip(np.array_split(W, n, axis=1), np.array_split(b, n), strict=True)], X @ W + b
    return [x @ w for x, w in zip(np.array_split(X, n, axis=1), np.array_split(W, n), strict=True)], X @ W + b


split_linear = [rows_side_by_side, rows_below_each_other, rows_averaged, bias_by_every_part, bias_of_the_first_part,
                share_of_the_bias, no_bias_with_rows, no_bias_with_columns, bias_after_the_join, no_bias_at_all,
                same_bias_for_each, columns_added, columns_below_each_other, texts_split_too, columns_and_rows_exchanged,
                columns_dealt_out, parts_as_widths]


# Question 9: pages that are there twice

def runs(text, n):
    """All runs of n words of a text, in a list; of a shorter text the text."""
    words = text.split()
    return [" ".join(words[i:i + n]) for i in range(max(len(words) - n + 1, 1))]


def kept_ones(things, is_copy):
    """Numbers of the things that are no copy of one that was kept before."""
    kept = []
    for i, thing in enumerate(things):
        if not any(is_copy(thing, things[j]) for j in kept):
            kept.append(i)
    return kept


def overlap(one, other):
    """Common ones over all."""
    return len(one & other) / len(one | other) if one | other else 1.0


def words_for_shingles(documents, n, threshold):
    """You compared the words, whatever n is. What is a shingle?"""
    sets, kept = [set(text.split()) for text in documents], []
    for i, one in enumerate(sets):
        if all(len(one & sets[j]) / len(one | sets[j]) < threshold for j in kept):
            kept.append(i)
    return kept


def letters_for_words(documents, n, threshold):
    """Your shingles are runs of n letters. Of what are they to be runs?"""
    sets = [{text[i:i + n] for i in range(max(len(text) - n + 1, 1))} for text in documents]
    return kept_ones(sets, lambda one, other: overlap(one, other) >= threshold)


def side_by_side(documents, n, threshold):
    """Your shingles have no words in common. With which word does the second one begin?"""
    sets = [{" ".join(text.split()[i:i + n]) for i in range(0, len(text.split()), n)} for text in documents]
    return kept_ones(sets, lambda one, other: overlap(one, other) >= threshold)


def last_shingle_lost(documents, n, threshold):
    """Your last shingle is missing. How many runs of n words does a text of N words have?"""
    sets = [{" ".join(text.split()[i:i + n]) for i in range(max(len(text.split()) - n, 1))} for text in documents]
    return kept_ones(sets, lambda one, other: overlap(one, other) >= threshold)


def shingles_sorted(documents, n, threshold):
    """Your shingles do not know the order of their words. Is "a b" the same as "b a"?"""
    sets = [{tuple(sorted(shingle.split())) for shingle in runs(text, n)} for text in documents]
    return kept_ones(sets, lambda one, other: overlap(one, other) >= threshold)


def shingles_counted(documents, n, threshold):
    """You counted how often a shingle is there. How often is it in a set?"""
    counts = [Counter(runs(text, n)) for text in documents]
    return kept_ones(counts, lambda one, other: (one & other).total() / (one | other).total() >= threshold)


def contained_in_the_smaller(documents, n, threshold):
    """You divided the common shingles by those of the smaller text. By which shingles does Jaccard divide?"""
    sets = [set(runs(text, n)) for text in documents]
    return kept_ones(sets, lambda one, other: len(one & other) / min(len(one), len(other)) >= threshold)


def share_of_the_new(documents, n, threshold):
    """You divided the common shingles by those of the later text. By which shingles does Jaccard divide?"""
    sets = [set(runs(text, n)) for text in documents]
    return kept_ones(sets, lambda one, other: len(one & other) / len(one) >= threshold)


def share_of_the_old(documents, n, threshold):
    """You divided the common shingles by those of the earlier text. By which shingles does Jaccard divide?"""
    sets = [set(runs(text, n)) for text in documents]
    return kept_ones(sets, lambda one, other: len(one & other) / len(other) >= threshold)


def share_of_the_larger(documents, n, threshold):
    """You divided the common shingles by those of the larger text. By which shingles does Jaccard divide?"""
    sets = [set(runs(text, n)) for text in documents]
    return kept_ones(sets, lambda one, other: len(one & other) / max(len(one), len(other)) >= threshold)


def share_of_both_sizes(documents, n, threshold):
    """You divided twice the common shingles by the sum of both sizes. By what does Jaccard divide?"""
    sets = [set(runs(text, n)) for text in documents]
    return kept_ones(sets, lambda one, other: 2 * len(one & other) / (len(one) + len(other)) >= threshold)


def common_twice_below(documents, n, threshold):
    """You divided by the sum of both sizes, in which the common shingles are counted twice. How often does a union count
    them?"""
    sets = [set(runs(text, n)) for text in documents]
    return kept_ones(sets, lambda one, other: len(one & other) / (len(one) + len(other)) >= threshold)


def capitals_ignored(documents, n, threshold):
    """You made capitals small. Do they make a difference here?"""
    sets = [set(runs(text.lower(), n)) for text in documents]
    return kept_ones(sets, lambda one, other: overlap(one, other) >= threshold)


def threshold_exclusive(documents, n, threshold):
    """You keep a text whose similarity is just the threshold. What does "at least" say of it?"""
    sets = [set(runs(text, n)) for text in documents]
    return kept_ones(sets, lambda one, other: overlap(one, other) > threshold)


def last_kept(documents, n, threshold):
    """Of texts that are alike you keep the last. Which one is to stay?"""
    sets = [set(runs(text, n)) for text in documents][::-1]
    kept = kept_ones(sets, lambda one, other: overlap(one, other) >= threshold)
    return sorted(len(documents) - 1 - i for i in kept)


def all_copies_removed(documents, n, threshold):
    """Of texts that are alike you remove all. How many of them are to stay?"""
    sets = [set(runs(text, n)) for text in documents]
    return [i for i, one in enumerate(sets)
            if not any(i != j and overlap(one, other) >= threshold for j, other in enumerate(sets))]


def compared_with_removed(documents, n, threshold):
    """You also compare with texts that are gone already. With which ones is a text to be compared?"""
    sets = [set(runs(text, n)) for text in documents]
    return [i for i, one in enumerate(sets) if not any(overlap(one, other) >= threshold for other in sets[:i])]


def compared_with_the_one_before(documents, n, threshold):
    """You compare a text with its neighbour alone. With which ones should it be compared?"""
    sets = [set(runs(text, n)) for text in documents]
    return [i for i, one in enumerate(sets) if i == 0 or overlap(one, sets[i - 1]) < threshold]


def exact_copies_alone(documents, n, threshold):
    """You remove only what is the same to the letter. What is the threshold for?"""
    return kept_ones(documents, lambda one, other: one == other)


def the_removed_ones(documents, n, threshold):
    """Your list has the texts that go. Is it to have those, or the ones that stay?"""
    sets = [set(runs(text, n)) for text in documents]
    return sorted(set(range(len(sets))) - set(kept_ones(sets, lambda one, other: overlap(one, other) >= threshold)))


def unlike_ones_removed(documents, n, threshold):
    """You remove the texts that are not alike. On which side of the threshold are copies?"""
    sets = [set(runs(text, n)) for text in documents]
    return kept_ones(sets, lambda one, other: overlap(one, other) < threshold)


def texts_for_numbers(documents, n, threshold):
    """Your list holds the texts themselves. What is it to hold?"""
    sets = [set(runs(text, n)) for text in documents]
    return [documents[i] for i in kept_ones(sets, lambda one, other: overlap(one, other) >= threshold)]


def short_texts_without_shingles(documents, n, threshold):
    """You give a text of fewer than n words no shingle. What does the question say of such texts?"""
    sets = [{" ".join(text.split()[i:i + n]) for i in range(len(text.split()) - n + 1)} for text in documents]
    return kept_ones(sets, lambda one, other: overlap(one, other) >= threshold)


def short_texts_always_kept(documents, n, threshold):
    """You keep every text of fewer than n words. Which shingle does such a text have?"""
    sets = [{" ".join(text.split()[i:i + n]) for i in range(len(text.split()) - n + 1)} for text in documents]
    return kept_ones(sets, lambda one, other: bool(one | other) and overlap(one, other) >= threshold)


def words_run_together(documents, n, threshold):
    """You write the words of a shingle without anything between them. Are "ab c" and "a bc" the same words?"""
    sets = [{shingle.replace(" ", "") for shingle in runs(text, n)} for text in documents]
    return kept_ones(sets, lambda one, other: overlap(one, other) >= threshold)


def points_ignored(documents, n, threshold):
    """You took the points off the words. Do they make a difference here?"""
    sets = [set(runs(text.replace(".", ""), n)) for text in documents]
    return kept_ones(sets, lambda one, other: overlap(one, other) >= threshold)


def split_at_each_space(documents, n, threshold):
    """You split at single spaces. What stands between two words of these texts, apart from that?"""
    words = [text.split(" ") for text in documents]
    sets = [{tuple(one[i:i + n]) for i in range(max(len(one) - n + 1, 1))} for one in words]
    return kept_ones(sets, lambda one, other: overlap(one, other) >= threshold)


near_duplicates = [words_for_shingles, letters_for_words, side_by_side, last_shingle_lost, shingles_sorted, shingles_counted,
                   contained_in_the_smaller, share_of_the_new, share_of_the_old, share_of_the_larger, share_of_both_sizes,
                   common_twice_below, capitals_ignored, threshold_exclusive, last_kept, all_copies_removed,
                   compared_with_removed, compared_with_the_one_before, exact_copies_alone, the_removed_ones,
                   unlike_ones_removed, texts_for_numbers, short_texts_without_shingles, short_texts_always_kept,
                   words_run_together, points_ignored, split_at_each_space]


# Question 10: whose text goes

def tallied(groups, kept):
    """Each group's number of texts, and how many of them went."""
    gone = Counter(group for group, stays in zip(groups, kept, strict=True) if not stays)
    return Counter(groups), gone


def share_kept(groups, kept):
    """Your rates are those of the texts that stay. Which ones are asked for?"""
    return {group: sum(k for g, k in zip(groups, kept, strict=True) if g == group) / groups.count(group) for group in groups}


def group_given_removed(groups, kept):
    """You divided by the number of all removed texts: whose text most of them is. Of which texts is a rate to be the share?"""
    all_of, gone = tallied(groups, kept)
    return {group: gone[group] / max(gone.total(), 1) for group in all_of}


def group_given_kept(groups, kept):
    """You say how much of what stays is a group's. Of which texts is a rate to be the share?"""
    all_of, gone = tallied(groups, kept)
    return {group: (all_of[group] - gone[group]) / max(sum(kept), 1) for group in all_of}


def share_of_everything(groups, kept):
    """You divided by the number of all texts. Of which texts is a rate to be the share?"""
    all_of, gone = tallied(groups, kept)
    return {group: gone[group] / len(groups) for group in all_of}


def untouched_groups_missing(groups, kept):
    """A group of which nothing went is missing. What is its rate?"""
    all_of, gone = tallied(groups, kept)
    return {group: gone[group] / all_of[group] for group in gone}


def groups_gone_altogether_missing(groups, kept):
    """A group of which nothing stayed is missing. What is its rate?"""
    all_of, gone = tallied(groups, kept)
    return {group: gone[group] / all_of[group] for group in all_of if gone[group] < all_of[group]}


def removed_counted(groups, kept):
    """You counted the removed texts. What is their number divided by?"""
    all_of, gone = tallied(groups, kept)
    return {group: float(gone[group]) for group in all_of}


def removed_by_kept(groups, kept):
    """You divided the removed texts by the kept ones. Of which texts is a rate to be the share?"""
    all_of, gone = tallied(groups, kept)
    return {group: gone[group] / (all_of[group] - gone[group]) if gone[group] < all_of[group] else math.inf for group in all_of}


def in_percent(groups, kept):
    """Your rates are in per cent. Between which numbers does a probability lie?"""
    all_of, gone = tallied(groups, kept)
    return {group: 100 * gone[group] / all_of[group] for group in all_of}


def one_rate_for_all(groups, kept):
    """All your groups have the same rate. Whose texts belong to a group?"""
    all_of, gone = tallied(groups, kept)
    return {group: gone.total() / len(groups) for group in all_of}


def size_of_the_group(groups, kept):
    """You say how much of all text is a group's. What became of it?"""
    all_of, _ = tallied(groups, kept)
    return {group: all_of[group] / len(groups) for group in all_of}


def how_much_more(groups, kept):
    """You compared each group's rate with that of all texts. Is a ratio asked for?"""
    all_of, gone = tallied(groups, kept)
    overall = gone.total() / len(groups)
    return {group: gone[group] / all_of[group] / overall if overall else 0.0 for group in all_of}


removal_rates = [share_kept, group_given_removed, group_given_kept, share_of_everything, untouched_groups_missing,
                 groups_gone_altogether_missing, removed_counted, removed_by_kept, in_percent, one_rate_for_all,
                 size_of_the_group, how_much_more]


# Question 11: killed and resumed

def slopes(theta, contexts, targets):
    """The mean loss of a batch and its gradient."""
    rows = np.exp(theta[contexts] - theta[contexts].max(axis=1, keepdims=True))
    p = rows / rows.sum(axis=1, keepdims=True)
    loss = -np.log(p[np.arange(len(targets)), targets]).mean()
    p[np.arange(len(targets)), targets] -= 1
    gradient = np.zeros_like(theta)
    np.add.at(gradient, contexts, p / len(targets))
    return float(loss), gradient


def one_update(theta, m, v, gradient, t, step_size):
    """A step of Adam with the t that it is given."""
    m, v = 0.9 * m + 0.1 * gradient, 0.999 * v + 0.001 * gradient**2
    with np.errstate(all="ignore"):
        return theta - step_size * (m / np.float64(1 - 0.9**t)) / (np.sqrt(v / np.float64(1 - 0.999**t)) + 1e-8), m, v


def gone_on(state, batches, step_sizes, steps, batch_of, rate_of, t_of, to=None):
    """A training whose batch, step size and t follow from the step s and from i, the steps since the call."""
    theta, m, v, losses = state["theta"], state["m"], state["v"], []
    for i in range(steps):
        s = state["step"] + i
        loss, gradient = slopes(theta, *batches[batch_of(s, i) % len(batches)])
        theta, m, v = one_update(theta, m, v, gradient, t_of(s, i), step_sizes[rate_of(s, i)])
        losses.append(loss)
    return {"theta": theta, "m": m, "v": v, "step": state["step"] + steps if to is None else to}, losses


def now(s, i):
    """The step in the whole training."""
    return s


def since(s, i):
    """The step since the call."""
    return i


def later(s, i):
    """One more than the step in the whole training."""
    return s + 1


def moments_lost(state, batches, step_sizes, steps):
    """Your m and v begin at 0 in every call. What does the state bring with it?"""
    fresh = dict(state, m=np.zeros_like(state["m"]), v=np.zeros_like(state["v"]))
    return gone_on(fresh, batches, step_sizes, steps, now, now, later)


def moments_not_saved(state, batches, step_sizes, steps):
    """Your new state has the old m and v. What will the next call go on with?"""
    new, losses = gone_on(state, batches, step_sizes, steps, now, now, later)
    return dict(new, m=state["m"], v=state["v"]), losses


def weights_not_saved(state, batches, step_sizes, steps):
    """Your new state has the old θ. What will the next call go on with?"""
    new, losses = gone_on(state, batches, step_sizes, steps, now, now, later)
    return dict(new, theta=state["theta"]), losses


def schedule_from_the_start(state, batches, step_sizes, steps):
    """Your step sizes begin at the first one in every call. Which one belongs to the step in which the state is?"""
    return gone_on(state, batches, step_sizes, steps, now, since, later)


def batches_from_the_start(state, batches, step_sizes, steps):
    """Your batches begin at the first one in every call. Which one belongs to the step in which the state is?"""
    return gone_on(state, batches, step_sizes, steps, since, now, later)


def correction_from_the_start(state, batches, step_sizes, steps):
    """Your t begins at 1 in every call. How many steps do m and v have behind them?"""
    return gone_on(state, batches, step_sizes, steps, now, now, lambda s, i: i + 1)


def all_from_the_start(state, batches, step_sizes, steps):
    """Batches, step sizes and t begin anew in every call of yours. Where does the state say how far the training is?"""
    return gone_on(state, batches, step_sizes, steps, since, since, lambda s, i: i + 1)


def steps_not_counted(state, batches, step_sizes, steps):
    """The step in your new state is behind. How many steps have been done in all?"""
    return gone_on(state, batches, step_sizes, steps, now, now, later, to=state["step"])


def steps_of_this_call(state, batches, step_sizes, steps):
    """The step in your new state counts the steps of this call. How far has the training come in all?"""
    return gone_on(state, batches, step_sizes, steps, now, now, later, to=steps)


def up_to_steps(state, batches, step_sizes, steps):
    """You train up to step number `steps`. How many steps are to be done in this call?"""
    return gone_on(state, batches, step_sizes, max(steps - state["step"], 0), now, now, later)


def correction_with_s(state, batches, step_sizes, steps):
    """Your t is the number of the step counted from 0. What is 1 − β⁰?"""
    return gone_on(state, batches, step_sizes, steps, now, now, now)


def loss_after_the_step(state, batches, step_sizes, steps):
    """Your losses are measured after the step. When is a batch's loss to be measured?"""
    theta, m, v, losses = state["theta"], state["m"], state["v"], []
    for s in range(state["step"], state["step"] + steps):
        batch = batches[s % len(batches)]
        theta, m, v = one_update(theta, m, v, slopes(theta, *batch)[1], s + 1, step_sizes[s])
        losses.append(slopes(theta, *batch)[0])
    return {"theta": theta, "m": m, "v": v, "step": state["step"] + steps}, losses


def batch_by_batch_summed(state, batches, step_sizes, steps):
    """Your losses are sums over the pairs of a batch. What are they to be?"""
    new, losses = gone_on(state, batches, step_sizes, steps, now, now, later)
    sizes = [len(batches[s % len(batches)][1]) for s in range(state["step"], state["step"] + steps)]
    return new, [loss * size for loss, size in zip(losses, sizes, strict=True)]


def gradient_summed(state, batches, step_sizes, steps):
    """Your gradient is that of a sum over the pairs of a batch. Of what is it to be the gradient?"""
    theta, m, v, losses = state["theta"], state["m"], state["v"], []
    for s in range(state["step"], state["step"] + steps):
        batch = batches[s % len(batches)]
        loss, gradient = slopes(theta, *batch)
        theta, m, v = one_update(theta, m, v, gradient * len(batch[1]), s + 1, step_sizes[s])
        losses.append(loss)
    return {"theta": theta, "m": m, "v": v, "step": state["step"] + steps}, losses


def context_overwritten(state, batches, step_sizes, steps):
    """A context that comes twice in a batch gets the slope of its last pair alone. What does `gradient[contexts] += …` do with
    equal indices?"""
    theta, m, v, losses = state["theta"], state["m"], state["v"], []
    for s in range(state["step"], state["step"] + steps):
        contexts, targets = batches[s % len(batches)]
        loss, _ = slopes(theta, contexts, targets)
        gradient = np.zeros_like(theta)
        for u, w in zip(contexts, targets, strict=True):
            gradient[u] = slopes(theta, np.array([u]), np.array([w]))[1][u] / len(targets)
        theta, m, v = one_update(theta, m, v, gradient, s + 1, step_sizes[s])
        losses.append(loss)
    return {"theta": theta, "m": m, "v": v, "step": state["step"] + steps}, losses


def moments_not_used(state, batches, step_sizes, steps):
    """Your θ moves by η times the gradient. What does Adam do with it first?"""
    new, theta, losses = state, state["theta"], []
    m, v = state["m"], state["v"]
    for s in range(state["step"], state["step"] + steps):
        loss, gradient = slopes(theta, *batches[s % len(batches)])
        _, m, v = one_update(theta, m, v, gradient, s + 1, step_sizes[s])
        theta = theta - step_sizes[s] * gradient
        losses.append(loss)
    return dict(new, theta=theta, m=m, v=v, step=state["step"] + steps), losses


def last_loss_alone(state, batches, step_sizes, steps):
    """Your list has the last loss alone. How many are asked for?"""
    new, losses = gone_on(state, batches, step_sizes, steps, now, now, later)
    return new, losses[-1:]


def losses_first(state, batches, step_sizes, steps):
    """Your losses come first. Which of the two is to be first?"""
    return gone_on(state, batches, step_sizes, steps, now, now, later)[::-1]


def always_the_first_batch(state, batches, step_sizes, steps):
    """All your steps use the first batch. Which one belongs to step s?"""
    return gone_on(state, batches, step_sizes, steps, lambda s, i: 0, now, later)


def contexts_once(state, batches, step_sizes, steps):
    """Of pairs with the same context your gradient has the softmax only once. What does `gradient[contexts] += …` do with equal
    indices?"""
    theta, m, v, losses = state["theta"], state["m"], state["v"], []
    for s in range(state["step"], state["step"] + steps):
        contexts, targets = batches[s % len(batches)]
        p = np.exp(theta - theta.max(axis=1, keepdims=True))
        p, gradient = p / p.sum(axis=1, keepdims=True), np.zeros_like(theta)
        gradient[contexts] += p[contexts] / len(targets)
        gradient[contexts, targets] -= 1 / len(targets)
        loss, _ = slopes(theta, contexts, targets)
        theta, m, v = one_update(theta, m, v, gradient, s + 1, step_sizes[s])
        losses.append(loss)
    return {"theta": theta, "m": m, "v": v, "step": state["step"] + steps}, losses


def batches_used_up(state, batches, step_sizes, steps):
    """After the last batch your training has none. With which one does it go on?"""
    own = [batches[s] for s in range(state["step"], state["step"] + steps)]
    return gone_on(state, own, step_sizes, steps, since, now, later)


def last_batch_again(state, batches, step_sizes, steps):
    """After the last batch your training takes that one again and again. With which one does it go on?"""
    return gone_on(state, batches, step_sizes, steps, lambda s, i: min(s, len(batches) - 1), now, later)


train = [moments_lost, moments_not_saved, weights_not_saved, schedule_from_the_start, batches_from_the_start,
         correction_from_the_start, all_from_the_start, steps_not_counted, steps_of_this_call, up_to_steps, correction_with_s,
         loss_after_the_step, batch_by_batch_summed, gradient_summed, context_overwritten, moments_not_used, last_loss_alone,
         losses_first, always_the_first_batch, contexts_once, batches_used_up, last_batch_again]
