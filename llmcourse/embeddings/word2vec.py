"""Unit 05: word vectors in files of the format that word2vec began, which gensim, fastText and many others read and write.

The first line says how many words there are and how many dimensions. Then comes a line a word: the word, and its numbers in
decimal (text), or their bytes as little-endian float32 (binary). Numbers are float32 in both, so a file keeps about seven
digits of a number.

Source: the program published with Mikolov et al. (2013).
"""

from pathlib import Path
from typing import BinaryIO

import numpy as np

from llmcourse.embeddings.vectors import Embeddings
from llmcourse.vocabulary import UNK, Vocabulary


def save_word2vec(embeddings: Embeddings, path: str | Path, *, binary: bool = False) -> None:
    """Write all words, BOS and EOS too, and their vectors in the order of the vocabulary.

    Raises ValueError for a word with a space or a line break in it: the format has no way to write one. Nothing is written
    then.
    """
    for word in embeddings.vocabulary.tokens:
        if " " in word or "\n" in word:
            raise ValueError(f"a word in a word2vec file must have neither a space nor a line break, got {word!r}")
    vectors = embeddings.vectors.astype("<f4")
    with open(path, "wb") as file:
        file.write(f"{len(vectors)} {vectors.shape[1]}\n".encode())
        for word, vector in zip(embeddings.vocabulary.tokens, vectors, strict=True):
            numbers = vector.tobytes() if binary else " ".join(map(str, vector)).encode()
            file.write(word.encode() + b" " + numbers + b"\n")


def load_word2vec(path: str | Path, *, binary: bool = False) -> Embeddings:
    """The words of a file and their vectors, float32. BOS and EOS, where the file has none, get vectors of zeros.

    Raises ValueError, with the number of the word, for a file that is not of this format or breaks off.
    """
    with open(path, "rb") as file:
        head = file.readline().split()
        if len(head) != 2 or not all(number.isdigit() for number in head):
            raise ValueError(f"{path}: the first line must be the number of words and of dimensions, got {head!r}")
        size, dimensions = map(int, head)
        read = _read_binary if binary else _read_line
        rows = [read(file, dimensions, f"{path}: word {i + 1} of {size}") for i in range(size)]
    words = [word for word, _ in rows]
    vocabulary = Vocabulary(words, unk=UNK in words)
    if len(set(words)) != size:
        raise ValueError(f"{path}: {size} words, but only {len(set(words))} different ones")
    table = np.zeros((len(vocabulary), dimensions), np.float32)
    table[vocabulary.encode(words)] = np.reshape([vector for _, vector in rows], (size, dimensions))
    return Embeddings(vocabulary, table)


def _read_line(file: BinaryIO, dimensions: int, where: str) -> tuple[str, np.ndarray]:
    word, *numbers = file.readline().rstrip().split(b" ")
    if len(numbers) != dimensions:
        raise ValueError(f"{where} must have {dimensions} numbers, got {len(numbers)}")
    try:
        return word.decode(), np.array(numbers, np.float32)
    except ValueError as error:
        raise ValueError(f"{where} cannot be read: {error}") from None


def _read_binary(file: BinaryIO, dimensions: int, where: str) -> tuple[str, np.ndarray]:
    word = b""
    while (byte := file.read(1)) != b" ":
        if not byte:
            raise ValueError(f"{where} is missing: the file breaks off")
        word += byte
    data = file.read(4 * dimensions)
    if len(data) != 4 * dimensions:
        raise ValueError(f"{where} must have {4 * dimensions} bytes, got {len(data)}")
    try:
        return word.lstrip(b"\n").decode(), np.frombuffer(data, "<f4")  # some programs end a vector with a line break
    except ValueError as error:
        raise ValueError(f"{where} cannot be read: {error}") from None
