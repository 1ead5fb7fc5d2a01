"""Wrong answers that students really write for unit 07; each docstring is the hint they get."""

import functools

import numpy as np

# Question 1: one step


def weighted(x, h, W_xh, W_hh):
    return x @ W_xh.T + h @ W_hh.T


def not_transposed(x, h, W_xh, W_hh, b):
    """You multiplied by the matrices as they are. Which of their axes belongs to the new state, and where does it stand in
    `x @ W_xh`?"""
    return np.tanh(x @ W_xh + h @ W_hh + b)


def recurrent_not_transposed(x, h, W_xh, W_hh, b):
    """Your input part is right. Which axis of W_hh belongs to the old state? That it is square hides the answer."""
    return np.tanh(x @ W_xh.T + h @ W_hh + b)


def input_not_transposed(x, h, W_xh, W_hh, b):
    """Your recurrent part is right. Which axis of W_xh belongs to the input?"""
    return np.tanh(x @ W_xh + h @ W_hh.T + b)


def no_bias(x, h, W_xh, W_hh, b):
    """Your function gives the same for every b. Where does the bias come in?"""
    return np.tanh(weighted(x, h, W_xh, W_hh))


def bias_outside(x, h, W_xh, W_hh, b):
    """You added the bias to the tanh. Is it inside or outside?"""
    return np.tanh(weighted(x, h, W_xh, W_hh)) + b


def matrices_exchanged(x, h, W_xh, W_hh, b):
    """You multiplied the input by W_hh and the state by W_xh. Which letters stand under which matrix, and why?"""
    return np.tanh(weighted(h, x, W_xh, W_hh) + b)


def no_tanh(x, h, W_xh, W_hh, b):
    """These numbers may be greater than 1. What is missing around the sum?"""
    return weighted(x, h, W_xh, W_hh) + b


def logistic(x, h, W_xh, W_hh, b):
    """Your states lie between 0 and 1. Which activation does this network have?"""
    return 0.5 * (1 + np.tanh((weighted(x, h, W_xh, W_hh) + b) / 2))


def rectified(x, h, W_xh, W_hh, b):
    """Your states have no negative entries. Which activation does this network have?"""
    return np.maximum(weighted(x, h, W_xh, W_hh) + b, 0)


def no_memory(x, h, W_xh, W_hh, b):
    """Your new state does not depend on the old one. What then does the network remember?"""
    return np.tanh(x @ W_xh.T + b)


def state_added(x, h, W_xh, W_hh, b):
    """You added the old state to the new one. Through which matrix does it go, and inside which function?"""
    return np.tanh(x @ W_xh.T + b) + h


def tanh_of_each(x, h, W_xh, W_hh, b):
    """You took a tanh of each part and added them. Of what is the one tanh taken?"""
    return np.tanh(x @ W_xh.T) + np.tanh(h @ W_hh.T + b)


def columns(x, h, W_xh, W_hh, b):
    """Your function treats the texts as columns. On which axis of x are they?"""
    return np.tanh(W_xh @ x + W_hh @ h + b[:, None])


def bias_by_text(x, h, W_xh, W_hh, b):
    """You gave each text one number of the bias. To which axis do the numbers of b belong?"""
    return np.tanh(weighted(x, h, W_xh, W_hh) + b[:, None])


def texts_as_columns(x, h, W_xh, W_hh, b):
    """Your new states stand in columns. On which axis are the texts to be?"""
    return np.tanh(weighted(x, h, W_xh, W_hh) + b).T


def tanh_of_the_input_only(x, h, W_xh, W_hh, b):
    """Your old state stays outside the tanh. Of what is the tanh taken?"""
    return np.tanh(x @ W_xh.T + b) + h @ W_hh.T


def formula_copied(x, h, W_xh, W_hh, b):
    """You multiplied as the formula does, whose x and h are columns. On which axis do the texts stand in your arrays?"""
    return np.tanh(W_xh @ x + W_hh @ h + b)


rnn_step = [not_transposed, recurrent_not_transposed, input_not_transposed, no_bias, bias_outside, matrices_exchanged, no_tanh,
            logistic, rectified, no_memory, state_added, tanh_of_each, columns, bias_by_text, texts_as_columns,
            tanh_of_the_input_only, formula_copied]


# Question 2: unrolled

def before_each_input(X, h0, W_xh, W_hh, b):
    """Your first state is h0, and the last one is missing. Which state belongs to an input, the one before it or after it?"""
    states = [h0]
    for t in range(X.shape[1] - 1):
        states.append(np.tanh(weighted(X[:, t], states[-1], W_xh, W_hh) + b))
    return np.stack(states, axis=1)


def with_the_first(X, h0, W_xh, W_hh, b):
    """You have one state more than there are inputs. Is h0 asked for?"""
    states = [h0]
    for t in range(X.shape[1]):
        states.append(np.tanh(weighted(X[:, t], states[-1], W_xh, W_hh) + b))
    return np.stack(states, axis=1)


def not_carried(X, h0, W_xh, W_hh, b):
    """Every step of yours begins with h0. Which state does step 2 begin with?"""
    return np.stack([np.tanh(weighted(X[:, t], h0, W_xh, W_hh) + b) for t in range(X.shape[1])], axis=1)


def from_zero(X, h0, W_xh, W_hh, b):
    """You begin with zeros. What is the second argument for?"""
    states = [np.zeros(h0.shape)]
    for t in range(X.shape[1]):
        states.append(np.tanh(weighted(X[:, t], states[-1], W_xh, W_hh) + b))
    return np.stack(states[1:], axis=1)


def time_first(X, h0, W_xh, W_hh, b):
    """Your states have the time on their first axis. Which axis does the question put first?"""
    states = [h0]
    for t in range(X.shape[1]):
        states.append(np.tanh(weighted(X[:, t], states[-1], W_xh, W_hh) + b))
    return np.stack(states[1:])


def time_first_reshaped(X, h0, W_xh, W_hh, b):
    """Your numbers are all there, but a reshape has mixed texts and times. Does `reshape` exchange two axes?"""
    states = [h0]
    for t in range(X.shape[1]):
        states.append(np.tanh(weighted(X[:, t], states[-1], W_xh, W_hh) + b))
    return np.array(states[1:]).reshape(*X.shape[:2], -1)


def last_only(X, h0, W_xh, W_hh, b):
    """You have one state for each text, the last. How many are asked for?"""
    h = h0
    for t in range(X.shape[1]):
        h = np.tanh(weighted(X[:, t], h, W_xh, W_hh) + b)
    return h


def from_text_to_text(X, h0, W_xh, W_hh, b):
    """Your second text begins with the state in which the first one ended. With which should it begin?"""
    states, h = [], h0[0]
    for text in X:
        for x in text:
            h = np.tanh(weighted(x, h, W_xh, W_hh) + b)
            states.append(h)
    return np.array(states).reshape(*X.shape[:2], -1)


def right_to_left(X, h0, W_xh, W_hh, b):
    """Your network reads from right to left. Which input comes first?"""
    states = [h0]
    for t in reversed(range(X.shape[1])):
        states.append(np.tanh(weighted(X[:, t], states[-1], W_xh, W_hh) + b))
    return np.stack(states[:0:-1], axis=1)


def newest_first(X, h0, W_xh, W_hh, b):
    """Your states are right, and in the wrong order. Which comes first, the oldest or the newest?"""
    states = [h0]
    for t in range(X.shape[1]):
        states.append(np.tanh(weighted(X[:, t], states[-1], W_xh, W_hh) + b))
    return np.stack(states[:0:-1], axis=1)


def one_array_for_all(X, h0, W_xh, W_hh, b):
    """All your states are the last one. What happens to an array in a list when you later write into that same array?"""
    h = h0.copy()
    states = []
    for t in range(X.shape[1]):
        h[:] = np.tanh(weighted(X[:, t], h, W_xh, W_hh) + b)
        states.append(h)
    return np.stack(states, axis=1)


def same_input(X, h0, W_xh, W_hh, b):
    """Every step of yours reads the first input. What does the loop count?"""
    states = [h0]
    for _ in range(X.shape[1]):
        states.append(np.tanh(weighted(X[:, 0], states[-1], W_xh, W_hh) + b))
    return np.stack(states[1:], axis=1)


def unrolled_not_transposed(X, h0, W_xh, W_hh, b):
    """Your recurrent matrix stands on its side. Which axis of W_hh belongs to the old state? That it is square hides it."""
    states = [h0]
    for t in range(X.shape[1]):
        states.append(np.tanh(X[:, t] @ W_xh.T + states[-1] @ W_hh + b))
    return np.stack(states[1:], axis=1)


def all_axes_turned(X, h0, W_xh, W_hh, b):
    """Your axes run from the last to the first. Does `.T` exchange two of three axes?"""
    states = [h0]
    for t in range(X.shape[1]):
        states.append(np.tanh(weighted(X[:, t], states[-1], W_xh, W_hh) + b))
    return np.array(states[1:]).T


def axes_of_length_one_lost(X, h0, W_xh, W_hh, b):
    """Axes of length 1 are missing in your answer. How many axes are asked for, also of one text?"""
    states = [h0]
    for t in range(X.shape[1]):
        states.append(np.tanh(weighted(X[:, t], states[-1], W_xh, W_hh) + b))
    return np.squeeze(np.stack(states[1:], axis=1))


def input_before(X, h0, W_xh, W_hh, b):
    """Your step t reads the input of step t − 1. With which index does the first input stand?"""
    states = [h0]
    for t in range(X.shape[1]):
        states.append(np.tanh(weighted(X[:, t - 1], states[-1], W_xh, W_hh) + b))
    return np.stack(states[1:], axis=1)


def unrolled_formula_copied(X, h0, W_xh, W_hh, b):
    """Your step multiplies as the formula does, whose x and h are columns. On which axis do the texts stand in your arrays?"""
    states = [h0]
    for t in range(X.shape[1]):
        states.append(np.tanh(W_xh @ X[:, t] + W_hh @ states[-1] + b))
    return np.stack(states[1:], axis=1)


def unrolled_without_bias(X, h0, W_xh, W_hh, b):
    """Your states are the same for every b. Where does the bias come in?"""
    states = [h0]
    for t in range(X.shape[1]):
        states.append(np.tanh(weighted(X[:, t], states[-1], W_xh, W_hh)))
    return np.stack(states[1:], axis=1)


rnn = [before_each_input, with_the_first, not_carried, from_zero, time_first, time_first_reshaped, last_only, from_text_to_text,
       right_to_left, newest_first, one_array_for_all, same_input, unrolled_not_transposed, all_axes_turned,
       axes_of_length_one_lost, input_before, unrolled_formula_copied, unrolled_without_bias]


# Question 3: the loss of a tagger

def prices(p, y):
    """−ln p of the right tag at every place, (B, T)."""
    with np.errstate(divide="ignore"):
        return -np.log(np.where(y == 1, p, 1)).sum(axis=-1)


def mean_over_words(p, y, mask):
    """You divided by the number of words. Is this J a sum or a mean?"""
    return float(prices(p, y)[mask].mean())


def mean_over_places(p, y, mask):
    """You divided by all places, also by those without a word. Is anything divided here?"""
    return float(np.where(mask, prices(p, y), 0).mean())


def mean_over_texts(p, y, mask):
    """You divided by the number of texts. Is anything divided here?"""
    return float(prices(p, y)[mask].sum() / len(p))


def sum_of_means(p, y, mask):
    """You took the mean of each text and added these. Is anything divided here, and does a long text weigh more than a short
    one?"""
    return float(sum(row[words].mean() for row, words in zip(prices(p, y), mask, strict=True) if words.any()))


def padding_counted(p, y, mask):
    """You count places at which there is no word. What is the mask for?"""
    return float(prices(p, y).sum())


def mean_with_padding(p, y, mask):
    """You took the mean over all places, with a word or without. What is the mask for, and is J a mean?"""
    return float(prices(p, y).mean())


def mask_multiplied(p, y, mask):
    """You multiply by the mask, and that goes wrong where −ln p is ∞. What is 0 · ∞ to a computer, and how can the places
    without a word be left out instead?"""
    with np.errstate(invalid="ignore"):
        return float((prices(p, y) * mask).sum())


def zero_times_infinity(p, y, mask):
    """One-hot rows times logarithms go wrong where p is 0. What is 0 · ∞ to a computer?"""
    with np.errstate(all="ignore"):
        return float(-(y * np.log(p))[mask].sum())


def both_multiplied(p, y, mask):
    """You multiply by y and by the mask, and that goes wrong at every p of 0, with a word or without. What is 0 · ∞ to a
    computer?"""
    with np.errstate(all="ignore"):
        return float(-((y * np.log(p)).sum(axis=-1) * mask).sum())


def positive(p, y, mask):
    """Your J is at most 0. Which sign stands before the logarithm?"""
    return -float(prices(p, y)[mask].sum())


def in_bits(p, y, mask):
    """Your loss is in bits. Which logarithm is natural?"""
    return float(prices(p, y)[mask].sum() / np.log(2))


def entropy(p, y, mask):
    """You took −Σ p ln p. Where does your number look at the right tags?"""
    with np.errstate(all="ignore"):
        return float(-(p * np.log(np.where(p > 0, p, 1)))[mask].sum())


def binary(p, y, mask):
    """You also added −ln(1 − p) of the wrong tags. Which terms are left of Σ_c −y_c ln p_c where y_c is 0?"""
    with np.errstate(all="ignore"):
        return float(prices(p, y)[mask].sum() - np.log(1 - np.where(y == 1, 0, p))[mask].sum())


def softmax_again(p, y, mask):
    """You took a softmax of what are probabilities already. What is handed to your function?"""
    again = np.exp(p) / np.exp(p).sum(axis=-1, keepdims=True)
    return float(prices(again, y)[mask].sum())


def something_added(p, y, mask):
    """Your loss is a trifle off. Did you add a small number to p before the logarithm?"""
    return float(-np.log((p * y).sum(axis=-1)[mask] + 1e-8).sum())


def best_tags(p, y, mask):
    """You took the highest probability at each place. Of which tag does the loss want the probability?"""
    return float(-np.log(p.max(axis=-1)[mask]).sum())


def no_logarithm(p, y, mask):
    """You added up probabilities. What is done with each of them first?"""
    return float(-(p * y).sum(axis=-1)[mask].sum())


def one_for_each_word(p, y, mask):
    """You have a number for every place. How many are asked for?"""
    return np.where(mask, prices(p, y), 0)


def no_mask_and_not_a_number(p, y, mask):
    """You add up all places, with a word or without, and 0 · ∞ is no number to a computer. What is the mask for, and of which
    p is the logarithm needed?"""
    with np.errstate(all="ignore"):
        return float(-(y * np.log(p)).sum())


def no_mask_and_a_mean(p, y, mask):
    """You took a mean over all places, with a word or without, and 0 · ∞ is no number to a computer. What is the mask for, and
    is J a mean?"""
    with np.errstate(all="ignore"):
        return float(-(y * np.log(p)).sum(axis=-1).mean())


tagging_loss = [mean_over_words, mean_over_places, mean_over_texts, sum_of_means, padding_counted, mean_with_padding,
                mask_multiplied, zero_times_infinity, both_multiplied, positive, in_bits, entropy, binary, softmax_again,
                something_added, best_tags, no_logarithm, one_for_each_word, no_mask_and_not_a_number, no_mask_and_a_mean]


# Question 4: accuracy

def accuracy_of_all_places(scores, tags, mask):
    """You count places at which there is no word. What is the mask for?"""
    return float((scores.argmax(axis=-1) == tags).mean())


def padding_is_right(scores, tags, mask):
    """You count every place without a word as right. Of how many words is this the share?"""
    return float(((scores.argmax(axis=-1) == tags) | ~mask).mean())


def padding_is_wrong(scores, tags, mask):
    """You divided by the number of places. How many words are there?"""
    return float(((scores.argmax(axis=-1) == tags) & mask).mean())


def padding_in_the_numerator(scores, tags, mask):
    """You divide by the words, but the right ones are counted at all places. Where may a prediction be right?"""
    return float((scores.argmax(axis=-1) == tags).sum() / mask.sum())


def mean_of_texts(scores, tags, mask):
    """You took the mean of the texts' accuracies. Does a word of a short text count more than one of a long text?"""
    right = scores.argmax(axis=-1) == tags
    return float(np.mean([row[words].mean() for row, words in zip(right, mask, strict=True) if words.any()]))


def mean_of_texts_with_empty_ones(scores, tags, mask):
    """You took the mean of the texts' accuracies, and you give a text without words 0. Does every word count the same?"""
    right = ((scores.argmax(axis=-1) == tags) & mask).sum(axis=1)
    return float((right / np.maximum(mask.sum(axis=1), 1)).mean())


def best_time(scores, tags, mask):
    """You looked for the greatest score over time. Over which axis does a word choose its tag?"""
    return float((scores.argmax(axis=1) == tags)[mask].mean())


def last_of_equals(scores, tags, mask):
    """Of equal scores you take the tag with the highest id. Which one does the question ask for?"""
    best = scores.shape[-1] - 1 - scores[..., ::-1].argmax(axis=-1)
    return float((best == tags)[mask].mean())


def any_of_equals(scores, tags, mask):
    """You count a word as right where the right tag has the greatest score, even if another one has it too. Which one is
    predicted then?"""
    of_right = np.take_along_axis(scores, tags[..., None], axis=-1)[..., 0]
    return float((of_right == scores.max(axis=-1))[mask].mean())


def none_of_equals(scores, tags, mask):
    """You count a word with equal scores as wrong in any case. Which tag is predicted then?"""
    of_right = np.take_along_axis(scores, tags[..., None], axis=-1)[..., 0]
    alone = (scores >= of_right[..., None]).sum(axis=-1) == 1
    return float(alone[mask].mean())


def lowest_score(scores, tags, mask):
    """You predict the tag with the lowest score. Are greater scores better or worse?"""
    return float((scores.argmin(axis=-1) == tags)[mask].mean())


def greatest_above_zero(scores, tags, mask):
    """Where all scores are negative your prediction is always tag 0. With which number does your search begin?"""
    best = np.where(scores.max(axis=-1) > 0, scores.argmax(axis=-1), 0)
    return float((best == tags)[mask].mean())


def number_right(scores, tags, mask):
    """You counted the right words. Which share is that?"""
    return float((scores.argmax(axis=-1) == tags)[mask].sum())


def in_percent(scores, tags, mask):
    """Your number is a hundred times too large. Is it a share or per cent?"""
    return 100 * float((scores.argmax(axis=-1) == tags)[mask].mean())


def share_of_errors(scores, tags, mask):
    """Yours is the share of wrong tags. Which one is asked for?"""
    return float((scores.argmax(axis=-1) != tags)[mask].mean())


def whole_texts(scores, tags, mask):
    """You count texts in which all is right. What is to be counted?"""
    return float(((scores.argmax(axis=-1) == tags) | ~mask).all(axis=1).mean())


def where_no_word_is(scores, tags, mask):
    """You looked at the places without a word. What does `True` mean in the mask?"""
    with np.errstate(invalid="ignore"):
        right = ((scores.argmax(axis=-1) == tags) & ~mask).sum()
        return float(right / np.maximum((~mask).sum(), 1))


tagging_accuracy = [accuracy_of_all_places, padding_is_right, padding_is_wrong, padding_in_the_numerator, mean_of_texts,
                    mean_of_texts_with_empty_ones, best_time, last_of_equals, any_of_equals, none_of_equals, lowest_score,
                    greatest_above_zero, number_right, in_percent, share_of_errors, whole_texts, where_no_word_is]


# Question 5: inputs and labels

def block(rows, pad, width=None):
    width = max(map(len, rows)) if width is None else width
    return np.array([[*row, *[pad] * (width - len(row))] for row in rows], int).reshape(len(rows), -1)


def filled(sequences, extra=1):
    """Where a text of so many words has something."""
    lengths = np.array([len(words) for words in sequences])[:, None]
    return np.arange(lengths.max() + 1) < lengths + extra


def not_shifted(sequences, sos, eos, pad):
    """Your labels are your inputs. What does the network have to say once it has read SOS?"""
    inputs = block([[sos, *words] for words in sequences], pad)
    return inputs, inputs.copy(), filled(sequences)


def end_behind_the_padding(sequences, sos, eos, pad):
    """Your EOS stands at the end of the block. Where does a short text end?"""
    labels = block(sequences, pad, max(map(len, sequences)) + 1)
    labels[:, -1] = eos
    return block([[sos, *words] for words in sequences], pad), labels, filled(sequences)


def read_on_behind_the_end(sequences, sos, eos, pad):
    """Your short texts read EOS as well. What would have to be predicted after it?"""
    rows = block([[sos, *words, eos] for words in sequences], pad)
    return rows[:, :-1], rows[:, 1:], filled(sequences)


def no_end(sequences, sos, eos, pad):
    """Behind the last word your labels have nothing but what fills up. What should be predicted there?"""
    return (block([[sos, *words] for words in sequences], pad), block(sequences, pad, max(map(len, sequences)) + 1),
            filled(sequences))


def no_start(sequences, sos, eos, pad):
    """Your inputs do not begin with SOS, so nothing predicts the first word. What is the first label?"""
    width = max(map(len, sequences)) + 1
    return block(sequences, pad, width), block([[*words[1:], eos] for words in sequences], pad, width), filled(sequences)


def end_in_both(sequences, sos, eos, pad):
    """EOS is among your inputs as well. What would have to be predicted after it?"""
    rows = [[sos, *words, eos] for words in sequences]
    return block(rows, pad), block([[*words, eos] for words in sequences], pad, max(map(len, rows))), filled(
        [[*words, eos] for words in sequences])


def shifted_the_other_way(sequences, sos, eos, pad):
    """Your inputs are one step ahead of your labels. Which comes first, what is read or what is predicted?"""
    return (block([[*words, eos] for words in sequences], pad), block([[sos, *words] for words in sequences], pad),
            filled(sequences))


def mask_from_labels(sequences, sos, eos, pad):
    """Your mask is `False` where the label is the id that fills up. What if that id is a word?"""
    labels = block([[*words, eos] for words in sequences], pad)
    return block([[sos, *words] for words in sequences], pad), labels, labels != pad


def mask_from_inputs(sequences, sos, eos, pad):
    """Your mask is `False` where the input is the id that fills up. What if that id is a word?"""
    inputs = block([[sos, *words] for words in sequences], pad)
    return inputs, block([[*words, eos] for words in sequences], pad), inputs != pad


def end_not_in_the_mask(sequences, sos, eos, pad):
    """Your mask leaves out the place of EOS. Should the network learn where a text ends?"""
    return (block([[sos, *words] for words in sequences], pad), block([[*words, eos] for words in sequences], pad),
            filled(sequences, 0))


def mask_turned_round(sequences, sos, eos, pad):
    """Your mask is `True` where the text was filled up. What does `True` mean here?"""
    return (block([[sos, *words] for words in sequences], pad), block([[*words, eos] for words in sequences], pad),
            ~filled(sequences))


def mask_of_numbers(sequences, sos, eos, pad):
    """Your mask holds 1 and 0. Which dtype does the question ask for, and what does `array[mask]` do with whole numbers?"""
    return (block([[sos, *words] for words in sequences], pad), block([[*words, eos] for words in sequences], pad),
            filled(sequences).astype(int))


def filled_up_in_front(sequences, sos, eos, pad):
    """You filled up in front of the texts. Where do the words begin?"""
    inputs = block([[sos, *words][::-1] for words in sequences], pad)[:, ::-1]
    labels = block([[*words, eos][::-1] for words in sequences], pad)[:, ::-1]
    return inputs, labels, filled(sequences)[:, ::-1]


def filled_up_with_zero(sequences, sos, eos, pad):
    """You filled up with 0. Which id is to stand where nothing is?"""
    return block([[sos, *words] for words in sequences], 0), block([[*words, eos] for words in sequences], 0), filled(sequences)


def filled_up_with_the_end(sequences, sos, eos, pad):
    """You filled the labels up with EOS. How often does a text end?"""
    return (block([[sos, *words] for words in sequences], pad), block([[*words, eos] for words in sequences], eos),
            filled(sequences))


def labels_to_ignore(sequences, sos, eos, pad):
    """You filled the labels up with −100, as torch does where it ignores a label. Which id does the question ask for?"""
    return (block([[sos, *words] for words in sequences], pad), block([[*words, eos] for words in sequences], -100),
            filled(sequences))


def one_column_short(sequences, sos, eos, pad):
    """Your block is as wide as the longest text has words. How many predictions does a text of L words need?"""
    width = max(map(len, sequences))
    return (block([[sos, *words] for words in sequences], pad)[:, :width],
            block([[*words, eos] for words in sequences], pad)[:, :width], filled(sequences)[:, :width])


def one_column_more(sequences, sos, eos, pad):
    """Your block has a column in which nothing is. How many predictions does a text of L words need?"""
    width = max(map(len, sequences)) + 2
    return (block([[sos, *words] for words in sequences], pad, width),
            block([[*words, eos] for words in sequences], pad, width), np.pad(filled(sequences), ((0, 0), (0, 1))))


def everything_in_the_mask(sequences, sos, eos, pad):
    """Your mask is `True` everywhere. Where was a text filled up?"""
    inputs = block([[sos, *words] for words in sequences], pad)
    return inputs, block([[*words, eos] for words in sequences], pad), np.ones(inputs.shape, bool)


def nothing_for_an_empty_text(sequences, sos, eos, pad):
    """You give a text without words no SOS and no EOS. How many predictions does it need?"""
    width = max(map(len, sequences)) + 1
    return (block([[sos, *words] if words else [] for words in sequences], pad, width),
            block([[*words, eos] if words else [] for words in sequences], pad, width),
            filled(sequences) & np.array([[len(words) > 0] for words in sequences]))


def sorted_by_length(sequences, sos, eos, pad):
    """Your texts are sorted by length. In which order are the rows to come?"""
    sequences = sorted(sequences, key=len, reverse=True)
    return (block([[sos, *words] for words in sequences], pad), block([[*words, eos] for words in sequences], pad),
            filled(sequences))


def lengths_for_a_mask(sequences, sos, eos, pad):
    """You give the length of each text in place of the mask. Which shape does a mask have?"""
    return (block([[sos, *words] for words in sequences], pad), block([[*words, eos] for words in sequences], pad),
            np.array([len(words) + 1 for words in sequences]))


inputs_and_labels = [not_shifted, end_behind_the_padding, read_on_behind_the_end, no_end, no_start, end_in_both,
                     shifted_the_other_way, mask_from_labels, mask_from_inputs, end_not_in_the_mask, mask_turned_round,
                     mask_of_numbers, filled_up_in_front, filled_up_with_zero, filled_up_with_the_end, labels_to_ignore,
                     one_column_short, one_column_more, everything_in_the_mask, nothing_for_an_empty_text, sorted_by_length,
                     lengths_for_a_mask]


# Question 6: what comes back

def chain(W_hh, H, factor, norm):
    """Norms of products to whose right side one factor(W, h) comes for every step back."""
    product, norms = np.eye(len(W_hh)), []
    for h in H[::-1]:
        norms.append(norm(product))
        product = product @ factor(W_hh, h)
    return np.array(norms[::-1])


def one_step(W, h):
    return (1 - h**2)[:, None] * W


def spectral(A):
    return np.linalg.norm(A, 2)


def no_slope(W_hh, H):
    """These are norms of powers of W_hh, whatever the states are. What does the tanh do to a small change?"""
    return chain(W_hh, H, lambda W, h: W, spectral)


def slope_of_the_input(W_hh, H):
    """Your slopes multiply the columns of W_hh. Does a diagonal matrix on the left multiply rows or columns?"""
    return chain(W_hh, H, lambda W, h: W * (1 - h**2), spectral)


def wrong_order(W_hh, H):
    """You multiplied the steps in the wrong order. If h_1 goes into h_2 and that into h_3, which derivative stands on the left
    in ∂h_3/∂h_1?"""
    product, norms = np.eye(len(W_hh)), []
    for h in H[::-1]:
        norms.append(spectral(product))
        product = one_step(W_hh, h) @ product
    return np.array(norms[::-1])


def matrix_on_its_side(W_hh, H):
    """You used W_hh transposed. In h ← tanh(… + W_hh h + b), what is the derivative of entry i with respect to entry j?"""
    return chain(W_hh, H, lambda W, h: (1 - h**2)[:, None] * W.T, spectral)


def slope_one_step_early(W_hh, H):
    """You took the slope at h_t in ∂h_{t+1}/∂h_t. Which state came out of that tanh?"""
    product, norms = np.eye(len(W_hh)), [1.0]
    for h in H[-2::-1]:
        product = product @ one_step(W_hh, h)
        norms.append(spectral(product))
    return np.array(norms[::-1])


def single_steps(W_hh, H):
    """Each of your numbers is about one step. What is ∂h_T/∂h_t over several?"""
    return np.array([*(spectral(one_step(W_hh, h)) for h in H[1:]), 1.0])


def product_of_norms(W_hh, H):
    """You multiplied the norms of the steps. Is the norm of a product the product of the norms?"""
    product, norms = 1.0, []
    for h in H[::-1]:
        norms.append(product)
        product = product * spectral(one_step(W_hh, h))
    return np.array(norms[::-1])


def root_of_all_squares(W_hh, H):
    """Your last number is √d_h. Which norm of the identity is that, and which one is asked for?"""
    return chain(W_hh, H, one_step, np.linalg.norm)


def largest_eigenvalue(W_hh, H):
    """You took the largest absolute eigenvalue. Is that how much longer a matrix can make a vector, if it is not symmetric?"""
    return chain(W_hh, H, one_step, lambda A: np.abs(np.linalg.eigvals(A)).max())


def largest_entry(W_hh, H):
    """You took the largest entry of each matrix. How much longer can all entries together make a vector?"""
    return chain(W_hh, H, one_step, lambda A: np.abs(A).max())


def largest_row(W_hh, H):
    """You took the largest sum of a row. Which norm is that, and which one is asked for?"""
    return chain(W_hh, H, one_step, lambda A: np.linalg.norm(A, np.inf))


def smallest_factor(W_hh, H):
    """Yours is the smallest factor by which the matrix makes a vector longer. Which one is asked for?"""
    return chain(W_hh, H, one_step, lambda A: np.linalg.norm(A, -2))


def from_the_end(W_hh, H):
    """Your numbers come in the other order. To which state does the first one belong?"""
    return chain(W_hh, H, one_step, spectral)[::-1]


def without_the_last(W_hh, H):
    """Your last number is missing. What is the derivative of h_T with respect to itself?"""
    return chain(W_hh, H, one_step, spectral)[:-1]


def one_factor_more(W_hh, H):
    """You have one factor too many everywhere. What is the derivative of h_T with respect to itself?"""
    product, norms = np.eye(len(W_hh)), []
    for h in H[::-1]:
        product = product @ one_step(W_hh, h)
        norms.append(spectral(product))
    return np.array(norms[::-1])


def from_the_first(W_hh, H):
    """Yours are the derivatives of all states with respect to the first. Which state is the one that is differentiated?"""
    product, norms = np.eye(len(W_hh)), [1.0]
    for h in H[1:]:
        product = one_step(W_hh, h) @ product
        norms.append(spectral(product))
    return np.array(norms)


def slope_not_squared(W_hh, H):
    """Is the slope of the tanh really 1 − h? For negative h it would be greater than 1."""
    return chain(W_hh, H, lambda W, h: (1 - h)[:, None] * W, spectral)


def slope_of_a_tanh_of_a_tanh(W_hh, H):
    """You took the tanh of the states once more. Are the numbers in H from before the tanh or from after it?"""
    return chain(W_hh, H, lambda W, h: (1 - np.tanh(h) ** 2)[:, None] * W, spectral)


def slope_of_a_sigmoid(W_hh, H):
    """h (1 − h) is the slope of another activation. Which one does this network have?"""
    return chain(W_hh, H, lambda W, h: (h * (1 - h))[:, None] * W, spectral)


def entry_by_entry(W_hh, H):
    """You multiplied the matrices entry by entry. Which product does the chain rule use?"""
    product, norms = np.ones(W_hh.shape), [1.0]
    for h in H[:0:-1]:
        product = product * one_step(W_hh, h)
        norms.append(spectral(product))
    return np.array(norms[::-1])


def slopes_gathered(W_hh, H):
    """You multiplied all slopes first and then took a power of W_hh. May a diagonal matrix change places with W_hh?"""
    steps = range(len(H))
    powers = [np.linalg.matrix_power(W_hh, len(H) - 1 - t) for t in steps]
    return np.array([spectral(np.prod(1 - H[t + 1:] ** 2, axis=0)[:, None] * powers[t]) for t in steps])


def largest_column(W_hh, H):
    """You took the largest sum of a column. Which norm is that, and which one is asked for?"""
    return chain(W_hh, H, one_step, lambda A: np.linalg.norm(A, 1))


def root_of_all_squares_but_the_last(W_hh, H):
    """You took the root of the sum of all squares, which is Frobenius' norm. Can one vector be made longer by all of that, and
    which norm is asked for?"""
    return np.array([*chain(W_hh, H, one_step, np.linalg.norm)[:-1], 1.0])


def sum_of_all_factors(W_hh, H):
    """You added the factors of all directions. Which one of them is asked for?"""
    return chain(W_hh, H, one_step, lambda A: np.linalg.norm(A, "nuc"))


gradient_norms = [no_slope, slope_of_the_input, wrong_order, matrix_on_its_side, slope_one_step_early, single_steps,
                  product_of_norms, root_of_all_squares, largest_eigenvalue, largest_entry, largest_row, smallest_factor,
                  from_the_end, without_the_last, one_factor_more, from_the_first, slope_not_squared, slope_of_a_tanh_of_a_tanh,
                  slope_of_a_sigmoid, entry_by_entry, slopes_gathered, largest_column, root_of_all_squares_but_the_last,
                  sum_of_all_factors]


# Question 7: the LSTM

def squashed(a):
    return 0.5 * (1 + np.tanh(0.5 * a))


def quarters(x, h, W_xh, W_hh, b, order):
    """The four parts of a, named in the order in which they are taken to stand; given back as i, f, g, o."""
    parts = dict(zip(order, np.split(weighted(x, h, W_xh, W_hh) + b, 4, axis=1), strict=True))
    return [parts[gate] for gate in "ifgo"]


def stepped(parts, c):
    i, f, g, o = parts
    c = squashed(f) * c + squashed(i) * np.tanh(g)
    return squashed(o) * np.tanh(c), c


def ifog(x, h, c, W_xh, W_hh, b):
    """You read the quarters as i, f, o, g. Which one comes third?"""
    return stepped(quarters(x, h, W_xh, W_hh, b, "ifog"), c)


def figo(x, h, c, W_xh, W_hh, b):
    """You took the first quarter for the forget gate and the second for the input gate. Which comes first?"""
    return stepped(quarters(x, h, W_xh, W_hh, b, "figo"), c)


def fiog(x, h, c, W_xh, W_hh, b):
    """You read the quarters as f, i, o, g. In which order do they stand?"""
    return stepped(quarters(x, h, W_xh, W_hh, b, "fiog"), c)


def iofg(x, h, c, W_xh, W_hh, b):
    """You read the quarters as i, o, f, g, which is the order of another format. Which one is torch's?"""
    return stepped(quarters(x, h, W_xh, W_hh, b, "iofg"), c)


def igfo(x, h, c, W_xh, W_hh, b):
    """You took the second quarter for g and the third for f. In which order do they stand?"""
    return stepped(quarters(x, h, W_xh, W_hh, b, "igfo"), c)


def interleaved(x, h, c, W_xh, W_hh, b):
    """You took every fourth number of a for a gate. Where do the numbers of one gate stand?"""
    a = weighted(x, h, W_xh, W_hh) + b
    return stepped([a[:, gate::4] for gate in range(4)], c)


def c_first(x, h, c, W_xh, W_hh, b):
    """Your two states come in the other order. Which one is to be first?"""
    return stepped(quarters(x, h, W_xh, W_hh, b, "ifgo"), c)[::-1]


def states_exchanged(x, h, c, W_xh, W_hh, b):
    """You multiplied c by W_hh and kept h by the forget gate. Which state goes through the matrix?"""
    return stepped(quarters(x, c, W_xh, W_hh, b, "ifgo"), h)


def hidden_state_kept(x, h, c, W_xh, W_hh, b):
    """Your forget gate acts on h. What does it keep, the hidden or the context state?"""
    return stepped(quarters(x, h, W_xh, W_hh, b, "ifgo"), h)


def no_tanh_on_the_context(x, h, c, W_xh, W_hh, b):
    """Your c′ is right, and h′ is o times it. What is done with c′ before it is shown?"""
    i, f, g, o = quarters(x, h, W_xh, W_hh, b, "ifgo")
    c = squashed(f) * c + squashed(i) * np.tanh(g)
    return squashed(o) * c, c


def tanh_kept(x, h, c, W_xh, W_hh, b):
    """Your c′ never leaves the range from −1 to 1. Is the tanh part of what is kept, or only of what is shown?"""
    i, f, g, o = quarters(x, h, W_xh, W_hh, b, "ifgo")
    c = np.tanh(squashed(f) * c + squashed(i) * np.tanh(g))
    return squashed(o) * c, c


def old_context_shown(x, h, c, W_xh, W_hh, b):
    """Your h′ shows the context state as it was before the step. Which one is to be shown?"""
    i, f, g, o = quarters(x, h, W_xh, W_hh, b, "ifgo")
    return squashed(o) * np.tanh(c), squashed(f) * c + squashed(i) * np.tanh(g)


def everything_logistic(x, h, c, W_xh, W_hh, b):
    """Your g lies between 0 and 1, so nothing can ever be subtracted from c. Which activation does g have?"""
    i, f, g, o = quarters(x, h, W_xh, W_hh, b, "ifgo")
    c = squashed(f) * c + squashed(i) * squashed(g)
    return squashed(o) * np.tanh(c), c


def everything_tanh(x, h, c, W_xh, W_hh, b):
    """Your gates may be negative. Which function has values between 0 and 1?"""
    i, f, g, o = (np.tanh(part) for part in quarters(x, h, W_xh, W_hh, b, "ifgo"))
    c = f * c + i * g
    return o * np.tanh(c), c


def no_activation_of_g(x, h, c, W_xh, W_hh, b):
    """What you write into c is not bounded. Which activation does g have?"""
    i, f, g, o = quarters(x, h, W_xh, W_hh, b, "ifgo")
    c = squashed(f) * c + squashed(i) * g
    return squashed(o) * np.tanh(c), c


def no_input_gate(x, h, c, W_xh, W_hh, b):
    """You write g into c as it is. Which gate decides how much of it is written?"""
    _, f, g, o = quarters(x, h, W_xh, W_hh, b, "ifgo")
    c = squashed(f) * c + np.tanh(g)
    return squashed(o) * np.tanh(c), c


def no_forget_gate(x, h, c, W_xh, W_hh, b):
    """You keep all of c. Which gate decides how much of it is kept?"""
    i, _, g, o = quarters(x, h, W_xh, W_hh, b, "ifgo")
    c = c + squashed(i) * np.tanh(g)
    return squashed(o) * np.tanh(c), c


def no_output_gate(x, h, c, W_xh, W_hh, b):
    """You show all of tanh(c′). Which gate decides how much of it is shown?"""
    i, f, g, _ = quarters(x, h, W_xh, W_hh, b, "ifgo")
    c = squashed(f) * c + squashed(i) * np.tanh(g)
    return np.tanh(c), c


def forgets_what_it_should_keep(x, h, c, W_xh, W_hh, b):
    """You keep 1 − f of c. What does a forget gate of 1 do in the formula?"""
    i, f, g, o = quarters(x, h, W_xh, W_hh, b, "ifgo")
    return stepped((i, -f, g, o), c)


def coupled(x, h, c, W_xh, W_hh, b):
    """You write as much as you forget, 1 − f. Which gate decides about writing here?"""
    _, f, g, o = quarters(x, h, W_xh, W_hh, b, "ifgo")
    return stepped((-f, f, g, o), c)


def lstm_without_bias(x, h, c, W_xh, W_hh, b):
    """Your function gives the same for every b. Where does the bias come in?"""
    return stepped(quarters(x, h, W_xh, W_hh, np.zeros(b.shape), "ifgo"), c)


def lstm_without_h(x, h, c, W_xh, W_hh, b):
    """Your function gives the same for every h. What do the gates look at, beside the input?"""
    return stepped(quarters(x, np.zeros(h.shape), W_xh, W_hh, b, "ifgo"), c)


def overflowing(x, h, c, W_xh, W_hh, b):
    """Your function is right for small numbers. What is e^1000, and what does the computer make of ∞/∞?"""
    with np.errstate(all="ignore"):
        i, f, g, o = quarters(x, h, W_xh, W_hh, b, "ifgo")
        i, f, o = (np.exp(part) / (1 + np.exp(part)) for part in (i, f, o))
        c = f * c + i * np.tanh(g)
        return o * np.tanh(c), c


def oifg(x, h, c, W_xh, W_hh, b):
    """You took the first quarter for the output gate. In which order do the quarters stand?"""
    return stepped(quarters(x, h, W_xh, W_hh, b, "oifg"), c)


def shown_through_a_sigmoid(x, h, c, W_xh, W_hh, b):
    """Your h′ is o times σ(c′). Through which function is the context state shown?"""
    i, f, g, o = quarters(x, h, W_xh, W_hh, b, "ifgo")
    c = squashed(f) * c + squashed(i) * np.tanh(g)
    return squashed(o) * squashed(c), c


def linear_gates(x, h, c, W_xh, W_hh, b):
    """Your gates are not bounded. Which function has values between 0 and 1?"""
    i, f, g, o = quarters(x, h, W_xh, W_hh, b, "ifgo")
    c = f * c + i * np.tanh(g)
    return o * np.tanh(c), c


def hidden_state_only(x, h, c, W_xh, W_hh, b):
    """You have one state. What does the next step need beside h′?"""
    return stepped(quarters(x, h, W_xh, W_hh, b, "ifgo"), c)[0]


def input_gate_and_g_exchanged(x, h, c, W_xh, W_hh, b):
    """You took the tanh of a_i and σ of a_g. Which of the two is a gate?"""
    i, f, g, o = quarters(x, h, W_xh, W_hh, b, "gfio")
    return stepped((i, f, g, o), c)


def tanh_of_the_product(x, h, c, W_xh, W_hh, b):
    """You took the tanh after the output gate. What is multiplied by o?"""
    i, f, g, o = quarters(x, h, W_xh, W_hh, b, "ifgo")
    c = squashed(f) * c + squashed(i) * np.tanh(g)
    return np.tanh(squashed(o) * c), c


def written_state_shown(x, h, c, W_xh, W_hh, b):
    """You show what has just been written. Of what is the tanh in h′?"""
    i, f, g, o = quarters(x, h, W_xh, W_hh, b, "ifgo")
    return squashed(o) * np.tanh(g), squashed(f) * c + squashed(i) * np.tanh(g)


def nothing_kept(x, h, c, W_xh, W_hh, b):
    """Your c′ is i ⊙ g and the same for every c. What does the forget gate let through?"""
    i, f, g, o = quarters(x, h, W_xh, W_hh, b, "ifgo")
    return stepped((i, f, g, o), np.zeros(c.shape))


def forget_gate_as_it_is(x, h, c, W_xh, W_hh, b):
    """You add f itself to what is written. What does it multiply?"""
    i, f, g, o = quarters(x, h, W_xh, W_hh, b, "ifgo")
    return stepped((i, f, g, o), np.ones(c.shape))


lstm_step = [ifog, figo, fiog, iofg, igfo, interleaved, c_first, states_exchanged, hidden_state_kept, no_tanh_on_the_context,
             tanh_kept, old_context_shown, everything_logistic, everything_tanh, no_activation_of_g, no_input_gate,
             no_forget_gate, no_output_gate, forgets_what_it_should_keep, coupled, lstm_without_bias, lstm_without_h,
             overflowing, oifg, shown_through_a_sigmoid, linear_gates, hidden_state_only, input_gate_and_g_exchanged,
             tanh_of_the_product, written_state_shown, nothing_kept, forget_gate_as_it_is]


# Question 8: truncated backpropagation, one number a state

def forth_and_back(w, u, xs, ys, starts, changes):
    """(dw, du); going back, the chain ends at each step of ``starts``, counted from 0. changes: what is done otherwise."""
    before, states, h = [], [], 0.0
    for t, x in enumerate(xs):
        h = 0.0 if t in changes.get("zero at", ()) else h
        before.append(h)
        h = float(np.tanh(w * x + u * h))
        states.append(h)
    slope = changes.get("slope", lambda h: 1 - h**2)
    before = changes.get("before", lambda before, states: before)(before, states)
    delta = dw = du = 0.0
    for t in reversed(range(changes.get("steps", len(xs)))):
        error = changes.get("error", 2) * (states[t] - ys[t]) * (t in changes.get("losses", range(len(xs))))
        later = changes.get("back", u) * (0.0 if t + 1 in starts else delta)
        delta = error * slope(states[t]) + later * changes.get("later slope", slope)(states[t])
        if t >= changes.get("from", 0):
            dw, du = dw + delta * xs[t], du + delta * before[t]
    return dw, du


def beginnings(xs, chunk):
    return range(0, len(xs), chunk)


def state_reset(w, u, xs, ys, chunk):
    """Each of your chunks begins with a state of 0. Does anything change going forward?"""
    starts = beginnings(xs, chunk)
    return forth_and_back(w, u, xs, ys, starts, {"zero at": starts})


def never_cut(w, u, xs, ys, chunk):
    """This is the whole gradient, whatever `chunk` is. Where does yours stop on its way back?"""
    return forth_and_back(w, u, xs, ys, (), {})


def cut_at_every_step(w, u, xs, ys, chunk):
    """You treat the state as a constant at every step, whatever `chunk` is. Where only is it one?"""
    return forth_and_back(w, u, xs, ys, range(len(xs)), {})


def last_chunk_missing(w, u, xs, ys, chunk):
    """The steps at the end that fill no whole chunk have no influence on your gradient. Are they part of the loss?"""
    return forth_and_back(w, u, xs, ys, beginnings(xs, chunk), {"steps": len(xs) // chunk * chunk})


def last_chunk_only(w, u, xs, ys, chunk):
    """This is the gradient of the last chunk. What is done with those of the others?"""
    return forth_and_back(w, u, xs, ys, beginnings(xs, chunk), {"from": beginnings(xs, chunk)[-1]})


def first_chunk_only(w, u, xs, ys, chunk):
    """This is the gradient of the first chunk. What is done with those of the others?"""
    return forth_and_back(w, u, xs, ys, beginnings(xs, chunk), {"steps": min(chunk, len(xs))})


def each_loss_so_far_back(w, u, xs, ys, chunk):
    """Each loss of yours goes back `chunk` steps from where it arises. Where does the way back end for all losses of one
    chunk?"""
    dw = du = 0.0
    for t in range(len(xs)):
        first = max(0, t + 1 - chunk)
        more = _one_loss(w, u, xs, ys, t, first)
        dw, du = dw + more[0], du + more[1]
    return dw, du


def _one_loss(w, u, xs, ys, t, first):
    states = [0.0]
    for x in xs:
        states.append(float(np.tanh(w * x + u * states[-1])))
    delta, dw, du = 2 * (states[t + 1] - ys[t]), 0.0, 0.0
    for s in range(t, first - 1, -1):
        delta *= 1 - states[s + 1] ** 2
        dw, du, delta = dw + delta * xs[s], du + delta * states[s], delta * u
    return dw, du


def chunks_from_the_end(w, u, xs, ys, chunk):
    """You cut the text from its end. Which chunk may be shorter, the first or the last?"""
    return forth_and_back(w, u, xs, ys, range(len(xs) % chunk, len(xs), chunk), {})


def cut_one_step_early(w, u, xs, ys, chunk):
    """You cut between the last two steps of each chunk. Between which two steps lies the border?"""
    return forth_and_back(w, u, xs, ys, range(chunk - 1, len(xs), chunk), {})


def cut_one_step_late(w, u, xs, ys, chunk):
    """Your gradient goes one step too far, into the chunk before. What is a constant, and where?"""
    return forth_and_back(w, u, xs, ys, range(1, len(xs), chunk), {})


def first_step_forgets(w, u, xs, ys, chunk):
    """At the first step of a chunk you add nothing to du. Is the state that comes in 0, or only a constant?"""
    starts = beginnings(xs, chunk)

    def without(before, states):
        return [0.0 if t in starts else h for t, h in enumerate(before)]
    return forth_and_back(w, u, xs, ys, starts, {"before": without})


def no_two(w, u, xs, ys, chunk):
    """Your gradient is half of the right one. What is the derivative of a square?"""
    return forth_and_back(w, u, xs, ys, beginnings(xs, chunk), {"error": 1})


def downhill(w, u, xs, ys, chunk):
    """Your gradient points downhill. Is the error h − y or y − h?"""
    return forth_and_back(w, u, xs, ys, beginnings(xs, chunk), {"error": -2})


def averaged_over_time(w, u, xs, ys, chunk):
    """You divided by the number of steps. Is the loss a sum or a mean?"""
    dw, du = forth_and_back(w, u, xs, ys, beginnings(xs, chunk), {})
    return dw / len(xs), du / len(xs)


def averaged_over_chunks(w, u, xs, ys, chunk):
    """You divided by the number of chunks. What is done with their gradients?"""
    starts = beginnings(xs, chunk)
    dw, du = forth_and_back(w, u, xs, ys, starts, {})
    return dw / len(starts), du / len(starts)


def slope_left_out(w, u, xs, ys, chunk):
    """A factor is missing in each step. What does the tanh do to a small change?"""
    return forth_and_back(w, u, xs, ys, beginnings(xs, chunk), {"slope": lambda h: 1.0})


def slope_without_square(w, u, xs, ys, chunk):
    """Is the slope of the tanh really 1 − h? For negative h it would be greater than 1."""
    return forth_and_back(w, u, xs, ys, beginnings(xs, chunk), {"slope": lambda h: 1 - h})


def slope_twice_squashed(w, u, xs, ys, chunk):
    """You took the tanh of a state in the slope. Of what is h the tanh already?"""
    return forth_and_back(w, u, xs, ys, beginnings(xs, chunk), {"slope": lambda h: 1 - np.tanh(h) ** 2})


def state_after_the_step(w, u, xs, ys, chunk):
    """You multiplied by h_t where u is concerned. Which state does u stand before in step t?"""
    return forth_and_back(w, u, xs, ys, beginnings(xs, chunk), {"before": lambda before, states: states})


def back_by_w(w, u, xs, ys, chunk):
    """On your way back you multiply by w. Through which of the two numbers does a state go into the next one?"""
    return forth_and_back(w, u, xs, ys, beginnings(xs, chunk), {"back": w})


def du_first(w, u, xs, ys, chunk):
    """Your two derivatives come in the other order. Which one is to be first?"""
    return forth_and_back(w, u, xs, ys, beginnings(xs, chunk), {})[::-1]


def u_forgotten(w, u, xs, ys, chunk):
    """Going back from step to step you do not multiply by u. How does h_t depend on h_{t−1}?"""
    return forth_and_back(w, u, xs, ys, beginnings(xs, chunk), {"back": 1.0})


def slope_of_the_error_only(w, u, xs, ys, chunk):
    """What comes from later steps does not go through your slope. Of which part of δ_t is 1 − h_t² a factor?"""
    return forth_and_back(w, u, xs, ys, beginnings(xs, chunk), {"later slope": lambda h: 1.0})


def weights_exchanged(w, u, xs, ys, chunk):
    """You took w for u and u for w. Which of the two stands before the input?"""
    return forth_and_back(u, w, xs, ys, beginnings(xs, chunk), {})


def last_loss_of_a_chunk(w, u, xs, ys, chunk):
    """Only the last step of each of your chunks has a loss. Which steps have an error?"""
    ends = [min(first + chunk, len(xs)) - 1 for first in beginnings(xs, chunk)]
    return forth_and_back(w, u, xs, ys, beginnings(xs, chunk), {"losses": ends})


def last_steps_only(w, u, xs, ys, chunk):
    """You go back `chunk` steps from the end and stop. Which gradients are added up?"""
    return forth_and_back(w, u, xs, ys, (), {"from": max(0, len(xs) - chunk)})


def slope_of_the_later_only(w, u, xs, ys, chunk):
    """The error of a step does not go through your slope. Of which part of δ_t is 1 − h_t² a factor?"""
    later = {"slope": lambda h: 1.0, "later slope": lambda h: 1 - h**2}
    return forth_and_back(w, u, xs, ys, beginnings(xs, chunk), later)


def by_hand(w, u, xs, ys, chunk, order, slope, error=lambda states, ys, t: 2 * (states[t + 1] - ys[t]),
            divided=lambda size: 1):
    """Chunk by chunk. order: of the steps in a chunk; slope: of the state so many steps after h_{t−1}."""
    states = [0.0]
    for x in xs:
        states.append(float(np.tanh(w * x + u * states[-1])))
    dw = du = 0.0
    for first in beginnings(xs, chunk):
        steps, delta = range(first, min(first + chunk, len(xs))), 0.0
        for t in order(steps):
            delta = (error(states, ys, t) + u * delta) * (1 - states[t + slope] ** 2)
            dw, du = dw + delta * xs[t] / divided(len(steps)), du + delta * states[t] / divided(len(steps))
    return dw, du


def forwards(w, u, xs, ys, chunk):
    """Your δ goes from the first step of a chunk to its last. Which δ does δ_t need, the one before or the one after?"""
    return by_hand(w, u, xs, ys, chunk, iter, 1)


def slope_at_the_state_before(w, u, xs, ys, chunk):
    """You took the slope at h_{t−1}. Which state came out of the tanh of step t?"""
    return by_hand(w, u, xs, ys, chunk, reversed, 0)


def error_of_the_state_before(w, u, xs, ys, chunk):
    """You compared h_{t−1} with y_t. At which place of your list of states does h_t stand, if h_0 is in it too?"""
    return by_hand(w, u, xs, ys, chunk, reversed, 1, error=lambda states, ys, t: 2 * (states[t] - ys[t]))


def error_squared(w, u, xs, ys, chunk):
    """You put in the loss where its derivative belongs. What is the derivative of (h − y)²?"""
    return by_hand(w, u, xs, ys, chunk, reversed, 1, error=lambda states, ys, t: (states[t + 1] - ys[t]) ** 2)


def mean_of_each_chunk(w, u, xs, ys, chunk):
    """You divided what each chunk gives by its number of steps. Is the loss a sum or a mean?"""
    return by_hand(w, u, xs, ys, chunk, reversed, 1, divided=lambda size: size)


def last_loss_of_the_text(w, u, xs, ys, chunk):
    """Only the last step of your text has a loss. Which steps have an error?"""
    return forth_and_back(w, u, xs, ys, beginnings(xs, chunk), {"losses": [len(xs) - 1]})


truncated_gradient = [state_reset, never_cut, cut_at_every_step, last_chunk_missing, last_chunk_only, first_chunk_only,
                      each_loss_so_far_back, chunks_from_the_end, cut_one_step_early, cut_one_step_late, first_step_forgets,
                      no_two, downhill, averaged_over_time, averaged_over_chunks, slope_left_out, slope_without_square,
                      slope_twice_squashed, state_after_the_step, back_by_w, du_first, u_forgotten, slope_of_the_error_only,
                      weights_exchanged, last_loss_of_a_chunk, last_steps_only, slope_of_the_later_only, forwards,
                      slope_at_the_state_before, error_of_the_state_before, error_squared, mean_of_each_chunk,
                      last_loss_of_the_text]


# Question 9: the log-likelihood of a minibatch

def chosen(log_p, labels):
    return np.take_along_axis(log_p, labels[:, :, None], axis=2)[:, :, 0]


def both(places, J=None):
    """The sums of the rows, and their sum where no other J is given."""
    texts = np.asarray(places).sum(axis=1)
    return texts, float(texts.sum()) if J is None else float(J)


def losses(log_p, labels, mask):
    """Your numbers are at least 0. Is this the log-likelihood, or the loss?"""
    return both(np.where(mask, -chosen(log_p, labels), 0) + 0.0)


def loss_of_the_batch(log_p, labels, mask):
    """The texts are right, and J has the other sign. Is J maximised or minimised?"""
    places = np.where(mask, chosen(log_p, labels), 0)
    return both(places, -places.sum())


def mean_over_the_words_of_a_text(log_p, labels, mask):
    """You divided the sum of each text by its number of words. Is anything divided here?"""
    return both(np.where(mask, chosen(log_p, labels), 0) / np.maximum(mask.sum(axis=1, keepdims=True), 1))


def mean_over_the_steps(log_p, labels, mask):
    """You divided by the number of steps T. Is anything divided here?"""
    return both(np.where(mask, chosen(log_p, labels), 0) / mask.shape[1])


def mean_over_the_batch(log_p, labels, mask):
    """The texts are right, and J is their mean. Is anything divided here?"""
    places = np.where(mask, chosen(log_p, labels), 0)
    return both(places, places.sum() / len(mask))


def mean_over_all_words(log_p, labels, mask):
    """The texts are right, and J is divided by the number of words. Is anything divided here?"""
    places = np.where(mask, chosen(log_p, labels), 0)
    return both(places, places.sum() / mask.sum())


def padding_in_the_likelihood(log_p, labels, mask):
    """You count places at which there is no word. What is the mask for?"""
    return both(chosen(log_p, labels))


def likelihood_times_mask(log_p, labels, mask):
    """You multiply by the mask, and that goes wrong where a logarithm is −∞. What is 0 · ∞ to a computer, and how can the
    places without a word be left out instead?"""
    with np.errstate(invalid="ignore"):
        return both(chosen(log_p, labels) * mask)


def one_hot_times_logarithms(log_p, labels, mask):
    """One-hot rows times log-probabilities go wrong where a logarithm is −∞. What is 0 · ∞ to a computer?"""
    with np.errstate(invalid="ignore"):
        places = (np.eye(log_p.shape[2])[labels] * log_p).sum(axis=2)
    return both(np.where(mask, places, 0))


def likelihoods(log_p, labels, mask):
    """These are probabilities of whole texts. What does the question ask for?"""
    texts = np.exp(np.where(mask, chosen(log_p, labels), 0).sum(axis=1))
    return texts, float(np.prod(texts))


def probabilities_added(log_p, labels, mask):
    """You added probabilities up. How do the probabilities of words make that of a text, and what do logarithms make of it?"""
    return both(np.where(mask, np.exp(chosen(log_p, labels)), 0))


def likelihood_in_bits(log_p, labels, mask):
    """Your logarithms are to base 2. Which ones are natural?"""
    return both(np.where(mask, chosen(log_p, labels), 0) / np.log(2))


def best_words(log_p, labels, mask):
    """You took the most probable word at each step. Of which word is the probability asked for?"""
    return both(np.where(mask, log_p.max(axis=2), 0))


def shifted_once_more(log_p, labels, mask):
    """You compare the distribution at place t with the label at place t + 1. Are the labels shifted already?"""
    return both(np.where(mask[:, 1:], chosen(log_p[:, :-1], labels[:, 1:]), 0))


def label_zero_left_out(log_p, labels, mask):
    """You leave out every place whose label is 0. Is id 0 special here?"""
    return both(np.where(mask & (labels != 0), chosen(log_p, labels), 0))


def last_label_only(log_p, labels, mask):
    """Only the last step of each text counts for you. Which steps belong to its log-likelihood?"""
    places = np.where(mask, chosen(log_p, labels), 0)
    last = np.maximum(mask.sum(axis=1) - 1, 0)
    return both(places[np.arange(len(places)), last][:, None])


def one_for_every_place(log_p, labels, mask):
    """You have a number for every place. What is asked for of each text?"""
    places = np.where(mask, chosen(log_p, labels), 0)
    return places, float(places.sum())


def over_the_texts(log_p, labels, mask):
    """You added up over the texts and have one number for each step. Over which axis is the sum that belongs to a text?"""
    return both(np.where(mask, chosen(log_p, labels), 0).T)


def J_first(log_p, labels, mask):
    """Your J comes first. In which order are the two asked for?"""
    return both(np.where(mask, chosen(log_p, labels), 0))[::-1]


batch_log_likelihood = [losses, loss_of_the_batch, mean_over_the_words_of_a_text, mean_over_the_steps, mean_over_the_batch,
                        mean_over_all_words, padding_in_the_likelihood, likelihood_times_mask, one_hot_times_logarithms,
                        likelihoods, probabilities_added, likelihood_in_bits, best_words, shifted_once_more,
                        label_zero_left_out, last_label_only, one_for_every_place, over_the_texts, J_first]


# Question 10: clipping

def length(arrays):
    return float(np.sqrt(sum((array**2).sum() for array in arrays)))


def scaled(gradients, factor):
    return [gradient * factor for gradient in gradients]


def each_by_itself(gradients, limit):
    """You shorten each array by itself. What happens to the direction of all of them together?"""
    return [gradient * min(1.0, limit / max(length([gradient]), 1e-300)) for gradient in gradients], length(gradients)


def norms_of_matrices(gradients, limit):
    """Of a matrix you took another norm than the length of its numbers. What is `np.linalg.norm(A, 2)` for a matrix?"""
    norm = float(np.sqrt(sum(np.linalg.norm(gradient, 2) ** 2 for gradient in gradients)))
    factor = limit / norm if norm > limit else 1.0
    return [gradient * factor for gradient in gradients], norm


def entries_cut(gradients, limit):
    """You cut every number by itself. What happens to the direction, and how long is the result?"""
    return [np.clip(gradient, -limit, limit) for gradient in gradients], length(gradients)


def entries_cut_above(gradients, limit):
    """You cut only what is greater than the limit. What of the numbers that are far below 0, and is the direction kept?"""
    return [np.minimum(gradient, limit) for gradient in gradients], length(gradients)


def lengthened(gradients, limit):
    """You also make short gradients longer. Which ones are to stay as they are?"""
    with np.errstate(all="ignore"):
        return scaled(gradients, np.float64(limit) / length(gradients)), length(gradients)


def lengthened_or_failed(gradients, limit):
    """You also make short gradients longer, and divide by 0 where all of them are 0. Which ones are to stay as they are?"""
    return scaled(gradients, limit / length(gradients)), length(gradients)


def lengthened_but_nothing(gradients, limit):
    """You also make short gradients longer, unless they are 0. Which ones are to stay as they are?"""
    norm = length(gradients)
    return scaled(gradients, limit / norm if norm else 1.0), norm


def short_ones_only(gradients, limit):
    """You change the gradients that are short enough, and leave the long ones. Which way round should it be?"""
    norm = length(gradients)
    return scaled(gradients, limit / norm if 0 < norm < limit else 1.0), norm


def to_length_one(gradients, limit):
    """Your clipped gradients have the length 1. How long are they to be?"""
    norm = length(gradients)
    return scaled(gradients, 1 / norm if norm > limit else 1.0), norm


def norm_afterwards(gradients, limit):
    """Your norm is that after clipping. Which one is asked for?"""
    norm = length(gradients)
    return scaled(gradients, limit / norm if norm > limit else 1.0), min(norm, float(limit))


def norms_added(gradients, limit):
    """You added the lengths of the arrays. How long is one vector of which they are the parts?"""
    norm = sum(length([gradient]) for gradient in gradients)
    return scaled(gradients, limit / norm if norm > limit else 1.0), norm


def longest_array(gradients, limit):
    """Your norm is that of the longest array. How long are all of them together?"""
    norm = max(length([gradient]) for gradient in gradients)
    return scaled(gradients, limit / norm if norm > limit else 1.0), norm


def no_root(gradients, limit):
    """Your norm is the sum of the squares. What is missing?"""
    norm = length(gradients) ** 2
    return scaled(gradients, limit / norm if norm > limit else 1.0), norm


def absolute_values(gradients, limit):
    """Your norm is the sum of the absolute values. Which one is Euclid's?"""
    norm = float(sum(np.abs(gradient).sum() for gradient in gradients))
    return scaled(gradients, limit / norm if norm > limit else 1.0), norm


def greatest_number(gradients, limit):
    """Your norm is the greatest absolute value. Which one is Euclid's?"""
    norm = float(max(np.abs(gradient).max() for gradient in gradients))
    return scaled(gradients, limit / norm if norm > limit else 1.0), norm


def root_of_the_mean(gradients, limit):
    """You divided by how many numbers there are before you took the root. Is a mean asked for?"""
    norm = length(gradients) / float(np.sqrt(sum(gradient.size for gradient in gradients)))
    return scaled(gradients, limit / norm if norm > limit else 1.0), norm


def something_in_the_denominator(gradients, limit):
    """Your clipped gradients are a trifle too short. What did you add to the norm?"""
    norm = length(gradients)
    return scaled(gradients, min(1.0, limit / (norm + 1e-6))), norm


def by_the_limit(gradients, limit):
    """You divided by the limit. By which factor does a vector of this norm get the length of the limit?"""
    norm = length(gradients)
    return scaled(gradients, 1 / limit if norm > limit else 1.0), norm


def in_place(gradients, limit):
    """Your function changes the gradients of its caller. What does `gradient * factor` do, and what `gradient *= factor`?"""
    norm = length(gradients)
    for gradient in gradients:
        gradient *= limit / norm if norm > limit else 1.0
    return gradients, norm


def norm_first(gradients, limit):
    """Your norm comes first. In which order are the two asked for?"""
    norm = length(gradients)
    return norm, scaled(gradients, limit / norm if norm > limit else 1.0)


def one_long_vector(gradients, limit):
    """You have one long vector. Which shapes has the result to have?"""
    norm, vector = length(gradients), np.concatenate([gradient.ravel() for gradient in gradients])
    return vector * (limit / norm if norm > limit else 1.0), norm


def arrays_only(gradients, limit):
    """Your arrays are right, and something is missing beside them. What else is asked for?"""
    norm = length(gradients)
    return scaled(gradients, limit / norm if norm > limit else 1.0)


def smaller_for_a_factor(gradients, limit):
    """Your factor is the smaller one of norm and limit. Which quotient makes a vector of this norm as long as the limit?"""
    norm = length(gradients)
    return scaled(gradients, min(norm, limit)), norm


def long_arrays_only(gradients, limit):
    """You shorten only the arrays that are too long by themselves. What happens to the direction of all of them together?"""
    norm = length(gradients)
    return [gradient * (limit / norm if length([gradient]) > limit else 1.0) for gradient in gradients], norm


def upside_down(gradients, limit):
    """Your long gradients become longer still. Which quotient makes a vector of this norm as long as the limit?"""
    norm = length(gradients)
    return scaled(gradients, norm / limit if norm > limit else 1.0), norm


clip_by_global_norm = [each_by_itself, norms_of_matrices, entries_cut, entries_cut_above, lengthened, lengthened_or_failed,
                       lengthened_but_nothing, short_ones_only, to_length_one, norm_afterwards, norms_added, longest_array,
                       no_root, absolute_values, greatest_number, root_of_the_mean, something_in_the_denominator, by_the_limit,
                       in_place, norm_first, one_long_vector, arrays_only, smaller_for_a_factor, long_arrays_only, upside_down]


# Question 11: translation

def translated(change, source, encoder, decoder, bos, eos, max_length):
    """What the decoder writes; ``change`` names what is done otherwise."""
    tanh = (lambda a: a) if change == "no tanh" else np.tanh
    E, W_xh, W_hh, b = encoder
    b = 0 * b if change == "no bias" else b
    h = np.zeros(len(b))
    for word in {"read reversed": source[::-1], "last unread": source[:-1], "last only": source[-1:],
                 "eos read": [*source, eos], "bos read": [bos, *source]}.get(change, source):
        h = tanh(W_xh @ E[word] + W_hh @ h + b)
    E, W_xh, W_hh, b, U = decoder
    E, b = encoder[0] if change == "foreign words" else E, 0 * b if change == "no bias" else b
    start = h = np.zeros(len(b)) if change == "empty state" else h
    word, written = source[-1] if change == "source read" and source else bos, []
    while len(written) < max_length + {"one less": -1, "one more": 1}.get(change, 0):
        before = start if change == "state not carried" else h
        read, kept = W_xh @ E[bos if change == "bos again" else word], W_hh @ before
        if written or change != "bos unread":
            h = tanh((0 if change == "nothing read" else read) + (0 if change == "no memory" else kept) + b)
        z = U @ (before if change == "score before step" else h)
        if change == "bos excluded":
            z[bos] = -np.inf
        word = int({"last of equals": len(z) - 1 - z[::-1].argmax(), "lowest score": z.argmin()}.get(change, z.argmax()))
        if word == eos and change == "eos dropped":
            break
        written.append(word)
        if word == eos and change != "never stops":
            break
    return written


def first_state_empty(source, encoder, decoder, bos, eos, max_length):
    """Your translation does not depend on the source. With which state does the decoder begin?"""
    return translated("empty state", source, encoder, decoder, bos, eos, max_length)


def always_after_bos(source, encoder, decoder, bos, eos, max_length):
    """Your decoder reads bos at every step. What does it read once it has written a word?"""
    return translated("bos again", source, encoder, decoder, bos, eos, max_length)


def always_from_the_encoder(source, encoder, decoder, bos, eos, max_length):
    """Each step of your decoder begins with the encoder's state. With which state does its second step begin?"""
    return translated("state not carried", source, encoder, decoder, bos, eos, max_length)


def nothing_read(source, encoder, decoder, bos, eos, max_length):
    """Your decoder does not read what it wrote. What goes into a step, beside the state?"""
    return translated("nothing read", source, encoder, decoder, bos, eos, max_length)


def nothing_remembered(source, encoder, decoder, bos, eos, max_length):
    """Your decoder looks at nothing but the last word. What goes into a step, beside it?"""
    return translated("no memory", source, encoder, decoder, bos, eos, max_length)


def read_from_the_right(source, encoder, decoder, bos, eos, max_length):
    """Your encoder reads from right to left. Which way does the question ask for?"""
    return translated("read reversed", source, encoder, decoder, bos, eos, max_length)


def last_source_word_unread(source, encoder, decoder, bos, eos, max_length):
    """Your encoder stops before the last word of the source. Which state has read all of it?"""
    return translated("last unread", source, encoder, decoder, bos, eos, max_length)


def last_source_word_only(source, encoder, decoder, bos, eos, max_length):
    """Only the last word of the source counts for you. What does the encoder's state carry along?"""
    return translated("last only", source, encoder, decoder, bos, eos, max_length)


def source_word_first(source, encoder, decoder, bos, eos, max_length):
    """Your decoder reads the last word of the source first. What stands before the first word of its own language?"""
    return translated("source read", source, encoder, decoder, bos, eos, max_length)


def eos_dropped(source, encoder, decoder, bos, eos, max_length):
    """Your translations do not have their eos. Does what was written include it?"""
    return translated("eos dropped", source, encoder, decoder, bos, eos, max_length)


def never_stops(source, encoder, decoder, bos, eos, max_length):
    """Your decoder goes on after eos. When does it stop?"""
    return translated("never stops", source, encoder, decoder, bos, eos, max_length)


def one_word_less(source, encoder, decoder, bos, eos, max_length):
    """Your longest translations are one word short. Does max_length count the words that were written, or bos too?"""
    return translated("one less", source, encoder, decoder, bos, eos, max_length)


def one_word_more(source, encoder, decoder, bos, eos, max_length):
    """Your longest translations have one word too many. How many may be written?"""
    return translated("one more", source, encoder, decoder, bos, eos, max_length)


def last_of_equal_words(source, encoder, decoder, bos, eos, max_length):
    """Of words with equal scores you take the one with the highest id. Which one does the question ask for?"""
    return translated("last of equals", source, encoder, decoder, bos, eos, max_length)


def least_probable(source, encoder, decoder, bos, eos, max_length):
    """You take the word with the lowest score. Which one is the most probable?"""
    return translated("lowest score", source, encoder, decoder, bos, eos, max_length)


def scores_before_the_step(source, encoder, decoder, bos, eos, max_length):
    """Your scores come from the state before the word was read. Which state does a word come from, the old or the new one?"""
    return translated("score before step", source, encoder, decoder, bos, eos, max_length)


def bos_never_written(source, encoder, decoder, bos, eos, max_length):
    """Your decoder never writes bos. Which words may it write?"""
    return translated("bos excluded", source, encoder, decoder, bos, eos, max_length)


def bos_in_front(source, encoder, decoder, bos, eos, max_length):
    """Your translations begin with bos. Did the decoder write it?"""
    return [bos, *translated("as asked", source, encoder, decoder, bos, eos, max_length)]


def eos_not_counted(source, encoder, decoder, bos, eos, max_length):
    """You write eos even after max_length words. Does it count?"""
    written = translated("one more", source, encoder, decoder, bos, eos, max_length)
    return written if written[-1] == eos else written[:max_length]


def as_long_as_the_source(source, encoder, decoder, bos, eos, max_length):
    """Your translations are never longer than the source. When does the decoder stop?"""
    return translated("as asked", source, encoder, decoder, bos, eos, min(len(source), max_length))


def bos_unread(source, encoder, decoder, bos, eos, max_length):
    """Your first word comes from the encoder's state itself. What does the decoder read before it writes anything?"""
    return translated("bos unread", source, encoder, decoder, bos, eos, max_length)


def eos_read_too(source, encoder, decoder, bos, eos, max_length):
    """Your encoder also reads eos behind the source. What does the question say that it reads?"""
    return translated("eos read", source, encoder, decoder, bos, eos, max_length)


def bos_read_too(source, encoder, decoder, bos, eos, max_length):
    """Your encoder also reads bos before the source. Whose first word is bos?"""
    return translated("bos read", source, encoder, decoder, bos, eos, max_length)


def bos_in_the_place_of_a_word(source, encoder, decoder, bos, eos, max_length):
    """Your translations begin with bos, and it counts as one of the words. Did the decoder write it?"""
    return [bos, *translated("one less", source, encoder, decoder, bos, eos, max_length)]


def vectors_of_the_other_language(source, encoder, decoder, bos, eos, max_length):
    """Your decoder looks its words up in the encoder's table. Whose words does it read?"""
    return translated("foreign words", source, encoder, decoder, bos, eos, max_length)


def states_without_tanh(source, encoder, decoder, bos, eos, max_length):
    """Your states may be greater than 1. What is missing around the sum?"""
    return translated("no tanh", source, encoder, decoder, bos, eos, max_length)


def translation_without_bias(source, encoder, decoder, bos, eos, max_length):
    """Your translations are the same for every b. Where do the biases come in?"""
    return translated("no bias", source, encoder, decoder, bos, eos, max_length)


translate = [first_state_empty, always_after_bos, always_from_the_encoder, nothing_read, nothing_remembered,
             read_from_the_right, last_source_word_unread, last_source_word_only, source_word_first, eos_dropped, never_stops,
             one_word_less, one_word_more, last_of_equal_words, least_probable, scores_before_the_step, bos_never_written,
             bos_in_front, eos_not_counted, as_long_as_the_source, bos_unread, eos_read_too, bos_read_too,
             bos_in_the_place_of_a_word, vectors_of_the_other_language, states_without_tanh, translation_without_bias]


# Question 12: the same in torch. The grader has no torch and calls these with arrays.

def of_tensors(mistake):
    """The mistake as it is on arrays; called with tensors, as a student's function is, it computes on arrays all the same."""
    @functools.wraps(mistake)
    def either(E, *others):
        if isinstance(E, np.ndarray):
            return mistake(E, *others)
        found = mistake(np.asarray(E), *(one if isinstance(one, int) else np.asarray(one) for one in others))
        return tuple(None if part is None else E.new_tensor(part) for part in found)
    return either


def language_model(E, W_xh, W_hh, U, inputs, labels, starts, **changes):
    """The four gradients of the *summed* loss; going back, the chain ends at each step of ``starts``, counted from 0.

    changes: weight, (B, T), of each loss; zero_at: steps that begin with a state of 0; twice: a softmax of a softmax;
    raw: none at all.
    """
    batch, T = inputs.shape
    H, before, h = [], [], np.zeros((batch, len(W_hh)))
    for t in range(T):
        h = np.zeros(h.shape) if t in changes.get("zero_at", ()) else h
        before.append(h)
        h = np.tanh(weighted(E[inputs[:, t]], h, W_xh, W_hh))
        H.append(h)
    H, before = np.stack(H, axis=1), np.stack(before, axis=1)                       # (B, T, d_h)
    p, y = exponentials(H @ U.T), np.eye(len(U))[labels]
    dz = p - y
    if changes.get("twice"):
        dp = exponentials(p) - y
        dz = p * (dp - (p * dp).sum(axis=-1, keepdims=True))
    if changes.get("raw"):
        dz = -y
    dz = dz * changes.get("weight", np.ones((batch, T)))[:, :, None]
    da, delta = np.zeros(H.shape), np.zeros(h.shape)
    for t in reversed(range(T)):
        delta = delta @ W_hh if t + 1 not in starts else np.zeros(h.shape)
        da[:, t] = delta = (dz[:, t] @ U + delta) * (1 - H[:, t] ** 2)
    dE = np.zeros(E.shape)
    np.add.at(dE, inputs, da @ W_xh)
    return dE, np.einsum("bti,btj->ij", da, E[inputs]), np.einsum("bti,btj->ij", da, before), np.einsum("btv,bth->vh", dz, H)


def exponentials(z):
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def cuts(inputs, chunk):
    return range(0, inputs.shape[1], int(chunk))


def divided(gradients, number):
    return tuple(gradient / number for gradient in gradients)


@of_tensors
def no_detach(E, W_xh, W_hh, U, inputs, labels, chunk):
    """This is the whole gradient, whatever `chunk` is. Where does the state leave the graph?"""
    return divided(language_model(E, W_xh, W_hh, U, inputs, labels, ()), inputs.size)


@of_tensors
def detached_at_every_step(E, W_xh, W_hh, U, inputs, labels, chunk):
    """Your state leaves the graph at every step, whatever `chunk` is. Where only is it to be a constant?"""
    return divided(language_model(E, W_xh, W_hh, U, inputs, labels, range(inputs.shape[1])), inputs.size)


@of_tensors
def zeros_at_every_chunk(E, W_xh, W_hh, U, inputs, labels, chunk):
    """Each of your chunks begins with a state of 0. Does anything change going forward?"""
    starts = cuts(inputs, chunk)
    return divided(language_model(E, W_xh, W_hh, U, inputs, labels, starts, zero_at=starts), inputs.size)


@of_tensors
def summed_loss(E, W_xh, W_hh, U, inputs, labels, chunk):
    """Your gradients are B·T times too large. Is the loss a sum or a mean?"""
    return language_model(E, W_xh, W_hh, U, inputs, labels, cuts(inputs, chunk))


@of_tensors
def mean_of_texts_only(E, W_xh, W_hh, U, inputs, labels, chunk):
    """Your gradients are T times too large. What does `cross_entropy` take the mean over if it gets the scores of one step?"""
    return divided(language_model(E, W_xh, W_hh, U, inputs, labels, cuts(inputs, chunk)), len(inputs))


@of_tensors
def mean_of_steps_only(E, W_xh, W_hh, U, inputs, labels, chunk):
    """Your gradients are B times too large. Over how many places is the mean?"""
    return divided(language_model(E, W_xh, W_hh, U, inputs, labels, cuts(inputs, chunk)), inputs.shape[1])


def by_chunk(inputs, chunk):
    """How many steps the chunk of each step has, (B, T)."""
    T, chunk = inputs.shape[1], int(chunk)
    sizes = [min(chunk, T - t // chunk * chunk) for t in range(T)]
    return np.broadcast_to(np.array(sizes, float), inputs.shape)


@of_tensors
def means_of_chunks_added(E, W_xh, W_hh, U, inputs, labels, chunk):
    """You added the mean losses of the chunks. By how many places is each of them divided, and by how many should it be?"""
    weight = 1 / by_chunk(inputs, chunk)
    return divided(language_model(E, W_xh, W_hh, U, inputs, labels, cuts(inputs, chunk), weight=weight), len(inputs))


@of_tensors
def mean_of_the_means(E, W_xh, W_hh, U, inputs, labels, chunk):
    """You took the mean of the chunks' means. Does a place in a short chunk count more than one in a long chunk?"""
    starts = cuts(inputs, chunk)
    weight = 1 / by_chunk(inputs, chunk)
    return divided(language_model(E, W_xh, W_hh, U, inputs, labels, starts, weight=weight), len(inputs) * len(starts))


@of_tensors
def gradients_cleared(E, W_xh, W_hh, U, inputs, labels, chunk):
    """These are the gradients of the last chunk. What became of the others?"""
    starts = cuts(inputs, chunk)
    weight = np.broadcast_to((np.arange(inputs.shape[1]) >= starts[-1]).astype(float), inputs.shape)
    return divided(language_model(E, W_xh, W_hh, U, inputs, labels, starts, weight=weight), inputs.size)


@of_tensors
def first_chunk_alone(E, W_xh, W_hh, U, inputs, labels, chunk):
    """These are the gradients of the first chunk. What became of the others?"""
    weight = np.broadcast_to((np.arange(inputs.shape[1]) < chunk).astype(float), inputs.shape)
    return divided(language_model(E, W_xh, W_hh, U, inputs, labels, cuts(inputs, chunk), weight=weight), inputs.size)


@of_tensors
def short_chunk_left_out(E, W_xh, W_hh, U, inputs, labels, chunk):
    """The steps at the end that fill no whole chunk have no influence on your gradients. Are they part of the loss?"""
    T = inputs.shape[1]
    weight = np.broadcast_to((np.arange(T) < T // chunk * chunk).astype(float), inputs.shape)
    return divided(language_model(E, W_xh, W_hh, U, inputs, labels, cuts(inputs, chunk), weight=weight), inputs.size)


@of_tensors
def last_step_of_each_chunk(E, W_xh, W_hh, U, inputs, labels, chunk):
    """Only the last step of each of your chunks has a loss. Which steps have a label?"""
    T, chunk = inputs.shape[1], int(chunk)
    last = [t % chunk == chunk - 1 or t == T - 1 for t in range(T)]
    weight = np.broadcast_to(np.array(last, float), inputs.shape)
    return divided(language_model(E, W_xh, W_hh, U, inputs, labels, cuts(inputs, chunk), weight=weight), inputs.size)


@of_tensors
def rows_cut_anew(E, W_xh, W_hh, U, inputs, labels, chunk):
    """Texts and times are mixed in what you read. Does `view(T, B)` exchange two axes?"""
    inputs, labels = (ids.reshape(ids.shape[::-1]).T for ids in (inputs, labels))
    return divided(language_model(E, W_xh, W_hh, U, inputs, labels, cuts(inputs, chunk)), inputs.size)


@of_tensors
def texts_for_times(E, W_xh, W_hh, U, inputs, labels, chunk):
    """You go through the texts where you should go through the time. Which axis of `inputs` is the time?"""
    return divided(language_model(E, W_xh, W_hh, U, inputs.T, labels.T, cuts(inputs.T, chunk)), inputs.size)


@of_tensors
def softmax_twice(E, W_xh, W_hh, U, inputs, labels, chunk):
    """You gave probabilities to `cross_entropy`. What does it do with them first?"""
    return divided(language_model(E, W_xh, W_hh, U, inputs, labels, cuts(inputs, chunk), twice=True), inputs.size)


@of_tensors
def likelihood_differentiated(E, W_xh, W_hh, U, inputs, labels, chunk):
    """Your gradients point downhill. Of which number did you ask for `backward()`, the loss or the log-likelihood?"""
    return divided(language_model(E, W_xh, W_hh, U, inputs, labels, cuts(inputs, chunk)), -inputs.size)


@of_tensors
def recurrent_transposed(E, W_xh, W_hh, U, inputs, labels, chunk):
    """You multiply the state by W_hh as it is. Which of its axes belongs to the old state?"""
    dE, dW, dV, dU = language_model(E, W_xh, W_hh.T, U, inputs, labels, cuts(inputs, chunk))
    return divided((dE, dW, dV.T, dU), inputs.size)


@of_tensors
def outside_the_graph(E, W_xh, W_hh, U, inputs, labels, chunk):
    """E has no gradient. Were the vectors looked up in the tensor that requires one?"""
    return None, *divided(language_model(E, W_xh, W_hh, U, inputs, labels, cuts(inputs, chunk))[1:], inputs.size)


@of_tensors
def called_twice(E, W_xh, W_hh, U, inputs, labels, chunk):
    """Your gradients are twice what they should be. What does a second `backward()` of one loss do?"""
    return divided(language_model(E, W_xh, W_hh, U, inputs, labels, cuts(inputs, chunk)), inputs.size / 2)


@of_tensors
def other_order(E, W_xh, W_hh, U, inputs, labels, chunk):
    """Your gradients come from the last matrix to the first. Which one is to be first?"""
    return divided(language_model(E, W_xh, W_hh, U, inputs, labels, cuts(inputs, chunk))[::-1], inputs.size)


def the_matrices(E, W_xh, W_hh, U, inputs, labels, chunk):
    """These are the matrices themselves. Where does `backward()` put what it finds?"""
    return E, W_xh, W_hh, U


@of_tensors
def padding_row(E, W_xh, W_hh, U, inputs, labels, chunk):
    """The row of id 0 gets no gradient. Did you give a `padding_idx`?"""
    dE, *others = divided(language_model(E, W_xh, W_hh, U, inputs, labels, cuts(inputs, chunk)), inputs.size)
    dE[0] = 0
    return dE, *others


@of_tensors
def label_zero_ignored(E, W_xh, W_hh, U, inputs, labels, chunk):
    """You give places whose label is 0 no loss. Is id 0 special here?"""
    weight = (labels != 0).astype(float)
    return divided(language_model(E, W_xh, W_hh, U, inputs, labels, cuts(inputs, chunk), weight=weight), inputs.size)


def other_labels(labels, widths):
    """The labels that meet the scores if those are flattened with the time in front, these with the texts in front."""
    parts = np.split(labels, np.cumsum(widths)[:-1], axis=1)
    return np.concatenate([part.reshape(part.shape[::-1]).T for part in parts], axis=1)


@of_tensors
def labels_of_other_places(E, W_xh, W_hh, U, inputs, labels, chunk):
    """In each chunk your scores run through the times first, your labels through the texts. Which score meets which label once
    both are flat?"""
    starts = cuts(inputs, chunk)
    labels = other_labels(labels, [min(int(chunk), inputs.shape[1] - first) for first in starts])
    return divided(language_model(E, W_xh, W_hh, U, inputs, labels, starts), inputs.size)


@of_tensors
def all_labels_of_other_places(E, W_xh, W_hh, U, inputs, labels, chunk):
    """Your scores run through the times first, your labels through the texts. Which score meets which label once both are
    flat?"""
    labels = other_labels(labels, [inputs.shape[1]])
    return divided(language_model(E, W_xh, W_hh, U, inputs, labels, cuts(inputs, chunk)), inputs.size)


@of_tensors
def divided_by_chunks_too(E, W_xh, W_hh, U, inputs, labels, chunk):
    """You also divided by the number of chunks. What is done with their gradients?"""
    starts = cuts(inputs, chunk)
    return divided(language_model(E, W_xh, W_hh, U, inputs, labels, starts), inputs.size * len(starts))


@of_tensors
def no_softmax(E, W_xh, W_hh, U, inputs, labels, chunk):
    """Your loss is −z of the label. Which function has the softmax inside it, `nll_loss` or `cross_entropy`?"""
    return divided(language_model(E, W_xh, W_hh, U, inputs, labels, cuts(inputs, chunk), raw=True), inputs.size)


torch_gradients = [no_detach, detached_at_every_step, zeros_at_every_chunk, summed_loss, mean_of_texts_only, mean_of_steps_only,
                   means_of_chunks_added, mean_of_the_means, gradients_cleared, first_chunk_alone, short_chunk_left_out,
                   last_step_of_each_chunk, rows_cut_anew, texts_for_times, softmax_twice, likelihood_differentiated,
                   recurrent_transposed, outside_the_graph, called_twice, other_order, the_matrices, padding_row,
                   label_zero_ignored, labels_of_other_places, all_labels_of_other_places, divided_by_chunks_too, no_softmax]
