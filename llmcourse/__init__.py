"""The reference library of the course: one package a unit, read beside its chapter.

``llmcourse.ngrams`` holds what unit 02 teaches, in the form that is easiest to read; a form that is quick, where there is
one, is always called ``fast`` (``llmcourse.ngrams.fast``), and a test proves the two equal. ``vocabulary``, ``corpus``,
``corpora``, ``plots`` and ``arguments`` serve all units.

Docstrings name their source: a paper, or one of the three lectures that the course is built on. *Deck S* is
Sofia Serrano's "A brief introduction to (large) language models", *deck C* is lecture 3, "Learning LLMs and Decoding", of
CMU's course 10-423/623 Generative AI, and *deck L* is Fredrik Heintz's "LLM Basics" at Linköping University.
"""
