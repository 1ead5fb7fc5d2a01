"""What the tokenizer explorer needs: tokenizers learnt from the course's English text while the book is built."""

from llmcourse.corpora import paragraphs
from llmcourse.tokenization import build_vocabulary, split_words, train_wordpiece
from llmcourse.tokenization.fast import train_bpe

MERGES, PIECE_MERGES = 1000, 500
SENTENCE = "Henry is givin' a lectrue on transformers"


def tokenizer_settings() -> dict:
    """The merges, the pieces and the words that the figure's script cuts with, and the text that it begins with."""
    text = paragraphs("english")
    return {
        "text": SENTENCE,
        "merges": train_bpe(text, MERGES).merges,
        "pieces": train_wordpiece(text, PIECE_MERGES).pieces,
        "words": build_vocabulary(map(split_words, text)).tokens[3:],
    }
