"""Sphinx extension of the book: quizzes, mistakes, exercise links, the index of the lectures, figures, search, no network.

Every directive writes plain HTML that works without JavaScript as far as it can, and something sensible for LaTeX.
Scripts and styles live in ``assets/``, away from ``_static/``: jupyter-book would add each of them to every page.
"""

from sphinx.application import Sphinx

from . import (
    accessible,
    api,
    cover,
    exercise,
    find,
    formulas,
    interactive,
    lean,
    lectures,
    mistakes,
    offline,
    previews,
    quiz,
    screens,
    site,
    teaching,
)


def setup(app: Sphinx) -> dict:
    for part in (offline, lean, quiz, mistakes, exercise, lectures, interactive, api, accessible, formulas, find, previews,
                 site, cover, screens, teaching):
        part.setup(app)
    return {"version": "1", "env_version": 1, "parallel_read_safe": True, "parallel_write_safe": True}
