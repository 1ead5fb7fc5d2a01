"""What chapters print and exercises draw is the same whatever order Python's sets come in (PYTHONHASHSEED)."""

import os
import subprocess
import sys

import pytest

SNIPPETS = {
    "odd ones out": """
        from llmcourse.embeddings.questions import odd_one_out_tests
        for test in odd_one_out_tests(np.random.default_rng(0), 40): print(test.kind, test.words, test.answer)""",
    "analogies": """
        from llmcourse.embeddings.questions import analogy_tests
        for t in analogy_tests(np.random.default_rng(0), 40): print(t.kind, t.a, t.b, t.c, sorted(t.answers))""",
    "descriptions": """
        from llmcourse.embeddings.questions import descriptions, groups
        print(list(descriptions().items()), list(groups()))""",
    "stories": """
        from llmcourse.corpora import stories
        language = stories()
        print(language.vocabulary.tokens, language.train(3000).ids.tolist())""",
    "agreement": """
        from llmcourse.corpora import stories
        language = stories()
        found = language.agreement(language.train(10_000))
        print({name: getattr(found, name).tolist() for name in found.__dataclass_fields__})""",
    "byte pairs": """
        from llmcourse.corpora import prose
        from llmcourse.tokenization import train_bpe, train_wordpiece
        texts = prose.paragraphs("english")
        print(train_bpe(texts, 200).merges, train_wordpiece(texts, 200).pieces)""",
    "samples": """
        import sys; sys.path.insert(0, "tests")
        import make_submissions
        print([make_submissions.samples(unit) for unit in make_submissions.UNITS])""",
}


def printed(code: str, seed: int) -> str:
    """What code prints in a Python of its own under a hash seed."""
    run = subprocess.run([sys.executable, "-c", code], env=os.environ | {"PYTHONHASHSEED": str(seed)}, capture_output=True,
                         text=True, check=False)
    assert run.returncode == 0, run.stderr
    return run.stdout


def same_under_two_hash_seeds(code: str) -> str:
    """What code prints under PYTHONHASHSEED=0, which is what it prints under 1."""
    first, second = printed(code, 0), printed(code, 1)
    assert first == second
    return first


@pytest.mark.parametrize("name", SNIPPETS)
def test_nothing_depends_on_the_order_of_a_set(name):
    code = "import numpy as np\n" + "\n".join(line.strip() for line in SNIPPETS[name].splitlines())
    assert len(same_under_two_hash_seeds(code)) > 1000


def test_the_order_of_a_set_is_noticed():
    with pytest.raises(AssertionError):
        same_under_two_hash_seeds("print(list(set('abcdefghijklmnop')))")
