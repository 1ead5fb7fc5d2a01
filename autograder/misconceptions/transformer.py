"""Wrong answers that students really write for unit 09; each docstring is the hint they get."""

import functools
import math

import numpy as np

# Question 1: the feed-forward network


def two_layers(X, W_1, b_1, W_2, b_2, activation, behind=None):
    """Two layers with an activation between them, and one behind the second."""
    out = activation(X @ W_1.T + b_1) @ W_2.T + b_2
    return out if behind is None else behind(out)


def rectified(a):
    return np.maximum(a, 0)


def rectified_twice(X, W_1, b_1, W_2, b_2):
    """None of your numbers is negative. Behind which of the two layers is a ReLU?"""
    return two_layers(X, W_1, b_1, W_2, b_2, rectified, rectified)


def rectified_at_the_end(X, W_1, b_1, W_2, b_2):
    """Your ReLU comes behind the second layer. Where does it stand in the formula?"""
    return two_layers(X, W_1, b_1, W_2, b_2, lambda a: a, rectified)


def no_rectifier(X, W_1, b_1, W_2, b_2):
    """Your two layers are one linear map, since nothing stands between them. What is missing?"""
    return two_layers(X, W_1, b_1, W_2, b_2, lambda a: a)


def input_rectified(X, W_1, b_1, W_2, b_2):
    """You took the ReLU of the features themselves. Of what is it taken?"""
    return two_layers(rectified(X), W_1, b_1, W_2, b_2, lambda a: a)


def first_bias_left_out(X, W_1, b_1, W_2, b_2):
    """Your function gives the same for every b_1. Where does it come in?"""
    return two_layers(X, W_1, 0, W_2, b_2, rectified)


def second_bias_left_out(X, W_1, b_1, W_2, b_2):
    """Your function gives the same for every b_2. Where does it come in?"""
    return two_layers(X, W_1, b_1, W_2, 0, rectified)


def no_biases(X, W_1, b_1, W_2, b_2):
    """Your function gives the same for all biases. Where do b_1 and b_2 come in?"""
    return two_layers(X, W_1, 0, W_2, 0, rectified)


def first_bias_behind_the_rectifier(X, W_1, b_1, W_2, b_2):
    """You added b_1 to what came out of the ReLU. Is it inside or outside?"""
    return (rectified(X @ W_1.T) + b_1) @ W_2.T + b_2


def weights_not_transposed(X, W_1, b_1, W_2, b_2):
    """You multiplied by both matrices as they are. Which of their axes belongs to the input, and where does it stand in
    `X @ W_1`?"""
    return rectified(X @ W_1 + b_1) @ W_2 + b_2


def first_weights_not_transposed(X, W_1, b_1, W_2, b_2):
    """You multiplied by W_1 as it is. Which of its axes belongs to the input? That it may be square hides the answer."""
    return rectified(X @ W_1 + b_1) @ W_2.T + b_2


def second_weights_not_transposed(X, W_1, b_1, W_2, b_2):
    """You multiplied by W_2 as it is. Which of its axes belongs to the hidden numbers? That it may be square hides the
    answer."""
    return rectified(X @ W_1.T + b_1) @ W_2 + b_2


def columns_for_rows(X, W_1, b_1, W_2, b_2):
    """You wrote W x for arrays as it is written for one column. On which axis of X are the features, and what stands on its
    right?"""
    return W_2 @ rectified(W_1 @ X + b_1) + b_2


def residual_included(X, W_1, b_1, W_2, b_2):
    """You added the features of the word to what comes out. Is the residual a part of this network or of the block around
    it?"""
    return X + two_layers(X, W_1, b_1, W_2, b_2, rectified)


def smooth(X, W_1, b_1, W_2, b_2):
    """You took a GELU. Which activation does this network have?"""
    return two_layers(X, W_1, b_1, W_2, b_2, lambda a: 0.5 * a * (1 + np.vectorize(math.erf)(a / math.sqrt(2))))


def tanh_for_relu(X, W_1, b_1, W_2, b_2):
    """You took a tanh. Which activation does this network have?"""
    return two_layers(X, W_1, b_1, W_2, b_2, np.tanh)


def sigmoid_for_relu(X, W_1, b_1, W_2, b_2):
    """Your hidden numbers lie between 0 and 1. Which activation does this network have?"""
    return two_layers(X, W_1, b_1, W_2, b_2, lambda a: 0.5 * (1 + np.tanh(a / 2)))


def absolute(X, W_1, b_1, W_2, b_2):
    """You turn a hidden number of −2 into 2. What does ReLU make of it?"""
    return two_layers(X, W_1, b_1, W_2, b_2, np.abs)


def step(X, W_1, b_1, W_2, b_2):
    """Your hidden numbers are only 0 and 1. What does ReLU make of a 2?"""
    return two_layers(X, W_1, b_1, W_2, b_2, lambda a: (a > 0).astype(float))


def negative_part(X, W_1, b_1, W_2, b_2):
    """Your ReLU keeps what is negative and drops the rest. Is it the maximum or the minimum?"""
    return two_layers(X, W_1, b_1, W_2, b_2, lambda a: np.minimum(a, 0))


def all_words_as_one(X, W_1, b_1, W_2, b_2):
    """Each of your words gets what the mean of its text would get. Which words does a word's own result depend on?"""
    means = np.broadcast_to(X.mean(axis=1, keepdims=True), X.shape)
    return two_layers(means, W_1, b_1, W_2, b_2, rectified)


def hidden_numbers(X, W_1, b_1, W_2, b_2):
    """You returned the hidden numbers. What is still done with them?"""
    return rectified(X @ W_1.T + b_1)


feed_forward = [rectified_twice, rectified_at_the_end, no_rectifier, input_rectified, first_bias_left_out,
                second_bias_left_out, no_biases, first_bias_behind_the_rectifier, weights_not_transposed,
                first_weights_not_transposed, second_weights_not_transposed, columns_for_rows, residual_included, smooth,
                tanh_for_relu, sigmoid_for_relu, absolute, step, negative_part, all_words_as_one, hidden_numbers]


# Question 2: sinusoids

def waves(positions, d, exponents, even=np.sin, odd=np.cos, base=10000.0):
    """even and odd of i/base^exponent, next to each other, for exponents (d/2,)."""
    angles = np.asarray(positions)[:, None] / base ** np.asarray(exponents)
    return np.stack([even(angles), odd(angles)], axis=-1).reshape(len(positions), d)


def exponents(d, first=0):
    """2j/d, with j from ``first`` on."""
    return 2 * (np.arange(d // 2) + first) / d


def waves_from_one(positions, d):
    """Your waves begin with j = 1, as on a slide. Which wave is missing then, the fastest or the slowest?"""
    return waves(positions, d, exponents(d, 1))


def positions_from_one(positions, d):
    """You count positions from 1. Which angle belongs to position 0?"""
    return waves(positions + 1, d, exponents(d))


def everything_from_one(positions, d):
    """You count both positions and waves from 1, as a slide does. From where do they count here?"""
    return waves(positions + 1, d, exponents(d, 1))


def sines_first(positions, d):
    """All your sines come first, then all cosines. Where does the cosine of a wave stand?"""
    both = waves(positions, d, exponents(d))
    return np.concatenate([both[:, 0::2], both[:, 1::2]], axis=1)


def exponent_by_entry(positions, d):
    """Each of your entries has an exponent of its own, its number divided by d. Which exponent do a sine and the cosine next to
    it have?"""
    angles = positions[:, None] / 10000.0 ** (np.arange(d) / d)
    return np.where(np.arange(d) % 2 == 0, np.sin(angles), np.cos(angles))


def exponent_doubled(positions, d):
    """Your exponents go up to nearly 2. What is the exponent of wave j: did you take the number of an entry for j?"""
    return waves(positions, d, 2 * exponents(d))


def exponent_of_each_entry_doubled(positions, d):
    """Your exponent is 2c/d with the number c of an entry. What does j count, and do a sine and the cosine next to it differ in
    it?"""
    angles = positions[:, None] / 10000.0 ** (2 * np.arange(d) / d)
    return np.where(np.arange(d) % 2 == 0, np.sin(angles), np.cos(angles))


def exponent_halved(positions, d):
    """Your exponent is j/d. What stands in the formula before the j?"""
    return waves(positions, d, exponents(d) / 2)


def exponent_up_to_one(positions, d):
    """Your slowest wave has the exponent 1, since you divided by d/2 − 1. By what is 2j divided?"""
    return waves(positions, d, np.arange(d // 2) / max(d // 2 - 1, 1))


def cosines_before_sines(positions, d):
    """In each pair your cosine comes first. Which one has the even place?"""
    return waves(positions, d, exponents(d), np.cos, np.sin)


def sines_only(positions, d):
    """All your entries are sines. What has the odd place of a pair?"""
    return waves(positions, d, exponents(d), np.sin, np.sin)


def consecutive_positions(positions, d):
    """Your rows are those of positions 0, 1, 2, …. Which positions were asked for?"""
    return waves(np.arange(len(positions)), d, exponents(d))


def multiplied_by_the_power(positions, d):
    """You multiplied i by the power of 10,000. Do later waves grow faster or slower?"""
    return waves(positions, d, -exponents(d))


def base_one_thousand(positions, d):
    """Your base is 1,000. Which one stands in the formula?"""
    return waves(positions, d, exponents(d), base=1000.0)


def no_position(positions, d):
    """All your rows are alike. Where does the position come in?"""
    return waves(np.ones(len(positions)), d, exponents(d))


def slowest_first(positions, d):
    """Your slowest wave comes first. Which exponent does wave 0 have?"""
    return waves(positions, d, exponents(d)[::-1])


def one_wave_for_all(positions, d):
    """All your waves are equally fast. Which letter in the exponent differs from wave to wave?"""
    return waves(positions, d, np.zeros(d // 2))


def in_degrees(positions, d):
    """You took your angles for degrees. In what are they given?"""
    return waves(np.radians(positions), d, exponents(d))


def twice_as_wide(positions, d):
    """Your rows have 2d entries. How many waves are there, if each has a sine and a cosine?"""
    return waves(positions, 2 * d, 2 * np.arange(d) / d)


def positions_in_columns(positions, d):
    """Your positions stand in columns. On which axis are they to be?"""
    return waves(positions, d, exponents(d)).T


def divided_by_d(positions, d):
    """You divided i by 10,000 and multiplied by the exponent. What is done with 10,000 and 2j/d?"""
    angles = positions[:, None] / 10000.0 * exponents(d)
    return np.stack([np.sin(angles), np.cos(angles)], axis=-1).reshape(len(positions), d)


def whole_table(positions, d):
    """You have a row for every position from 0 to the greatest. Which positions were asked for, and in which order?"""
    return waves(np.arange(positions.max() + 1), d, exponents(d))


sinusoids = [waves_from_one, positions_from_one, everything_from_one, sines_first, exponent_by_entry, exponent_doubled,
             exponent_of_each_entry_doubled, exponent_halved, exponent_up_to_one, cosines_before_sines, sines_only,
             consecutive_positions, multiplied_by_the_power, base_one_thousand, no_position, slowest_first, one_wave_for_all,
             in_degrees, twice_as_wide, positions_in_columns, divided_by_d, whole_table]


# Question 3: the shift

def blocks(angles, cell):
    """A matrix with cell(sine, cosine) of each angle on its diagonal."""
    M = np.zeros((2 * len(angles), 2 * len(angles)))
    for j, angle in enumerate(angles):
        M[2 * j:2 * j + 2, 2 * j:2 * j + 2] = cell(math.sin(angle), math.cos(angle))
    return M


def onwards(sin, cos):
    return [[cos, -sin], [sin, cos]]


def shifts_back(k, d):
    """Your M leads k words back, or it is to stand on the left of a column. Is p_{i+k} here p_i M or M p_i?"""
    return blocks(-k / 10000.0 ** exponents(d), onwards)


def one_angle(k, d):
    """All your waves turn by the same angle. How far does wave j turn in one step?"""
    return blocks(np.full(d // 2, float(k)), onwards)


def angles_from_one(k, d):
    """Your waves begin with j = 1. Which wave is missing then?"""
    return blocks(k / 10000.0 ** exponents(d, 1), onwards)


def angles_doubled(k, d):
    """Your second pair has the exponent 4/d, where 2/d is meant. What does j count, waves or entries?"""
    return blocks(k / 10000.0 ** (2 * exponents(d)), onwards)


def angles_halved(k, d):
    """Your exponent is j/d. What stands in the formula before the j?"""
    return blocks(k / 10000.0 ** (exponents(d) / 2), onwards)


def angles_multiplied(k, d):
    """Your later waves turn faster. Is k divided by the power of 10,000 or multiplied by it?"""
    return blocks(k * 10000.0 ** exponents(d), onwards)


def one_step(k, d):
    """Your M is the one for k = 1. Where does k come in?"""
    return blocks(1 / 10000.0 ** exponents(d), onwards)


def no_direction(k, d):
    """Yours is the same for k and −k. Where does a negative k lead?"""
    return blocks(abs(k) / 10000.0 ** exponents(d), onwards)


def mirrored(k, d):
    """The second column of each of your blocks has the wrong sign. What is cos(a + b)?"""
    return blocks(k / 10000.0 ** exponents(d), lambda sin, cos: [[cos, sin], [sin, -cos]])


def both_positive(k, d):
    """All sines in your matrix have the same sign. What is cos(a + b), and which sign has its second term?"""
    return blocks(k / 10000.0 ** exponents(d), lambda sin, cos: [[cos, sin], [sin, cos]])


def sines_on_the_diagonal(k, d):
    """You have sines on the diagonal. Which M belongs to k = 0?"""
    return blocks(k / 10000.0 ** exponents(d), lambda sin, cos: [[sin, cos], [-cos, sin]])


def halves(k, d):
    """Your M belongs to vectors in which all sines come first, then all cosines. How do they stand in question 2?"""
    angles = k / 10000.0 ** exponents(d)
    sin, cos = np.diag(np.sin(angles)), np.diag(np.cos(angles))
    return np.block([[cos, -sin], [sin, cos]])


def cosines_only(k, d):
    """Your M has nothing beside the diagonal. Does the sine at i + k depend on the sine at i alone?"""
    return blocks(k / 10000.0 ** exponents(d), lambda sin, cos: [[cos, 0], [0, cos]])


def first_wave_only(k, d):
    """Only your first wave turns. What does M do with the others?"""
    angles = k / 10000.0 ** exponents(d)
    angles[1:] = 0
    return blocks(angles, onwards)


def in_degrees_too(k, d):
    """You took your angles for degrees. In what are they given?"""
    return blocks(np.radians(k) / 10000.0 ** exponents(d), onwards)


def added(k, d):
    """Your M is diagonal and holds p_k. Is a shift a product of entries, or does it mix two of them?"""
    return np.diag(waves(np.array([k]), d, exponents(d))[0])


def overlapping(k, d):
    """Your blocks overlap. In which two rows does the block of wave j stand?"""
    M = np.zeros((d, d))
    for j, angle in enumerate(k / 10000.0 ** exponents(d)):
        M[j:j + 2, j:j + 2] = onwards(math.sin(angle), math.cos(angle))
    return M


shift_matrix = [shifts_back, one_angle, angles_from_one, angles_doubled, angles_halved, angles_multiplied, one_step,
                no_direction, mirrored, both_positive, sines_on_the_diagonal, halves, cosines_only, first_wave_only,
                in_degrees_too, added, overlapping]


# Question 4: rotary positions

def turned(X, positions, powers, cell=onwards):
    """Neighbours (u, v) as rows times cell(sine, cosine) transposed; powers: exponents of 10,000, (d/2,)."""
    angles = np.asarray(positions)[:, None] / 10000.0 ** np.asarray(powers)
    (a, b), (c, e) = cell(np.sin(angles), np.cos(angles))
    u, v = X[:, 0::2], X[:, 1::2]
    return np.stack([a * u + b * v, c * u + e * v], axis=-1).reshape(X.shape)


def partners_in_the_other_half(X, positions):
    """You turned features j and j + d/2 together, as some models do. Which two belong together here?"""
    d = X.shape[1]
    order = np.arange(d).reshape(2, -1).T.ravel()                       # 0, d/2, 1, d/2 + 1, …
    out = np.empty(X.shape)
    out[:, order] = turned(X[:, order], positions, exponents(d))
    return out


def clockwise(X, positions):
    """You turned clockwise. Where does the point (1, 0) go with a small angle: does its second coordinate grow?"""
    return turned(X, -positions, exponents(X.shape[1]))


def turned_from_one(X, positions):
    """You count positions from 1. How far is a word at position 0 turned?"""
    return turned(X, positions + 1, exponents(X.shape[1]))


def rows_for_positions(X, positions):
    """You turned row t as if it stood at position t. Where does it stand?"""
    return turned(X, np.arange(len(X)), exponents(X.shape[1]))


def all_alike(X, positions):
    """All your pairs turn by the same angle. Which pair turns by the whole position?"""
    return turned(X, positions, np.zeros(X.shape[1] // 2))


def pairs_from_one(X, positions):
    """Your pairs begin with j = 1. How far does the first pair turn from one position to the next?"""
    return turned(X, positions, exponents(X.shape[1], 1))


def powers_doubled(X, positions):
    """Your second pair has the exponent 4/d, where 2/d is meant. What does j count, pairs or features?"""
    return turned(X, positions, 2 * exponents(X.shape[1]))


def powers_halved(X, positions):
    """Your exponent is j/d. What stands in the formula before the j?"""
    return turned(X, positions, exponents(X.shape[1]) / 2)


def angle_by_feature(X, positions):
    """Each of your features has an angle of its own, with its number in the exponent. Which angle do the two of a pair
    have?"""
    angles = positions[:, None] / 10000.0 ** (np.arange(X.shape[1]) / X.shape[1])
    sin, cos = np.sin(angles), np.cos(angles)
    partner = np.stack([-X[:, 1::2], X[:, 0::2]], axis=-1).reshape(X.shape)
    return X * cos + partner * sin


def waves_added(X, positions):
    """You added the sinusoids. What does a rotation do instead?"""
    return X + waves(positions, X.shape[1], exponents(X.shape[1]))


def waves_multiplied(X, positions):
    """You multiplied by the sinusoids entry by entry. Which two features make each new one?"""
    return X * waves(positions, X.shape[1], exponents(X.shape[1]))


def overwritten(X, positions):
    """Your second coordinate is made of the new first one. Which u stands in u sin a + v cos a?"""
    d = X.shape[1]
    angles = positions[:, None] / 10000.0 ** exponents(d)
    out = X.copy()
    out[:, 0::2] = out[:, 0::2] * np.cos(angles) - out[:, 1::2] * np.sin(angles)
    out[:, 1::2] = out[:, 0::2] * np.sin(angles) + out[:, 1::2] * np.cos(angles)
    return out


def sines_for_cosines(X, positions):
    """You exchanged sine and cosine. What becomes of a word at position 0?"""
    return turned(X, positions, exponents(X.shape[1]), lambda sin, cos: [[sin, -cos], [cos, sin]])


def both_added(X, positions):
    """You added both terms in the first coordinate. Which sign does the second one have?"""
    return turned(X, positions, exponents(X.shape[1]), lambda sin, cos: [[cos, sin], [sin, cos]])


def reflected(X, positions):
    """Yours reflects instead of turning: a sign is wrong in the second coordinate. What becomes of (0, 1) at position 0?"""
    return turned(X, positions, exponents(X.shape[1]), lambda sin, cos: [[cos, -sin], [sin, -cos]])


def put_together_by_halves(X, positions):
    """You turned the right pairs, but all first coordinates come first, then all second ones. Where does each of them
    belong?"""
    out = turned(X, positions, exponents(X.shape[1]))
    return np.concatenate([out[:, 0::2], out[:, 1::2]], axis=1)


def first_coordinates_only(X, positions):
    """Your second coordinates are as they were. What do they become?"""
    out = turned(X, positions, exponents(X.shape[1]))
    out[:, 1::2] = X[:, 1::2]
    return out


def turned_in_degrees(X, positions):
    """You took your angles for degrees. In what are they given?"""
    return turned(X, np.radians(positions), exponents(X.shape[1]))


def slow_pairs_first(X, positions):
    """Your first pair turns slowest. Which exponent does pair 0 have?"""
    return turned(X, positions, exponents(X.shape[1])[::-1])


rotate = [partners_in_the_other_half, clockwise, turned_from_one, rows_for_positions, all_alike, pairs_from_one,
          powers_doubled, powers_halved, angle_by_feature, waves_added, waves_multiplied, overwritten, sines_for_cosines,
          both_added, reflected, put_together_by_halves, first_coordinates_only, turned_in_degrees, slow_pairs_first]


# Question 5: layer normalisation

def normalised(X, axis, epsilon, ddof=0):
    """Centred over some axes, and divided by √(σ² + ε)."""
    return (X - X.mean(axis=axis, keepdims=True)) / np.sqrt(X.var(axis=axis, keepdims=True, ddof=ddof) + epsilon)


def over_the_words(X, gain, bias, epsilon):
    """You took mean and variance of one feature over the words of a text. Over which axis is a word normalised by itself?"""
    return normalised(X, 1, epsilon) * gain + bias


def over_the_texts(X, gain, bias, epsilon):
    """You took mean and variance over the texts of the batch. Over which axis is a word normalised by itself?"""
    return normalised(X, 0, epsilon) * gain + bias


def over_batch_and_words(X, gain, bias, epsilon):
    """You took mean and variance of each feature over all words of all texts, as batch normalisation does. Over which axis is a
    word normalised by itself?"""
    return normalised(X, (0, 1), epsilon) * gain + bias


def over_the_whole_text(X, gain, bias, epsilon):
    """You took mean and variance over all features of all words of a text, so that later words change earlier ones. Over which
    axis is a word normalised by itself?"""
    return normalised(X, (1, 2), epsilon) * gain + bias


def over_everything(X, gain, bias, epsilon):
    """You took one mean and one variance of the whole array. Which axis did you mean?"""
    return normalised(X, None, epsilon) * gain + bias


def unbiased(X, gain, bias, epsilon):
    """You divided the variance by d − 1. By what is it divided here?"""
    return normalised(X, -1, epsilon, ddof=1) * gain + bias


def epsilon_outside(X, gain, bias, epsilon):
    """You divided by σ + ε, as a slide does. Where does ε stand here, inside the root or outside?"""
    return (X - X.mean(axis=-1, keepdims=True)) / (X.std(axis=-1, keepdims=True) + epsilon) * gain + bias


def unbiased_and_epsilon_outside(X, gain, bias, epsilon):
    """You divided by σ + ε, with d − 1 in σ. Where does ε stand here, and by what is the variance divided?"""
    return (X - X.mean(axis=-1, keepdims=True)) / (X.std(axis=-1, keepdims=True, ddof=1) + epsilon) * gain + bias


def root_of_epsilon_outside(X, gain, bias, epsilon):
    """You divided by σ + √ε. Is the root of a sum the sum of the roots?"""
    return (X - X.mean(axis=-1, keepdims=True)) / (X.std(axis=-1, keepdims=True) + np.sqrt(epsilon)) * gain + bias


def no_epsilon(X, gain, bias, epsilon):
    """Your function gives the same for every ε. What does it do with a word whose features are all equal?"""
    with np.errstate(all="ignore"):
        return normalised(X, -1, 0.0) * gain + bias


def usual_epsilon(X, gain, bias, epsilon):
    """Your ε is always 10⁻⁵. What is the last argument for?"""
    return normalised(X, -1, 1e-5) * gain + bias


def epsilon_squared(X, gain, bias, epsilon):
    """You squared ε. What is added to the variance?"""
    return normalised(X, -1, epsilon**2) * gain + bias


def divided_by_the_variance(X, gain, bias, epsilon):
    """You divided by σ² + ε. What is missing around it?"""
    return (X - X.mean(axis=-1, keepdims=True)) / (X.var(axis=-1, keepdims=True) + epsilon) * gain + bias


def divided_by_the_length(X, gain, bias, epsilon):
    """You added up the squares of the deviations and did not divide by d. Is σ² a sum or a mean?"""
    centred = X - X.mean(axis=-1, keepdims=True)
    return centred / np.sqrt((centred**2).sum(axis=-1, keepdims=True) + epsilon) * gain + bias


def not_centred(X, gain, bias, epsilon):
    """You divided the features by their spread, but did not take the mean away. What stands above the fraction line?"""
    return X / np.sqrt(X.var(axis=-1, keepdims=True) + epsilon) * gain + bias


def root_mean_square(X, gain, bias, epsilon):
    """This is RMSNorm, which takes no mean away. What does LayerNorm do first?"""
    return X / np.sqrt((X**2).mean(axis=-1, keepdims=True) + epsilon) * gain + bias


def centred_by_squares(X, gain, bias, epsilon):
    """You took the mean away, and then divided by the root of the mean of the squares of x itself. Whose squares make σ²?"""
    return (X - X.mean(axis=-1, keepdims=True)) / np.sqrt((X**2).mean(axis=-1, keepdims=True) + epsilon) * gain + bias


def centred_only(X, gain, bias, epsilon):
    """You took the mean away and divided by nothing. By what is a deviation divided?"""
    return (X - X.mean(axis=-1, keepdims=True)) * gain + bias


def absolute_deviations(X, gain, bias, epsilon):
    """You divided by the mean of the absolute deviations. What is done with a deviation before the mean is taken?"""
    centred = X - X.mean(axis=-1, keepdims=True)
    return centred / (np.abs(centred).mean(axis=-1, keepdims=True) + epsilon) * gain + bias


def axes_lost(X, gain, bias, epsilon):
    """Your mean and variance have lost the last axis, so that they meet the wrong numbers of X, or none at all. What does
    `keepdims=True` do?"""
    return (X - X.mean(axis=-1)) / np.sqrt(X.var(axis=-1) + epsilon) * gain + bias


def gain_left_out(X, gain, bias, epsilon):
    """Your function gives the same for every gain. Where does it come in?"""
    return normalised(X, -1, epsilon) + bias


def bias_left_out(X, gain, bias, epsilon):
    """Your function gives the same for every bias. Where does it come in?"""
    return normalised(X, -1, epsilon) * gain


def gain_and_bias_left_out(X, gain, bias, epsilon):
    """Your function gives the same for every gain and bias. Where do they come in?"""
    return normalised(X, -1, epsilon)


def gain_before(X, gain, bias, epsilon):
    """You multiplied by the gain before the word was normalised. What is stretched, x or what becomes of it?"""
    return normalised(X * gain, -1, epsilon) + bias


def bias_stretched(X, gain, bias, epsilon):
    """You multiplied the bias by the gain too. Which comes first?"""
    return (normalised(X, -1, epsilon) + bias) * gain


def gain_from_one(X, gain, bias, epsilon):
    """You multiplied by 1 + gain. With which gain does nothing change?"""
    return normalised(X, -1, epsilon) * (1 + gain) + bias


def gain_and_bias_exchanged(X, gain, bias, epsilon):
    """You multiplied by the bias and added the gain. Which of the two stretches?"""
    return normalised(X, -1, epsilon) * bias + gain


layer_norm = [over_the_words, over_the_texts, over_batch_and_words, over_the_whole_text, over_everything, unbiased,
              epsilon_outside, unbiased_and_epsilon_outside, root_of_epsilon_outside, no_epsilon, usual_epsilon,
              epsilon_squared, divided_by_the_variance, divided_by_the_length, not_centred, root_mean_square,
              centred_by_squares, centred_only, absolute_deviations, axes_lost, gain_left_out, bias_left_out,
              gain_and_bias_left_out, gain_before, bias_stretched, gain_from_one, gain_and_bias_exchanged]


# Questions 6 and 7: blocks

def causal(M):
    return np.tri(M, dtype=bool)


def looked_at(asking, asked, weights, heads, mask, values=None):
    """Multi-head attention; values come from ``asked`` where nothing else is given."""
    W_q, W_k, W_v, W_o = weights
    parts = [asking @ W_q.T, asked @ W_k.T, (asked if values is None else values) @ W_v.T]
    Q, K, V = (part.reshape(*part.shape[:2], heads, -1).transpose(0, 2, 1, 3) for part in parts)
    S = np.where(mask[..., None, :, :], Q @ K.swapaxes(-1, -2) / np.sqrt(Q.shape[-1]), -np.inf)
    with np.errstate(invalid="ignore"):
        A = np.exp(S - S.max(axis=-1, keepdims=True))
        A = A / A.sum(axis=-1, keepdims=True)
    return (A @ V).transpose(0, 2, 1, 3).reshape(asking.shape) @ W_o.T


def encoder(X, p, heads, mask, norm, epsilon, changes):
    """An encoder block that is right in what ``changes`` does not name."""
    names = changes.get("norms", ("norm_1", "norm_2"))
    mask = changes.get("mask", lambda mask: mask[:, None, :])(mask)
    norm = changes.get("norm", lambda norm: norm)(norm)
    steps = {"attention": lambda x, y: looked_at(x, y, p["attention"], heads, mask),
             "network": lambda x, y: two_layers(x, *p["feed_forward"], rectified)}
    start = X
    for number, f in enumerate(changes.get("order", ("attention", "network"))):
        really = f not in changes.get("not normed", ())

        def norms(x, name=names[number], really=really):
            return normalised(x, -1, changes.get("epsilon", epsilon)) * p[name][0] + p[name][1] if really else x

        kept = f not in changes.get("not kept", ())
        old = start if f in changes.get("from the start", ()) else X
        if norm == "pre":
            read = norms(X)
            base = read if f in changes.get("from the normed", ()) else old
            read = norms(start) if f in changes.get("reads the start", ()) else read
            X = base * kept + steps[f](read, X if changes.get("keys not normed") else read)
        elif norm == "post":
            X = norms(old * kept + steps[f](X, X))
        elif norm == "norm of x":
            X = norms(X) + steps[f](X, X)
        elif norm == "norm of f":
            X = X + norms(steps[f](X, X))
        else:
            X = X + norms(steps[f](norms(X), norms(X)))
    return X


def pre_and_post_exchanged(X, p, heads, mask, norm, epsilon):
    """You did "pre" where "post" was asked for, and the other way round. On which side of the sum does the norm stand in
    each?"""
    return encoder(X, p, heads, mask, norm, epsilon, {"norm": lambda norm: {"pre": "post", "post": "pre"}[norm]})


def always_pre(X, p, heads, mask, norm, epsilon):
    """Yours is "pre", whatever `norm` says. Where does the norm stand in the other arrangement?"""
    return encoder(X, p, heads, mask, norm, epsilon, {"norm": lambda norm: "pre"})


def always_post(X, p, heads, mask, norm, epsilon):
    """Yours is "post", whatever `norm` says. Where does the norm stand in the other arrangement?"""
    return encoder(X, p, heads, mask, norm, epsilon, {"norm": lambda norm: "post"})


def residual_from_the_normed(X, p, heads, mask, norm, epsilon):
    """Your "post" is right. In "pre" you add to LN(x): to what is f(LN(x)) added?"""
    return encoder(X, p, heads, mask, norm, epsilon, {"from the normed": ("attention", "network")})


def no_residual(X, p, heads, mask, norm, epsilon):
    """Nothing of x itself is left after your two steps. To what is the result of f added?"""
    return encoder(X, p, heads, mask, norm, epsilon, {"not kept": ("attention", "network")})


def no_residual_at_the_network(X, p, heads, mask, norm, epsilon):
    """Your first step has a residual. What about the feed-forward network?"""
    return encoder(X, p, heads, mask, norm, epsilon, {"not kept": ("network",)})


def no_residual_at_the_attention(X, p, heads, mask, norm, epsilon):
    """Your feed-forward network has a residual. What about the attention?"""
    return encoder(X, p, heads, mask, norm, epsilon, {"not kept": ("attention",)})


def second_residual_from_the_start(X, p, heads, mask, norm, epsilon):
    """Your second residual adds the X of the very beginning. What is x once the attention is done?"""
    return encoder(X, p, heads, mask, norm, epsilon, {"from the start": ("network",)})


def side_by_side(X, p, heads, mask, norm, epsilon):
    """In "pre" your feed-forward network reads the same X as the attention. What does it read?"""
    return encoder(X, p, heads, mask, norm, epsilon, {"reads the start": ("network",)})


def first_norm_twice(X, p, heads, mask, norm, epsilon):
    """Your function gives the same for every norm_2. What is it for?"""
    return encoder(X, p, heads, mask, norm, epsilon, {"norms": ("norm_1", "norm_1")})


def norms_exchanged(X, p, heads, mask, norm, epsilon):
    """You exchanged the two norms. Which one belongs to the attention?"""
    return encoder(X, p, heads, mask, norm, epsilon, {"norms": ("norm_2", "norm_1")})


def network_first(X, p, heads, mask, norm, epsilon):
    """Your feed-forward network comes before the attention. In which order do they come?"""
    return encoder(X, p, heads, mask, norm, epsilon, {"order": ("network", "attention"), "norms": ("norm_2", "norm_1")})


def no_norms(X, p, heads, mask, norm, epsilon):
    """You normed nothing. Where does an LN stand in each arrangement?"""
    return encoder(X, p, heads, mask, norm, epsilon, {"not normed": ("attention", "network")})


def no_norm_at_the_network(X, p, heads, mask, norm, epsilon):
    """Your attention has its LN. What about the feed-forward network?"""
    return encoder(X, p, heads, mask, norm, epsilon, {"not normed": ("network",)})


def norm_of_the_old(X, p, heads, mask, norm, epsilon):
    """Your "pre" is right. In "post" you take LN of the old x and add f(x). Of what is it taken?"""
    return encoder(X, p, heads, mask, norm, epsilon, {"norm": lambda norm: norm if norm == "pre" else "norm of x"})


def norm_of_the_change(X, p, heads, mask, norm, epsilon):
    """Your "pre" is right. In "post" you add LN(f(x)) to x. Of what is LN taken?"""
    return encoder(X, p, heads, mask, norm, epsilon, {"norm": lambda norm: norm if norm == "pre" else "norm of f"})


def keys_not_normed(X, p, heads, mask, norm, epsilon):
    """Your "post" is right. In "pre" your queries come from LN(x), but keys and values from x. What does the attention read?"""
    return encoder(X, p, heads, mask, norm, epsilon, {"keys not normed": True})


def everything_visible(X, p, heads, mask, norm, epsilon):
    """Your words look at places that were filled up. What is the mask for?"""
    return encoder(X, p, heads, mask, norm, epsilon, {"mask": lambda mask: np.ones((1, 1, mask.shape[1]), bool)})


def mask_without_axis(X, p, heads, mask, norm, epsilon):
    """You handed the mask on as it is. To `attend`, a mask of two axes has queries and keys; where do the texts stand in
    yours?"""
    return encoder(X, p, heads, mask, norm, epsilon, {"mask": lambda mask: mask})


def mask_turned_round(X, p, heads, mask, norm, epsilon):
    """Your words look only at places that were filled up. What does `True` say in this mask?"""
    return encoder(X, p, heads, mask, norm, epsilon, {"mask": lambda mask: ~mask[:, None, :]})


def queries_masked(X, p, heads, mask, norm, epsilon):
    """Your mask hides all keys from the places that were filled up, and none from the words. Which axis of (B, N, M) are the
    keys?"""
    return encoder(X, p, heads, mask, norm, epsilon, {"mask": lambda mask: mask[:, :, None]})


def causal_encoder(X, p, heads, mask, norm, epsilon):
    """Your words look back only. Is there a future in an encoder, which has the whole text from the start?"""
    return encoder(X, p, heads, mask, norm, epsilon, {"mask": lambda mask: mask[:, None, :] & causal(mask.shape[1])})


def causal_without_mask(X, p, heads, mask, norm, epsilon):
    """Your words look back only, and at places that were filled up. Which of them may an encoder's words look at?"""
    return encoder(X, p, heads, mask, norm, epsilon, {"mask": lambda mask: causal(mask.shape[1])})


def one_head(X, p, heads, mask, norm, epsilon):
    """Your function gives the same for any number of heads. Where do they come in?"""
    return encoder(X, p, 1, mask, norm, epsilon, {})


def epsilon_of_torch(X, p, heads, mask, norm, epsilon):
    """Your ε is always 10⁻⁵. What is the last argument for?"""
    return encoder(X, p, heads, mask, norm, epsilon, {"epsilon": 1e-5})


def normed_at_the_end(X, p, heads, mask, norm, epsilon):
    """Your "post" is right. After "pre" you normed once more. Does anything follow the second step?"""
    out = encoder(X, p, heads, mask, norm, epsilon, {})
    return normalised(out, -1, epsilon) * p["norm_2"][0] + p["norm_2"][1] if norm == "pre" else out


def attention_alone(X, p, heads, mask, norm, epsilon):
    """Your block ends with the attention. What follows?"""
    return encoder(X, p, heads, mask, norm, epsilon, {"order": ("attention",)})


def network_alone(X, p, heads, mask, norm, epsilon):
    """Each of your words gets what it would get alone. Which step lets words look at one another?"""
    return encoder(X, p, heads, mask, norm, epsilon, {"order": ("network",), "norms": ("norm_2",)})


def padding_asks_nobody(X, p, heads, mask, norm, epsilon):
    """You have NaN at places that were filled up, since they may look at nothing. Whom may they look at?"""
    return encoder(X, p, heads, mask, norm, epsilon, {"mask": lambda mask: mask[:, None, :] & mask[:, :, None]})


def padding_cleared(X, p, heads, mask, norm, epsilon):
    """You set to 0 what comes out at places that were filled up. Are they treated in another way than words?"""
    return encoder(X, p, heads, mask, norm, epsilon, {}) * mask[:, :, None]


def second_residual_from_the_normed(X, p, heads, mask, norm, epsilon):
    """Your attention is right, and so is "post". In "pre", to what is the result of your feed-forward network added?"""
    return encoder(X, p, heads, mask, norm, epsilon, {"from the normed": ("network",)})


def no_second_norm_in_pre(X, p, heads, mask, norm, epsilon):
    """Your "post" is right. In "pre" your feed-forward network reads x itself. What does it read?"""
    return encoder(X, p, heads, mask, norm, epsilon, {"not normed": ("network",) if norm == "pre" else ()})


encoder_block = [pre_and_post_exchanged, always_pre, always_post, residual_from_the_normed, no_residual,
                 no_residual_at_the_network, no_residual_at_the_attention, second_residual_from_the_start, side_by_side,
                 first_norm_twice, norms_exchanged, network_first, no_norms, no_norm_at_the_network, norm_of_the_old,
                 norm_of_the_change, keys_not_normed, everything_visible, mask_without_axis, mask_turned_round, queries_masked,
                 causal_encoder, causal_without_mask, one_head, epsilon_of_torch, normed_at_the_end, attention_alone,
                 network_alone, padding_asks_nobody, padding_cleared, second_residual_from_the_normed,
                 no_second_norm_in_pre]


def decoder(Z, H, p, heads, source_mask, epsilon, changes):
    """A decoder block that is right in what ``changes`` does not name."""
    M, start = Z.shape[1], Z
    mask = changes.get("source mask", lambda mask: mask[:, None, :])(source_mask)
    weights = changes.get("weights", {"self": "self", "cross": "cross"})

    def cross(x):
        x = start if changes.get("asks the start") else x
        if changes.get("exchanged"):
            return looked_at(H, x, p["cross"], heads, np.ones((1, 1, M), bool))
        keys = H if changes.get("keys") is None else changes["keys"](x)
        values = H if changes.get("values") is None else changes["values"](x)
        return looked_at(x, keys, p[weights["cross"]], heads, mask, values)

    steps = {"self": lambda x: looked_at(x, x, p[weights["self"]], heads, changes.get("causal", causal)(M)),
             "cross": cross, "network": lambda x: 0 if changes.get("idle") else two_layers(x, *p["feed_forward"], rectified)}
    names = changes.get("norms", {"self": "norm_1", "cross": "norm_2", "network": "norm_3"})
    for f in changes.get("order", ("self", "cross", "network")):
        really = f not in changes.get("not normed", ())

        def norms(x, name=names[f], really=really):
            return normalised(x, -1, changes.get("epsilon", epsilon)) * p[name][0] + p[name][1] if really else x

        kept = f not in changes.get("not kept", ())
        if changes.get("pre"):
            Z = Z + steps[f](norms(Z))
        elif changes.get("norm of f"):
            Z = Z + norms(steps[f](Z))
        else:
            Z = norms((start if f in changes.get("from the start", ()) else Z) * kept + steps[f](Z))
    return Z


def cross_before_self(Z, H, p, heads, source_mask, epsilon):
    """Your decoder reads the source before it looks at its own words. Which attention comes first?"""
    return decoder(Z, H, p, heads, source_mask, epsilon, {"order": ("cross", "self", "network")})


def cross_before_self_norms_in_order(Z, H, p, heads, source_mask, epsilon):
    """Your decoder reads the source first, with norm_1. Which attention comes first?"""
    return decoder(Z, H, p, heads, source_mask, epsilon, {"order": ("cross", "self", "network"),
                                                          "norms": {"cross": "norm_1", "self": "norm_2", "network": "norm_3"}})


def future_seen(Z, H, p, heads, source_mask, epsilon):
    """Your words look at words that come later. What will stand there when the translation is being written?"""
    return decoder(Z, H, p, heads, source_mask, epsilon, {"causal": lambda M: np.ones((M, M), bool)})


def past_hidden(Z, H, p, heads, source_mask, epsilon):
    """Your words look at themselves and at words that come later. Which triangle did you take?"""
    return decoder(Z, H, p, heads, source_mask, epsilon, {"causal": lambda M: causal(M).T})


def not_at_itself(Z, H, p, heads, source_mask, epsilon):
    """Your words do not look at themselves, and the first one at nothing at all. Whom may word i look at?"""
    return decoder(Z, H, p, heads, source_mask, epsilon, {"causal": lambda M: np.tri(M, k=-1, dtype=bool)})


def only_at_itself(Z, H, p, heads, source_mask, epsilon):
    """Each of your words looks at itself alone. Whom else may it look at?"""
    return decoder(Z, H, p, heads, source_mask, epsilon, {"causal": lambda M: np.eye(M, dtype=bool)})


def source_also_causal(Z, H, p, heads, source_mask, epsilon):
    """Your word i looks at the first words of its source only, up to i. Is any part of the source in the future?"""
    M, N = Z.shape[1], H.shape[1]
    seen = np.tri(M, N, dtype=bool)
    return decoder(Z, H, p, heads, source_mask, epsilon, {"source mask": lambda mask: mask[:, None, :] & seen})


def padding_of_the_source_seen(Z, H, p, heads, source_mask, epsilon):
    """Your decoder looks at places of the source that were filled up. What is the mask for?"""
    return decoder(Z, H, p, heads, source_mask, epsilon, {"source mask": lambda mask: np.ones((1, 1, mask.shape[1]), bool)})


def source_mask_without_axis(Z, H, p, heads, source_mask, epsilon):
    """You handed the source's mask on as it is. To `attend`, a mask of two axes has queries and keys; where do the texts stand
    in yours?"""
    return decoder(Z, H, p, heads, source_mask, epsilon, {"source mask": lambda mask: mask})


def source_mask_turned_round(Z, H, p, heads, source_mask, epsilon):
    """Your decoder looks only at places of the source that were filled up. What does `True` say in this mask?"""
    return decoder(Z, H, p, heads, source_mask, epsilon, {"source mask": lambda mask: ~mask[:, None, :]})


def keys_of_its_own(Z, H, p, heads, source_mask, epsilon):
    """Your function gives the same for every source: the second attention has keys and values from the translation. Who answers
    in cross-attention?"""
    M = Z.shape[1]
    return decoder(Z, H, p, heads, source_mask, epsilon, {"keys": lambda x: x, "values": lambda x: x,
                                                          "source mask": lambda mask: np.ones((1, 1, M), bool)})


def causal_keys_of_its_own(Z, H, p, heads, source_mask, epsilon):
    """Your function gives the same for every source: both of your attentions are masked self-attentions. Who answers in
    cross-attention?"""
    M = Z.shape[1]
    return decoder(Z, H, p, heads, source_mask, epsilon, {"keys": lambda x: x, "values": lambda x: x,
                                                          "source mask": lambda mask: causal(M)})


def roles_exchanged(Z, H, p, heads, source_mask, epsilon):
    """In your cross-attention the source asks and the translation answers. Who asks?"""
    return decoder(Z, H, p, heads, source_mask, epsilon, {"exchanged": True})


def no_cross_attention(Z, H, p, heads, source_mask, epsilon):
    """Your function gives the same for every source. Which step is missing?"""
    return decoder(Z, H, p, heads, source_mask, epsilon, {"order": ("self", "network")})


def no_self_attention(Z, H, p, heads, source_mask, epsilon):
    """Your words do not look at the words before them. Which step is missing?"""
    return decoder(Z, H, p, heads, source_mask, epsilon, {"order": ("cross", "network")})


def no_network(Z, H, p, heads, source_mask, epsilon):
    """Your block ends with the cross-attention. What follows?"""
    return decoder(Z, H, p, heads, source_mask, epsilon, {"order": ("self", "cross")})


def network_between(Z, H, p, heads, source_mask, epsilon):
    """Your feed-forward network comes before the cross-attention. In which order do the three steps come?"""
    return decoder(Z, H, p, heads, source_mask, epsilon, {"order": ("self", "network", "cross")})


def no_residual_at_the_cross_attention(Z, H, p, heads, source_mask, epsilon):
    """After your cross-attention nothing of the translation itself is left. To what is its result added?"""
    return decoder(Z, H, p, heads, source_mask, epsilon, {"not kept": ("cross",)})


def no_residual_at_the_self_attention(Z, H, p, heads, source_mask, epsilon):
    """Your first step has no residual. To what is the result of the attention added?"""
    return decoder(Z, H, p, heads, source_mask, epsilon, {"not kept": ("self",)})


def no_residual_at_the_last_step(Z, H, p, heads, source_mask, epsilon):
    """Your feed-forward network has no residual. To what is its result added?"""
    return decoder(Z, H, p, heads, source_mask, epsilon, {"not kept": ("network",)})


def no_residuals(Z, H, p, heads, source_mask, epsilon):
    """None of your three steps has a residual. To what is each result added?"""
    return decoder(Z, H, p, heads, source_mask, epsilon, {"not kept": ("self", "cross", "network")})


def residuals_from_the_start(Z, H, p, heads, source_mask, epsilon):
    """All your residuals add the Z of the very beginning. What is Z once the first step is done?"""
    return decoder(Z, H, p, heads, source_mask, epsilon, {"from the start": ("cross", "network")})


def start_asks(Z, H, p, heads, source_mask, epsilon):
    """Your queries to the source come from the Z of the very beginning. What is Z once the first step is done?"""
    return decoder(Z, H, p, heads, source_mask, epsilon, {"asks the start": True})


def pre_norm(Z, H, p, heads, source_mask, epsilon):
    """You normed what each step reads. Where do the norms stand here, before or behind the residual?"""
    return decoder(Z, H, p, heads, source_mask, epsilon, {"pre": True})


def no_norm_in_the_decoder(Z, H, p, heads, source_mask, epsilon):
    """You normed nothing. Where does an LN stand in each step?"""
    return decoder(Z, H, p, heads, source_mask, epsilon, {"not normed": ("self", "cross", "network")})


def normed_at_the_end_only(Z, H, p, heads, source_mask, epsilon):
    """You normed once, at the end. How many of the three steps have an LN?"""
    return decoder(Z, H, p, heads, source_mask, epsilon, {"not normed": ("self", "cross")})


def no_norm_at_the_cross_attention(Z, H, p, heads, source_mask, epsilon):
    """Your first and last step have their LN. What about the cross-attention?"""
    return decoder(Z, H, p, heads, source_mask, epsilon, {"not normed": ("cross",)})


def first_norm_everywhere(Z, H, p, heads, source_mask, epsilon):
    """Your function gives the same for every norm_2 and norm_3. What are they for?"""
    return decoder(Z, H, p, heads, source_mask, epsilon, {"norms": {"self": "norm_1", "cross": "norm_1", "network": "norm_1"}})


def own_weights_for_both(Z, H, p, heads, source_mask, epsilon):
    """Both of your attentions have the weights of "self". Which ones has the cross-attention?"""
    return decoder(Z, H, p, heads, source_mask, epsilon, {"weights": {"self": "self", "cross": "self"}})


def weights_of_the_other(Z, H, p, heads, source_mask, epsilon):
    """Your two attentions have each other's weights. Which ones belong to the cross-attention?"""
    return decoder(Z, H, p, heads, source_mask, epsilon, {"weights": {"self": "cross", "cross": "self"}})


def one_head_in_the_decoder(Z, H, p, heads, source_mask, epsilon):
    """Your function gives the same for any number of heads. Where do they come in?"""
    return decoder(Z, H, p, 1, source_mask, epsilon, {})


def epsilon_of_torch_in_the_decoder(Z, H, p, heads, source_mask, epsilon):
    """Your ε is always 10⁻⁵. What is the last argument for?"""
    return decoder(Z, H, p, heads, source_mask, epsilon, {"epsilon": 1e-5})


def values_of_its_own(Z, H, p, heads, source_mask, epsilon):
    """In your cross-attention the keys come from the source, but the values from the translation. Whose vectors are
    averaged?"""
    return decoder(Z, H, p, heads, source_mask, epsilon, {"values": lambda x: x})


def norms_of_the_changes(Z, H, p, heads, source_mask, epsilon):
    """You normed what each step gives, before it is added. Of what is LN taken?"""
    return decoder(Z, H, p, heads, source_mask, epsilon, {"norm of f": True})


def mask_of_what_is_hidden(Z, H, p, heads, source_mask, epsilon):
    """Your words look only at words that come later, and the last one at nothing. Does `True` mean hidden here, or visible?"""
    return decoder(Z, H, p, heads, source_mask, epsilon, {"causal": lambda M: ~causal(M)})


def third_norm_never_used(Z, H, p, heads, source_mask, epsilon):
    """Your function gives the same for every norm_3. Which step is it for?"""
    return decoder(Z, H, p, heads, source_mask, epsilon, {"norms": {"self": "norm_1", "cross": "norm_2", "network": "norm_2"}})


def second_norm_never_used(Z, H, p, heads, source_mask, epsilon):
    """Your function gives the same for every norm_2, since norm_1 is used twice. Which step is norm_2 for?"""
    return decoder(Z, H, p, heads, source_mask, epsilon, {"norms": {"self": "norm_1", "cross": "norm_1", "network": "norm_3"}})


def later_norms_exchanged(Z, H, p, heads, source_mask, epsilon):
    """You exchanged norm_2 and norm_3. Which one belongs to the cross-attention?"""
    return decoder(Z, H, p, heads, source_mask, epsilon, {"norms": {"self": "norm_1", "cross": "norm_3", "network": "norm_2"}})


def normed_without_network(Z, H, p, heads, source_mask, epsilon):
    """Your third step norms what the cross-attention left, and nothing is added to it. Which network is missing?"""
    return decoder(Z, H, p, heads, source_mask, epsilon, {"idle": True})


def network_between_norms_in_order(Z, H, p, heads, source_mask, epsilon):
    """Your feed-forward network comes before the cross-attention, with norm_2. In which order do the three steps come?"""
    return decoder(Z, H, p, heads, source_mask, epsilon, {"order": ("self", "network", "cross"),
                                                          "norms": {"self": "norm_1", "network": "norm_2", "cross": "norm_3"}})


def cross_residual_from_the_start(Z, H, p, heads, source_mask, epsilon):
    """Your cross-attention is added to the Z of the very beginning. What is Z once the first step is done?"""
    return decoder(Z, H, p, heads, source_mask, epsilon, {"from the start": ("cross",)})


decoder_block = [cross_before_self, cross_before_self_norms_in_order, future_seen, past_hidden, not_at_itself, only_at_itself,
                 source_also_causal, padding_of_the_source_seen, source_mask_without_axis, source_mask_turned_round,
                 keys_of_its_own, causal_keys_of_its_own, roles_exchanged, no_cross_attention, no_self_attention, no_network,
                 network_between, no_residual_at_the_cross_attention, no_residual_at_the_self_attention,
                 no_residual_at_the_last_step, no_residuals, residuals_from_the_start, start_asks, pre_norm,
                 no_norm_in_the_decoder, normed_at_the_end_only, no_norm_at_the_cross_attention, first_norm_everywhere,
                 own_weights_for_both, weights_of_the_other, one_head_in_the_decoder, epsilon_of_torch_in_the_decoder,
                 values_of_its_own, norms_of_the_changes, mask_of_what_is_hidden, third_norm_never_used, second_norm_never_used,
                 later_norms_exchanged, normed_without_network, network_between_norms_in_order, cross_residual_from_the_start]


# Question 8: from vectors to words

def logarithms(Z, axis=-1):
    """Z minus the logarithm of the sum of its exponentials."""
    Z = Z - Z.max(axis=axis, keepdims=True)
    return Z - np.log(np.exp(Z).sum(axis=axis, keepdims=True))


def nearest(Y, E):
    """Your best word is the one whose row is nearest to ŷ. Does a long row have an advantage in a dot product?"""
    return logarithms(-((Y[:, None, :] - E) ** 2).sum(axis=-1))


def nearest_without_square(Y, E):
    """Your scores are distances from ŷ. Is it the nearest row that is asked for, or the one with the greatest dot product?"""
    return logarithms(-np.sqrt(((Y[:, None, :] - E) ** 2).sum(axis=-1)))


def cosines(Y, E):
    """Your scores are cosines. Is a dot product divided by lengths?"""
    lengths = np.linalg.norm(Y, axis=1)[:, None] * np.linalg.norm(E, axis=1)
    return logarithms(Y @ E.T / lengths)


def over_the_places(Y, E):
    """Your probabilities of one word at all places sum to 1. Over what do they sum to 1 at one place?"""
    return logarithms(Y @ E.T, axis=0)


def over_all_at_once(Y, E):
    """All your probabilities together sum to 1. How many distributions are asked for?"""
    return logarithms(Y @ E.T, axis=None)


def table_not_transposed(Y, E):
    """You multiplied ŷ by E as it is. Which axis of E are the words?"""
    return logarithms(Y @ E)


def scaled_scores(Y, E):
    """You divided the scores by √d. Is this attention?"""
    return logarithms(Y @ E.T / np.sqrt(E.shape[1]))


def no_softmax(Y, E):
    """These are the scores. What makes a distribution of them?"""
    return Y @ E.T


def probabilities(Y, E):
    """These are probabilities. What is asked for?"""
    return np.exp(logarithms(Y @ E.T))


def losses(Y, E):
    """Your numbers have the other sign. Can ln p be greater than 0?"""
    return -logarithms(Y @ E.T)


def base_two(Y, E):
    """Your logarithms are to base 2. Which ones are natural?"""
    return logarithms(Y @ E.T) / np.log(2)


def too_large_for_exp(Y, E):
    """Your function is right for small scores. What is e^1000, and what does the computer make of ∞/∞?"""
    with np.errstate(all="ignore"):
        e = np.exp(Y @ E.T)
        return np.log(e / e.sum(axis=-1, keepdims=True))


def zero_for_small(Y, E):
    """Your function takes the logarithm of probabilities that the computer has made 0. How do you get ln p without p?"""
    Z = Y @ E.T
    e = np.exp(Z - Z.max(axis=-1, keepdims=True))
    with np.errstate(all="ignore"):
        return np.log(e / e.sum(axis=-1, keepdims=True))


def something_added(Y, E):
    """Your function adds a small number before it takes the logarithm. How do you get ln p without p?"""
    Z = Y @ E.T
    e = np.exp(Z - Z.max(axis=-1, keepdims=True))
    return np.log(e / e.sum(axis=-1, keepdims=True) + 1e-9)


def best_subtracted(Y, E):
    """You took the greatest score away and stopped there. What has to be taken away for probabilities that sum to 1?"""
    Z = Y @ E.T
    return Z - Z.max(axis=-1, keepdims=True)


def words_as_rows(Y, E):
    """Your words stand in rows. On which axis are the places to be?"""
    return logarithms(Y @ E.T).T


def divided_by_the_sum(Y, E):
    """You divided the scores by their sum. What is done with a score first, so that it cannot be negative?"""
    Z = Y @ E.T
    with np.errstate(all="ignore"):
        return np.log(Z / Z.sum(axis=-1, keepdims=True))


def last_place(Y, E):
    """You have one distribution, that of the last place. How many places are there?"""
    return logarithms(Y @ E.T)[-1]


def table_normed(Y, E):
    """You gave all rows of E the length 1. What does the length of a row do to its score?"""
    return logarithms(Y @ (E / np.linalg.norm(E, axis=1, keepdims=True)).T)


def one_greatest_for_all(Y, E):
    """You took the greatest score of all places away from every place. What is left where all scores are far below it?"""
    Z = Y @ E.T
    Z = Z - Z.max()
    with np.errstate(all="ignore"):
        return Z - np.log(np.exp(Z).sum(axis=-1, keepdims=True))


def sum_too_large(Y, E):
    """Your function is right for small scores. What is the logarithm of a sum in which e^1000 stands, to a computer?"""
    Z = Y @ E.T
    with np.errstate(all="ignore"):
        return Z - np.log(np.exp(Z).sum(axis=-1, keepdims=True))


def something_tiny_added(Y, E):
    """Your function adds 10⁻¹² before it takes the logarithm. How do you get ln p without p?"""
    Z = Y @ E.T
    e = np.exp(Z - Z.max(axis=-1, keepdims=True))
    return np.log(e / e.sum(axis=-1, keepdims=True) + 1e-12)


def one_sum_for_all(Y, E):
    """You divided by one sum, that of all places. Whose exponentials are added up for the distribution at one place?"""
    Z = Y @ E.T
    Z = Z - Z.max(axis=-1, keepdims=True)
    return Z - np.log(np.exp(Z).sum())


def sum_in_base_two(Y, E):
    """You took the logarithm of the sum to base 2. Which logarithm is natural?"""
    Z = Y @ E.T
    Z = Z - Z.max(axis=-1, keepdims=True)
    return Z - np.log2(np.exp(Z).sum(axis=-1, keepdims=True))


next_token_log_probabilities = [nearest, nearest_without_square, cosines, over_the_places, over_all_at_once,
                                table_not_transposed, scaled_scores, no_softmax, probabilities, losses, base_two,
                                too_large_for_exp, zero_for_small, something_added, best_subtracted, words_as_rows,
                                divided_by_the_sum, last_place, table_normed, one_greatest_for_all, sum_too_large,
                                something_tiny_added, one_sum_for_all, sum_in_base_two]


# Question 9: how many numbers

def counted(V, d, layers, heads, d_ff, tied, changes):
    """The sum of all parts, some of them changed."""
    parts = {"embedding": V * d, "maps": 4 * d * d, "their biases": 4 * d, "network": 2 * d * d_ff, "its biases": d_ff + d,
             "norms": 4 * d, "last norm": 2 * d, "output": 0 if tied else V * d, "more": 0, "layers": layers} | changes
    block = sum(parts[name] for name in ("maps", "their biases", "network", "its biases", "norms"))
    return parts["embedding"] + parts["layers"] * block + parts["last norm"] + parts["output"] + parts["more"]


def times_heads(V, d, layers, heads, d_ff, tied):
    """You counted the attention's matrices once for each head. How many columns of a (d, d) matrix belong to one head?"""
    return counted(V, d, layers, heads, d_ff, tied, {"maps": 4 * d * d * heads, "their biases": 4 * d * heads})


def three_times_heads(V, d, layers, heads, d_ff, tied):
    """You counted W_q, W_k and W_v once for each head. How many columns of a (d, d) matrix belong to one head?"""
    return counted(V, d, layers, heads, d_ff, tied, {"maps": (3 * heads + 1) * d * d, "their biases": (3 * heads + 1) * d})


def one_head_counted(V, d, layers, heads, d_ff, tied):
    """You counted the queries, keys and values of one head. How many heads are there?"""
    rows = 3 * (d // heads) + d
    return counted(V, d, layers, heads, d_ff, tied, {"maps": rows * d, "their biases": rows})


def no_output_map(V, d, layers, heads, d_ff, tied):
    """A matrix of the attention is missing, with its bias. What mixes the heads once they stand side by side?"""
    return counted(V, d, layers, heads, d_ff, tied, {"maps": 3 * d * d, "their biases": 3 * d})


def no_output_matrix_but_its_bias(V, d, layers, heads, d_ff, tied):
    """One of the attention's four matrices is missing. What mixes the heads once they stand side by side?"""
    return counted(V, d, layers, heads, d_ff, tied, {"maps": 3 * d * d})


def no_biases_at_all(V, d, layers, heads, d_ff, tied):
    """The biases of the linear maps are missing. How many has each?"""
    return counted(V, d, layers, heads, d_ff, tied, {"their biases": 0, "its biases": 0})


def no_biases_in_the_attention(V, d, layers, heads, d_ff, tied):
    """The biases of the attention are missing. How many has each of its maps?"""
    return counted(V, d, layers, heads, d_ff, tied, {"their biases": 0})


def no_biases_in_the_network(V, d, layers, heads, d_ff, tied):
    """The biases of the feed-forward network are missing. How many has each of its layers?"""
    return counted(V, d, layers, heads, d_ff, tied, {"its biases": 0})


def d_biases_in_the_network(V, d, layers, heads, d_ff, tied):
    """Both layers of your feed-forward network have d biases. How many hidden numbers does the first one make?"""
    return counted(V, d, layers, heads, d_ff, tied, {"its biases": 2 * d})


def network_of_one_layer(V, d, layers, heads, d_ff, tied):
    """You counted one matrix of the feed-forward network. What leads back from d_ff to d?"""
    return counted(V, d, layers, heads, d_ff, tied, {"network": d * d_ff})


def four_times_as_wide(V, d, layers, heads, d_ff, tied):
    """Your function gives the same for every d_ff. Is it always 4d?"""
    return counted(V, d, layers, heads, d_ff, tied, {"network": 8 * d * d, "its biases": 5 * d})


def tied_counted_twice(V, d, layers, heads, d_ff, tied):
    """You counted V·d twice, tied or not. How many matrices are there if one has two uses?"""
    return counted(V, d, layers, heads, d_ff, tied, {"output": V * d})


def never_an_output(V, d, layers, heads, d_ff, tied):
    """You counted V·d once, tied or not. What has a model that is not tied?"""
    return counted(V, d, layers, heads, d_ff, tied, {"output": 0})


def tied_the_other_way(V, d, layers, heads, d_ff, tied):
    """You counted the output where it is tied, and not where it isn't. What does `True` say?"""
    return counted(V, d, layers, heads, d_ff, tied, {"output": V * d if tied else 0})


def no_norm_counted(V, d, layers, heads, d_ff, tied):
    """No LayerNorm is counted. What does it learn?"""
    return counted(V, d, layers, heads, d_ff, tied, {"norms": 0, "last norm": 0})


def norms_without_bias(V, d, layers, heads, d_ff, tied):
    """Each of your LayerNorms has d numbers. What has it beside the gain?"""
    return counted(V, d, layers, heads, d_ff, tied, {"norms": 2 * d, "last norm": d})


def one_norm_a_block(V, d, layers, heads, d_ff, tied):
    """Your blocks have one LayerNorm each. How many steps has a block?"""
    return counted(V, d, layers, heads, d_ff, tied, {"norms": 2 * d})


def no_last_norm(V, d, layers, heads, d_ff, tied):
    """The LayerNorms of the blocks are there. Which one is missing?"""
    return counted(V, d, layers, heads, d_ff, tied, {"last norm": 0})


def norms_of_two_numbers(V, d, layers, heads, d_ff, tied):
    """Each of your LayerNorms has two numbers. How many features have a gain and a bias of their own?"""
    return counted(V, d, layers, heads, d_ff, tied, {"norms": 4, "last norm": 2})


def output_with_bias(V, d, layers, heads, d_ff, tied):
    """There are V numbers too many. Has the output a bias?"""
    return counted(V, d, layers, heads, d_ff, tied, {"more": V})


def one_block(V, d, layers, heads, d_ff, tied):
    """You counted one block. How many are there?"""
    return counted(V, d, layers, heads, d_ff, tied, {"layers": 1})


def everything_in_every_layer(V, d, layers, heads, d_ff, tied):
    """You multiplied everything by the number of blocks. Which parts are there only once?"""
    return layers * counted(V, d, 1, heads, d_ff, tied, {})


def no_embedding(V, d, layers, heads, d_ff, tied):
    """The embedding is missing. How many numbers has it?"""
    return counted(V, d, layers, heads, d_ff, tied, {"embedding": 0})


def blocks_only(V, d, layers, heads, d_ff, tied):
    """You counted the blocks. What stands before them and behind them?"""
    return counted(V, d, layers, heads, d_ff, tied, {"embedding": 0, "output": 0, "last norm": 0})


def with_cross_attention(V, d, layers, heads, d_ff, tied):
    """Your blocks have two attentions. Which source would a decoder-only model look at?"""
    return counted(V, d, layers, heads, d_ff, tied, {"maps": 8 * d * d, "their biases": 8 * d})


def all_four_of_one_head(V, d, layers, heads, d_ff, tied):
    """You divided all four matrices of the attention by the number of heads. How many columns have all heads together?"""
    return counted(V, d, layers, heads, d_ff, tied, {"maps": 4 * d * d // heads})


def output_with_bias_of_its_own(V, d, layers, heads, d_ff, tied):
    """Where it is not tied, your output has a bias. Has it one here?"""
    return counted(V, d, layers, heads, d_ff, tied, {"more": 0 if tied else V})


parameter_count = [times_heads, three_times_heads, one_head_counted, no_output_map, no_output_matrix_but_its_bias,
                   no_biases_at_all, no_biases_in_the_attention, no_biases_in_the_network, d_biases_in_the_network,
                   network_of_one_layer, four_times_as_wide, tied_counted_twice, never_an_output, tied_the_other_way,
                   no_norm_counted, norms_without_bias, one_norm_a_block, no_last_norm, norms_of_two_numbers, output_with_bias,
                   one_block, everything_in_every_layer, no_embedding, blocks_only, with_cross_attention, all_four_of_one_head,
                   output_with_bias_of_its_own]


# Question 10: Table 1

def layers_of_a_convolution(n, k):
    layers = 1
    while k**layers < n:
        layers += 1
    return layers


def row(kind, n, d, k, r, changes):
    """A row of the table, with what ``changes`` has at a kind in the place of what is right there; None leaves it."""
    rows = {"self-attention": (n * n * d, 1, 1), "recurrent": (n * d * d, n, n),
            "convolutional": (k * n * d * d, 1, layers_of_a_convolution(n, k)), "restricted": (r * n * d, 1, -(-n // r))}
    return tuple(right if other is None else other
                 for right, other in zip(rows[kind], changes.get(kind, (None, None, None)), strict=True))


def sizes_exchanged(kind, n, d, k, r):
    """You took n for d and d for n. Which of them counts words?"""
    return row(kind, d, n, k, r, {})


def operations_with_n_and_d_exchanged(kind, n, d, k, r):
    """In your operations n and d have changed places. Which layers compare every word with every word?"""
    return (row(kind, d, n, k, r, {})[0], *row(kind, n, d, k, r, {})[1:])


def kernel_and_window_exchanged(kind, n, d, k, r):
    """You took k for r and r for k. Which of them belongs to the convolution?"""
    return row(kind, n, d, k, max(r, 2) if kind == "convolutional" else r, {}) if kind in ("self-attention", "recurrent") else (
        row(kind, n, d, r, k, {}) if r > 1 else row(kind, n, d, 2, k, {}))


def recurrent_all_at_once(kind, n, d, k, r):
    """Your recurrent layer has one sequential operation. What does a state wait for?"""
    return row(kind, n, d, k, r, {"recurrent": (None, 1, None)})


def recurrent_at_a_step(kind, n, d, k, r):
    """Your recurrent layer reaches from the first word to the last in one step. How often is a state handed on?"""
    return row(kind, n, d, k, r, {"recurrent": (None, None, 1)})


def recurrent_one_step_less(kind, n, d, k, r):
    """The path of your recurrent layer is n − 1. Which number does the table have?"""
    return row(kind, n, d, k, r, {"recurrent": (None, None, n - 1)})


def convolution_word_by_word(kind, n, d, k, r):
    """The path of your convolution is n/k, rounded up. By what does each further layer multiply what is seen, or does it
    add?"""
    return row(kind, n, d, k, r, {"convolutional": (None, None, -(-n // k))})


def convolution_at_once(kind, n, d, k, r):
    """The path of your convolution is always 1. How many words does one layer see?"""
    return row(kind, n, d, k, r, {"convolutional": (None, None, 1)})


def logarithm_in_floats(kind, n, d, k, r):
    """Some of your convolutions have one layer too many. What is `math.log(125, 5)` to a computer, and what is it rounded
    up?"""
    return row(kind, n, d, k, r, {"convolutional": (None, None, max(1, math.ceil(math.log(n, k))))})


def logarithm_rounded_down(kind, n, d, k, r):
    """You rounded the logarithm down. Do so many layers see all n words?"""
    layers = layers_of_a_convolution(n, k)
    return row(kind, n, d, k, r, {"convolutional": (None, None, max(1, layers if k**layers == n else layers - 1))})


def logarithm_not_rounded(kind, n, d, k, r):
    """The path of your convolution is not a whole number. How many layers does it take?"""
    return row(kind, n, d, k, r, {"convolutional": (None, None, math.log(n, k))})


def logarithm_to_base_two(kind, n, d, k, r):
    """The path of your convolution is a logarithm to base 2. How many times as many words does each layer see?"""
    return row(kind, n, d, k, r, {"convolutional": (None, None, layers_of_a_convolution(n, 2))})


def one_layer_more_than_needed(kind, n, d, k, r):
    """Where kᴸ is n exactly, your convolution has one layer more. Is it kᴸ ≥ n or kᴸ > n?"""
    layers = layers_of_a_convolution(n, k)
    return row(kind, n, d, k, r, {"convolutional": (None, None, layers + (k**layers == n))})


def kernel_left_out(kind, n, d, k, r):
    """The operations of your convolution do not depend on k. How many words does it multiply for each word?"""
    return row(kind, n, d, k, r, {"convolutional": (n * d * d, None, None)})


def convolution_with_d(kind, n, d, k, r):
    """The operations of your convolution are k·n·d. How many numbers lead from d features to d features?"""
    return row(kind, n, d, k, r, {"convolutional": (k * n * d, None, None)})


def restricted_with_all_words(kind, n, d, k, r):
    """The operations of your restricted self-attention are n²·d. With how many words is each compared?"""
    return row(kind, n, d, k, r, {"restricted": (n * n * d, None, None)})


def restricted_with_squared_window(kind, n, d, k, r):
    """The operations of your restricted self-attention are r²·d. For how many words are they done?"""
    return row(kind, n, d, k, r, {"restricted": (r * r * d, None, None)})


def restricted_at_once(kind, n, d, k, r):
    """The path of your restricted self-attention is always 1. How many words does one layer see?"""
    return row(kind, n, d, k, r, {"restricted": (None, None, 1)})


def restricted_rounded_down(kind, n, d, k, r):
    """You rounded n/r down. Do so many layers see all n words?"""
    return row(kind, n, d, k, r, {"restricted": (None, None, max(1, n // r))})


def restricted_not_rounded(kind, n, d, k, r):
    """The path of your restricted self-attention is not a whole number. How many layers does it take?"""
    return row(kind, n, d, k, r, {"restricted": (None, None, n / r)})


def restricted_one_more(kind, n, d, k, r):
    """Where r divides n, your restricted self-attention has one layer more. What is n/r rounded up?"""
    return row(kind, n, d, k, r, {"restricted": (None, None, n // r + 1)})


def restricted_as_a_power(kind, n, d, k, r):
    """Your restricted self-attention sees r times as many words with each layer. Does each layer multiply, or add r?"""
    return row(kind, n, d, k, r, {"restricted": (None, None, layers_of_a_convolution(n, r) if r > 1 else n)})


def every_layer_waits(kind, n, d, k, r):
    """All your layers have n sequential operations. Which one has to wait for the word before?"""
    operations, _, path = row(kind, n, d, k, r, {})
    return operations, n, path


def projections_included(kind, n, d, k, r):
    """You also counted queries, keys and values. Does the table?"""
    operations, waiting, path = row(kind, n, d, k, r, {})
    return operations + (3 * n * d * d if kind in ("self-attention", "restricted") else 0), waiting, path


def self_attention_as_long_as_the_text(kind, n, d, k, r):
    """The path of your self-attention is n. How many layers lie between the first word and the last?"""
    return row(kind, n, d, k, r, {"self-attention": (None, None, n)})


def path_before_waiting(kind, n, d, k, r):
    """Your second and third number have changed places. Which comes first, sequential operations or path?"""
    operations, waiting, path = row(kind, n, d, k, r, {})
    return operations, path, waiting


def both_rounded_down(kind, n, d, k, r):
    """You rounded both paths down. Do so many layers see all n words?"""
    return row(kind, n, d, k, r, {"convolutional": (None, None, int(math.log(n, k))), "restricted": (None, None, n // r)})


def both_rounded_to_the_nearest(kind, n, d, k, r):
    """You rounded both paths to the nearest whole number. Do so many layers see all n words?"""
    layers = round(math.log(n, k))
    return row(kind, n, d, k, r, {"convolutional": (None, None, layers), "restricted": (None, None, round(n / r))})


def both_not_rounded(kind, n, d, k, r):
    """Your paths are not whole numbers. How many layers does it take?"""
    return row(kind, n, d, k, r, {"convolutional": (None, None, math.log(n, k)), "restricted": (None, None, n / r)})


layer_cost = [sizes_exchanged, operations_with_n_and_d_exchanged, kernel_and_window_exchanged, recurrent_all_at_once,
              recurrent_at_a_step, recurrent_one_step_less, convolution_word_by_word, convolution_at_once, logarithm_in_floats,
              logarithm_rounded_down, logarithm_not_rounded, logarithm_to_base_two, one_layer_more_than_needed,
              kernel_left_out, convolution_with_d, restricted_with_all_words, restricted_with_squared_window,
              restricted_at_once, restricted_rounded_down, restricted_not_rounded, restricted_one_more, restricted_as_a_power,
              every_layer_waits, projections_included, self_attention_as_long_as_the_text, path_before_waiting,
              both_rounded_down,both_rounded_to_the_nearest, both_not_rounded]


# Question 11: the longest chain

def neighbours(edges):
    """The nodes after each node, in the order of the edges, each once."""
    after = {}
    for u, v in edges:
        if v not in after.setdefault(u, []):
            after[u].append(v)
    return after


def chain(edges, start, end, pick, dead_end):
    """Nodes on a way from start to the end, where ``pick`` chooses among the ways; None where there is none.

    dead_end: what stands at a node from which no way leads to the end.
    """
    after, found = neighbours(edges), {end: 1}

    def count(node):
        if node not in found:
            ways = [way for way in map(count, after.get(node, [])) if way is not None]
            found[node] = 1 + pick(ways) if ways else dead_end
        return found[node]

    return count(start)


def everything(edges, *more):
    return dict.fromkeys([*more, *(node for edge in edges for node in edge)])


def reached(edges, start):
    """The nodes to which a way leads from the start, itself among them."""
    after, found, waiting = neighbours(edges), {start}, [start]
    while waiting:
        for node in after.get(waiting.pop(), []):
            if node not in found:
                found.add(node)
                waiting.append(node)
    return found


def turned_round(edges):
    return [(v, u) for u, v in edges]


def lengths(edges, end):
    """For every node that leads to the end the nodes on its longest way there."""
    after, found = neighbours(edges), {end: 1}

    def count(node):
        if node not in found:
            found[node] = max(map(count, after.get(node, [])), default=-math.inf) + 1
        return found[node]

    return {node: count(node) for node in everything(edges, end) if count(node) > 0}


def all_nodes(edges, start, end):
    """You counted all nodes of the graph. Which of them stand on one way?"""
    return len(everything(edges))


def nodes_between(edges, start, end):
    """You counted every node that lies on any way. How many lie on one?"""
    return len(reached(edges, start) & reached(turned_round(edges), end))


def reachable_nodes(edges, start, end):
    """You counted the nodes that can be reached from the start. How many of them stand on one way to the end?"""
    return len(reached(edges, start))


def edges_counted(edges, start, end):
    """You counted the edges of the way. What is counted here?"""
    found = chain(edges, start, end, max, None)
    return 0 if found is None else found - 1


def nodes_inside(edges, start, end):
    """You counted the nodes between start and end. Are those two counted?"""
    found = chain(edges, start, end, max, None)
    return 0 if found is None else max(found - 2, 0)


def end_left_out(edges, start, end):
    """Your numbers are one too small where there is a way of more than one node. Is the end counted?"""
    found = chain(edges, start, end, max, None)
    return 0 if found is None else max(found - 1, 1)


def shortest(edges, start, end):
    """Yours is the shortest way. Which one is asked for?"""
    found = chain(edges, start, end, min, None)
    return 0 if found is None else found


def first_listed(edges, start, end):
    """You took the first way that you found. Which one is asked for?"""
    found = chain(edges, start, end, lambda ways: ways[0], None)
    return 0 if found is None else found


def last_listed(edges, start, end):
    """Of several ways you kept the one that you found last. Which one is asked for?"""
    found = chain(edges, start, end, lambda ways: ways[-1], None)
    return 0 if found is None else found


def dead_ends(edges, start, end):
    """Your ways may stop before the end. Where does a dead end lead?"""
    return chain(edges, start, end, max, 1)


def edges_to_dead_ends(edges, start, end):
    """You counted edges, and a dead end is as good as the end to you. What is counted here, and where does a dead end lead?"""
    return chain(edges, start, end, max, 1) - 1


def dead_ends_of_nothing(edges, start, end):
    """You give a way to the end even to a node from which only a dead end can be reached. What is 1 + 0 there?"""
    return chain(edges, start, end, max, 0)


def seen_once(edges, start, end):
    """You kept the number with which you saw a node first. May a longer way lead there later?"""
    after, found, waiting = neighbours(edges), {start: 1}, [start]
    while waiting:
        u = waiting.pop()
        for v in after.get(u, []):
            if v not in found:
                found[v] = found[u] + 1
                waiting.append(v)
    return found.get(end, 0)


def none_is_minus_one(edges, start, end):
    """Where there is no way, yours is −1. What is asked for?"""
    found = chain(edges, start, end, max, None)
    return -1 if found is None else found


def none_is_infinite(edges, start, end):
    """Where there is no way, yours is −∞. What is asked for?"""
    found = chain(edges, start, end, max, None)
    return -math.inf if found is None else found


def none_is_one(edges, start, end):
    """Where there is no way, yours is 1. What is asked for?"""
    found = chain(edges, start, end, max, None)
    return 1 if found is None else found


def nothing_to_itself(edges, start, end):
    """From a node to itself you count 0. How many nodes stand on that way?"""
    found = chain(edges, start, end, max, None)
    return 0 if found is None or start == end else found


def against_the_arrows(edges, start, end):
    """You went against the arrows. Does an edge (u, v) lead from u to v, or back?"""
    found = chain(turned_round(edges), start, end, max, None)
    return 0 if found is None else found


def in_both_directions(edges, start, end):
    """You exchanged start and end where no way leads forward. What is asked for there?"""
    found = [chain(edges, *ends, max, None) for ends in ((start, end), (end, start))]
    return max((one for one in found if one is not None), default=0)


def anywhere_from_the_start(edges, start, end):
    """Yours is the longest way from the start to anywhere. Where is it to end?"""
    return max(lengths(turned_round(edges), start).values())


def from_anywhere_to_the_end(edges, start, end):
    """Yours is the longest way from anywhere to the end. Where is it to begin?"""
    return max(lengths(edges, end).values())


def in_the_whole_graph(edges, start, end):
    """Your function gives the same for every start and end. Where is the way to begin and to end?"""
    outside = object()
    return max(lengths([*edges, *((node, outside) for node in everything(edges))], outside).values()) - 1


def number_of_ways(edges, start, end):
    """You counted the ways. What is counted here?"""
    after, found = neighbours(edges), {end: 1}

    def count(node):
        if node not in found:
            found[node] = sum(map(count, after.get(node, [])))
        return found[node]

    return count(start)


def once_through_the_edges(edges, start, end):
    """You went through the edges once, in the order in which they are listed. What if an edge is listed before those that lead
    to it?"""
    found = {start: 1}
    for u, v in edges:
        if u in found:
            found[v] = max(found.get(v, 0), found[u] + 1)
    return found.get(end, 0)


def names_expected(edges, start, end):
    """Your function wants `start` and `end` to occur in `edges`. What if one of them is missing there?"""
    after = {node: [] for edge in edges for node in edge}
    if start not in after or end not in after:
        raise KeyError(start if start not in after else end)
    found = chain(edges, start, end, max, None)
    return 0 if found is None else found


def waits_for_the_unreachable(edges, start, end):
    """A node of yours waits for all nodes before it, also for those to which no way leads from the start. Which of them
    count?"""
    after, waiting, found, ready = neighbours(edges), {}, {start: 1}, [start]
    for nodes in after.values():
        for v in nodes:
            waiting[v] = waiting.get(v, 0) + 1
    while ready:
        u = ready.pop()
        for v in after.get(u, []):
            found[v] = max(found.get(v, 0), found[u] + 1)
            waiting[v] -= 1
            if waiting[v] == 0:
                ready.append(v)
    return found.get(end, 0) if waiting.get(end, 0) == 0 or start == end else 0


def ways_by_edge(edges, start, end):
    """Your number depends on how often a pair is listed, since you added up. What is compared where ways meet?"""
    after, found = {}, {end: 1}
    for u, v in edges:
        after.setdefault(u, []).append(v)

    def count(node):
        if node not in found:
            ways = [way for way in map(count, after.get(node, [])) if way]
            found[node] = 1 + sum(ways) if ways else 0
        return found[node]

    return count(start)


longest_chain = [all_nodes, nodes_between, reachable_nodes, edges_counted, nodes_inside, end_left_out, shortest, first_listed,
                 last_listed, dead_ends, dead_ends_of_nothing, seen_once, none_is_minus_one, none_is_infinite, none_is_one,
                 nothing_to_itself, against_the_arrows, in_both_directions, anywhere_from_the_start, from_anywhere_to_the_end,
                 in_the_whole_graph, number_of_ways, once_through_the_edges, names_expected, waits_for_the_unreachable,
                 ways_by_edge, edges_to_dead_ends]


# Question 12: a language model in torch. The grader has no torch and calls these with arrays.

def of_tensors(mistake):
    """The mistake as it is on arrays; called with tensors, as a student's function is, it computes on arrays all the same."""
    @functools.wraps(mistake)
    def either(ids, E, layers, heads):
        if isinstance(E, np.ndarray):
            return mistake(ids, E, layers, heads)
        loss, dE = mistake(np.asarray(ids), np.asarray(E), [tuple(map(np.asarray, layer)) for layer in layers], heads)
        return loss, None if dE is None else E.new_tensor(dE)
    return either


def centred(x, d):
    """LN(x) without gain and bias; x may be complex."""
    x = x - x.mean(axis=-1, keepdims=True)
    return x / np.sqrt((x**2).mean(axis=-1, keepdims=True) + 1e-5)


def shared_out(S):
    e = np.exp(S - S.real.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def gelu(a):
    """a Φ(a) of complex numbers that are next to real."""
    bell, share = np.exp(-a.real**2 / 2) / math.sqrt(2 * math.pi), 0.5 * (1 + np.vectorize(math.erf)(a.real / math.sqrt(2)))
    return a.real * share + 1j * a.imag * (share + a.real * bell)


def of_heads(y, layer, heads, changes):
    """What the attention gives, before W_o."""
    W_q, W_k, W_v = (W.T if changes.get("transposed") else W for W in layer[:3])
    (N, d), outputs = y.shape[-2:], []
    visible = changes.get("visible", causal)(N)
    if "cut" in changes:
        def apart(a):
            if changes["cut"] in ("both", "apart"):
                return a.reshape(*a.shape[:-2], heads, N, -1)
            return np.swapaxes(a.reshape(*a.shape[:-1], heads, -1), -3, -2)

        q, k, v = (apart(y @ W.T) for W in (W_q, W_k, W_v))
        S = np.where(visible, q @ np.swapaxes(k, -1, -2) / math.sqrt(q.shape[-1]), -np.inf)
        out = shared_out(S) @ v
        return (np.swapaxes(out, -3, -2) if changes["cut"] == "apart" else out).reshape(y.shape)
    shares = [slice(None)] if changes.get("one head") else [slice(p * d // heads, (p + 1) * d // heads) for p in range(heads)]
    shares = [slice(p, None, heads) for p in range(heads)] if changes.get("interleaved") else shares
    for part in shares:
        q, k, v = (y @ W[part].T for W in (W_q, W_k, W_v))
        width = changes.get("width", lambda d_k, d: d_k)(q.shape[-1], d)
        S = q @ np.swapaxes(k, -1, -2) / math.sqrt(width)
        if "masked" in changes:
            outputs.append(changes["masked"](S, visible) @ v)
            continue
        with np.errstate(invalid="ignore"):
            outputs.append(shared_out(np.where(visible, S, -np.inf)) @ v)
    out = np.concatenate(outputs, axis=-1)
    if changes.get("interleaved"):
        out[..., np.concatenate([np.arange(d)[part] for part in shares])] = out.copy()
    return out


def prices(ids, E, U, layers, heads, changes):
    """−ln p of each id that is to be predicted; E goes in and U comes out, both may be complex, with axes in front."""
    inputs, targets = changes.get("shift", lambda ids: (ids[:, :-1], ids[:, 1:]))(ids)
    N, d = inputs.shape[1], E.shape[-1]
    norm = changes.get("norm", centred)
    places = changes.get("places", lambda N, d: waves(np.arange(N), d, exponents(d)))(N, d)
    x = E[..., inputs, :] * changes.get("embedding", lambda d: 1)(d) + places
    activation = changes.get("activation", lambda a: a * (a.real > 0))
    for layer in changes.get("layers", lambda layers: layers)(layers):
        W_o, W_1, W_2 = layer[3:]
        W_o = W_o.T if changes.get("transposed") else W_o
        W_o = np.eye(d) if changes.get("no W_o") else W_o
        x = x + changes.get("again", 0) * places
        for step in changes.get("order", ("attention", "network")):
            def f(y, step=step, layer=layer, W_o=W_o, W_1=W_1, W_2=W_2):
                if step == "attention":
                    return of_heads(y, layer, heads, changes) @ W_o.T
                return activation(y @ W_1.T) @ W_2.T

            if changes.get("post"):
                x = norm(x + f(x), d)
            elif step in changes.get("from the normed", ()):
                x = norm(x, d) + f(norm(x, d))
            elif step in changes.get("not normed", ()):
                x = x + f(x)
            else:
                x = (step not in changes.get("not kept", ())) * x + f(norm(x, d))
    z = changes.get("last norm", norm)(x, d) @ np.swapaxes(U, -1, -2)[..., None, :, :]
    z = z / changes.get("divisor", lambda d: 1)(d)
    if changes.get("raw"):
        return -(z * np.eye(E.shape[-2])[targets]).sum(axis=-1)
    p = shared_out(shared_out(z) if changes.get("twice") else z)
    return -np.log((p * np.eye(E.shape[-2])[targets]).sum(axis=-1))


def learned(ids, E, layers, heads, changes):
    """Mean loss and gradient; a derivative is the imaginary part of what a tiny imaginary step makes of the loss."""
    mean = changes.get("mean", lambda costs, ids: costs.mean(axis=(-1, -2)))
    size, d = E.shape
    steps = 1e-30j * np.eye(size * d).reshape(size, d, size, d)
    where = changes.get("gradient", (True, True))
    costs = prices(ids, E + steps * where[0], E + steps * where[1], layers, heads, changes)
    loss = mean(prices(ids, E, E, layers, heads, changes), ids)
    return float(loss.real), mean(costs, ids).imag * 1e30 * changes.get("factor", 1)


@of_tensors
def not_shifted(ids, E, layers, heads):
    """Your model predicts the id that it has just read. By how many places are the targets shifted?"""
    return learned(ids, E, layers, heads, {"shift": lambda ids: (ids, ids)})


@of_tensors
def last_dropped_not_shifted(ids, E, layers, heads):
    """You dropped the last id from inputs and targets alike, so your model predicts what it reads. Which id do the targets
    lack?"""
    return learned(ids, E, layers, heads, {"shift": lambda ids: (ids[:, :-1], ids[:, :-1])})


@of_tensors
def shifted_backwards(ids, E, layers, heads):
    """Your model predicts the id before the one it reads. Which way are the targets shifted?"""
    return learned(ids, E, layers, heads, {"shift": lambda ids: (ids[:, 1:], ids[:, :-1])})


@of_tensors
def shifted_round(ids, E, layers, heads):
    """After the last id your model is to predict the first. What does `roll` do at the end?"""
    return learned(ids, E, layers, heads, {"shift": lambda ids: (ids, np.roll(ids, -1, axis=1))})


@of_tensors
def nothing_hidden(ids, E, layers, heads):
    """Your words see what they are to predict. Which mask is missing?"""
    return learned(ids, E, layers, heads, {"visible": lambda N: np.ones((N, N), bool)})


@of_tensors
def past_hidden_from_all(ids, E, layers, heads):
    """Your words look at themselves and at later ones. Which triangle did you take?"""
    return learned(ids, E, layers, heads, {"visible": lambda N: causal(N).T})


@of_tensors
def only_themselves(ids, E, layers, heads):
    """Your words look at nobody but themselves. On which axis of q, k and v do the words stand for the attention?"""
    return learned(ids, E, layers, heads, {"visible": lambda N: np.eye(N, dtype=bool)})


@of_tensors
def gradient_of_the_input(ids, E, layers, heads):
    """Your loss is right, but its gradient comes through the embedding alone. Which E makes the scores, the copy that requires
    a gradient?"""
    return learned(ids, E, layers, heads, {"gradient": (True, False)})


@of_tensors
def gradient_of_the_output(ids, E, layers, heads):
    """Your loss is right, but its gradient comes through the scores alone. In which E were the words looked up, the copy that
    requires a gradient?"""
    return learned(ids, E, layers, heads, {"gradient": (False, True)})


@of_tensors
def gradient_twice(ids, E, layers, heads):
    """Your gradient is twice what it should be. What does a second `backward()` add?"""
    return learned(ids, E, layers, heads, {"factor": 2})


@of_tensors
def gradient_downhill(ids, E, layers, heads):
    """Your loss is right, and its gradient has the other sign. Is the step downhill asked for?"""
    return learned(ids, E, layers, heads, {"factor": -1})


@of_tensors
def no_gradient(ids, E, layers, heads):
    """Your loss is right, and the gradient is None. Was `backward()` called, and is it the copy that requires a gradient whose
    `.grad` you return?"""
    return learned(ids, E, layers, heads, {})[0], None


@of_tensors
def likelihood_for_loss(ids, E, layers, heads):
    """Your loss is negative. Which sign stands before ln p?"""
    return learned(ids, E, layers, heads, {"mean": lambda costs, ids: -costs.mean(axis=(-1, -2))})


@of_tensors
def summed(ids, E, layers, heads):
    """Your loss is a sum. What is asked for?"""
    return learned(ids, E, layers, heads, {"mean": lambda costs, ids: costs.sum(axis=(-1, -2))})


@of_tensors
def divided_by_texts(ids, E, layers, heads):
    """You divided the sum by the number of texts alone. Over how many places is the mean?"""
    return learned(ids, E, layers, heads, {"mean": lambda costs, ids: costs.sum(axis=-1).mean(axis=-1)})


@of_tensors
def divided_by_ids(ids, E, layers, heads):
    """You divided by the number of ids. How many of them are predicted?"""
    return learned(ids, E, layers, heads, {"mean": lambda costs, ids: costs.sum(axis=(-1, -2)) / ids.size})


@of_tensors
def last_place_only(ids, E, layers, heads):
    """Your loss is that of the last place. How many places of a text have something to predict?"""
    return learned(ids, E, layers, heads, {"mean": lambda costs, ids: costs[..., -1].mean(axis=-1)})


@of_tensors
def softmax_twice(ids, E, layers, heads):
    """You gave probabilities to `cross_entropy`. What does it do with them first?"""
    return learned(ids, E, layers, heads, {"twice": True})


@of_tensors
def without_positions(ids, E, layers, heads):
    """Your words do not know where they stand. What is added to the embeddings?"""
    return learned(ids, E, layers, heads, {"places": lambda N, d: 0.0})


@of_tensors
def places_from_one(ids, E, layers, heads):
    """Your first word stands at position 1. Where do positions begin?"""
    return learned(ids, E, layers, heads, {"places": lambda N, d: waves(np.arange(1, N + 1), d, exponents(d))})


@of_tensors
def embedding_stretched(ids, E, layers, heads):
    """You multiplied the embeddings by √d, as the paper does. Is that asked for here?"""
    return learned(ids, E, layers, heads, {"embedding": math.sqrt})


@of_tensors
def norms_behind(ids, E, layers, heads):
    """Your norms stand behind the residuals. Which arrangement is asked for?"""
    return learned(ids, E, layers, heads, {"post": True})


@of_tensors
def norms_behind_and_none_at_the_end(ids, E, layers, heads):
    """Your norms stand behind the residuals, and there is none before the scores. Which arrangement is asked for?"""
    return learned(ids, E, layers, heads, {"post": True, "last norm": lambda x, d: x})


@of_tensors
def last_norm_left_out(ids, E, layers, heads):
    """Your blocks are fine. What is done with x before the scores are taken?"""
    return learned(ids, E, layers, heads, {"last norm": lambda x, d: x})


@of_tensors
def nothing_normed(ids, E, layers, heads):
    """You normed nothing. Where does an LN stand?"""
    return learned(ids, E, layers, heads, {"norm": lambda x, d: x})


@of_tensors
def norm_before_the_network_left_out(ids, E, layers, heads):
    """Your attention reads LN(x). What does the feed-forward network read?"""
    return learned(ids, E, layers, heads, {"not normed": ("network",)})


@of_tensors
def added_to_the_normed(ids, E, layers, heads):
    """You add to LN(x) what f gives. To what is it added?"""
    return learned(ids, E, layers, heads, {"from the normed": ("attention", "network")})


@of_tensors
def attention_added_to_the_normed(ids, E, layers, heads):
    """Your feed-forward network is added to x, and your attention to LN(x). To what is each result added?"""
    return learned(ids, E, layers, heads, {"from the normed": ("attention",)})


@of_tensors
def network_added_to_the_normed(ids, E, layers, heads):
    """Your attention is added to x, and your feed-forward network to LN(x). To what is each result added?"""
    return learned(ids, E, layers, heads, {"from the normed": ("network",)})


@of_tensors
def attention_without_residual(ids, E, layers, heads):
    """Your feed-forward network has a residual. What about the attention?"""
    return learned(ids, E, layers, heads, {"not kept": ("attention",)})


@of_tensors
def network_without_residual(ids, E, layers, heads):
    """Your attention has a residual. What about the feed-forward network?"""
    return learned(ids, E, layers, heads, {"not kept": ("network",)})


@of_tensors
def variance_of_one_less(ids, E, layers, heads):
    """Your norms divide the variance by d − 1. By what does `layer_norm` divide it?"""
    def norm(x, d):
        x = x - x.mean(axis=-1, keepdims=True)
        return x / np.sqrt((x**2).sum(axis=-1, keepdims=True) / (d - 1) + 1e-5)
    return learned(ids, E, layers, heads, {"norm": norm})


@of_tensors
def nothing_kept(ids, E, layers, heads):
    """None of your steps has a residual. To what is the result of each step added?"""
    return learned(ids, E, layers, heads, {"not kept": ("attention", "network")})


@of_tensors
def one_head_for_all(ids, E, layers, heads):
    """Your function gives the same for any number of heads. How wide is a head?"""
    return learned(ids, E, layers, heads, {"one head": True})


@of_tensors
def scaled_by_the_whole_width(ids, E, layers, heads):
    """Your scores are divided by √d. How wide are the queries of a head?"""
    return learned(ids, E, layers, heads, {"width": lambda d_k, d: d})


@of_tensors
def scores_not_scaled(ids, E, layers, heads):
    """Your attention scores are not divided. By what are they?"""
    return learned(ids, E, layers, heads, {"width": lambda d_k, d: 1})


@of_tensors
def heads_interleaved(ids, E, layers, heads):
    """Every head of yours has every h-th feature. Which features belong to the first head?"""
    return learned(ids, E, layers, heads, {"interleaved": True})


@of_tensors
def never_transposed(ids, E, layers, heads):
    """You reshaped (B, N, d) to (B, heads, N, d/heads) at once, so that a head has parts of several words, and back at once as
    well. Does `reshape` exchange two axes?"""
    return learned(ids, E, layers, heads, {"cut": "both"})


@of_tensors
def not_transposed_at_first(ids, E, layers, heads):
    """You reshaped (B, N, d) to (B, heads, N, d/heads) at once, so that a head has parts of several words. Does `reshape`
    exchange two axes?"""
    return learned(ids, E, layers, heads, {"cut": "apart"})


@of_tensors
def not_transposed_back(ids, E, layers, heads):
    """Your heads are right, but (B, heads, N, d/heads) was reshaped to (B, N, d) at once. Where are the axes exchanged back?"""
    return learned(ids, E, layers, heads, {"cut": "back"})


@of_tensors
def no_map_behind_the_heads(ids, E, layers, heads):
    """Your function gives the same for every W_o. Where does it come in?"""
    return learned(ids, E, layers, heads, {"no W_o": True})


@of_tensors
def attention_not_transposed(ids, E, layers, heads):
    """You multiplied by the attention's matrices as they are. Which of their axes belongs to the input? That they are square
    hides the answer."""
    return learned(ids, E, layers, heads, {"transposed": True})


@of_tensors
def keys_for_values(ids, E, layers, heads):
    """You exchanged W_k and W_v. In which order do the matrices of a block come?"""
    return learned(ids, E, layers, heads, {"layers": lambda layers: [(W[0], W[2], W[1], *W[3:]) for W in layers]})


@of_tensors
def mask_multiplied(ids, E, layers, heads):
    """You multiplied the scores by the mask. Which weight has a score of 0 after the softmax?"""
    return learned(ids, E, layers, heads, {"masked": lambda S, visible: shared_out(S * visible)})


@of_tensors
def masked_after_the_softmax(ids, E, layers, heads):
    """You masked the weights after the softmax. What do they sum to then?"""
    return learned(ids, E, layers, heads, {"masked": lambda S, visible: shared_out(S) * visible})


@of_tensors
def positions_in_every_block(ids, E, layers, heads):
    """You added the sinusoids in front of every block once more. How often are they added?"""
    return learned(ids, E, layers, heads, {"again": 1})


@of_tensors
def text_normed_as_a_whole(ids, E, layers, heads):
    """Your norms are over words and features together, so that later words change earlier ones. Over which axis is a word
    normed by itself?"""
    def norm(x, d):
        x = x - x.mean(axis=(-1, -2), keepdims=True)
        return x / np.sqrt((x**2).mean(axis=(-1, -2), keepdims=True) + 1e-5)
    return learned(ids, E, layers, heads, {"norm": norm})


@of_tensors
def scores_against_other_targets(ids, E, layers, heads):
    """Your scores run through the words first, your targets through the texts. Which score meets which target once both are
    flat?"""
    def shift(ids):
        return ids[:, :-1], ids[:, 1:].reshape(ids.shape[1] - 1, -1).T
    return learned(ids, E, layers, heads, {"shift": shift})


@of_tensors
def scores_taken_for_logarithms(ids, E, layers, heads):
    """Your loss is the mean of −z of the next id. Which function has the softmax inside it, `nll_loss` or `cross_entropy`?"""
    return learned(ids, E, layers, heads, {"raw": True})


@of_tensors
def scores_of_words_scaled(ids, E, layers, heads):
    """You divided the scores of the words by √d. Are those scores of an attention?"""
    return learned(ids, E, layers, heads, {"divisor": math.sqrt})


@of_tensors
def loss_in_bits(ids, E, layers, heads):
    """Your loss is in bits. Which logarithm is natural?"""
    return learned(ids, E, layers, heads, {"mean": lambda costs, ids: costs.mean(axis=(-1, -2)) / math.log(2)})


@of_tensors
def smooth_activation(ids, E, layers, heads):
    """You took a GELU. Which activation does this network have?"""
    return learned(ids, E, layers, heads, {"activation": gelu})


@of_tensors
def no_activation(ids, E, layers, heads):
    """Your feed-forward network is one linear map. What stands between its matrices?"""
    return learned(ids, E, layers, heads, {"activation": lambda a: a})


@of_tensors
def network_before_the_attention(ids, E, layers, heads):
    """Your feed-forward network comes first. In which order do the two steps come?"""
    return learned(ids, E, layers, heads, {"order": ("network", "attention")})


@of_tensors
def attention_only(ids, E, layers, heads):
    """Your blocks end with the attention. What follows?"""
    return learned(ids, E, layers, heads, {"order": ("attention",)})


@of_tensors
def last_block_only(ids, E, layers, heads):
    """Only your last block has an influence. What does the second block read, x or the embeddings once more?"""
    return learned(ids, E, layers, heads, {"layers": lambda layers: layers[-1:]})


@of_tensors
def blocks_left_out(ids, E, layers, heads):
    """Your function gives the same for any blocks. Where do they come in?"""
    return learned(ids, E, layers, heads, {"layers": lambda layers: []})


language_model_gradient = [not_shifted, last_dropped_not_shifted, shifted_backwards, shifted_round, nothing_hidden,
                           past_hidden_from_all, only_themselves, gradient_of_the_input, gradient_of_the_output,
                           gradient_twice, gradient_downhill, no_gradient, likelihood_for_loss, summed, divided_by_texts,
                           divided_by_ids, last_place_only, softmax_twice, without_positions, places_from_one,
                           embedding_stretched, norms_behind, norms_behind_and_none_at_the_end, last_norm_left_out,
                           nothing_normed, norm_before_the_network_left_out, added_to_the_normed, nothing_kept,
                           one_head_for_all, scaled_by_the_whole_width, scores_not_scaled, heads_interleaved,
                           no_map_behind_the_heads, attention_not_transposed, no_activation, network_before_the_attention,
                           attention_only, last_block_only, blocks_left_out, keys_for_values, mask_multiplied,
                           masked_after_the_softmax, positions_in_every_block, text_normed_as_a_whole,
                           scores_against_other_targets, scores_taken_for_logarithms, scores_of_words_scaled, loss_in_bits,
                           smooth_activation, attention_added_to_the_normed, network_added_to_the_normed,
                           attention_without_residual, network_without_residual, variance_of_one_less, never_transposed,
                           not_transposed_at_first, not_transposed_back]
