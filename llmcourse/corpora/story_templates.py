"""The sentences of the course's own language, stage by stage.

``<class>`` draws a word (see ``story_grammar``), ``(one|other)`` are alternatives, ``@12`` keeps a sentence for one
animal (person 1 or 2: she or he) and drops it for several. Sentences that begin with "meanwhile", "luckily" or
"of course" are about the friend; the others are about the protagonist or about what stands around. So the word that
opens a sentence says *who*, and only the story so far says what that character is called.
"""

from collections.abc import Callable, Sequence

import numpy as np

from .grammar import Stage, Template

WHO = "(@12 <name>|the <species>|<he>)"  # the protagonist as a subject
STRONG = "(@12 <name>|the <species>)"  # the same, but not by a pronoun
FRIEND = "(<fname>|the <fspecies>|<fhe>)"

OPENING = (
    ("(<when+> ,|) a <adj> <species+> called <name+> <live+> at the <place+> .", 6),
    ("(<when+> ,|) <many> <adj> <many+> <live+> at the <place+> .", 4),
    ("<name+> <be+> a <adj> <species+> and <v:live> at the <place+> .", 3),
)

WISH = (
    ("(at the <place>|at home) <he> <v:have> a <adj> <object+> .", 3),
    (f"{WHO} <v:love> <food> , friends and a <adj> <object+> .", 2),
    ("one <daytime> <he> <v:find> a <adj> <object+> (behind|under|near) the <scene> .", 4),
    ("<his> favourite <it:thing> <be> a <adj> <object+> .", 2),
    (f"{STRONG} <v:want> only one thing : a <adj> <object+> .", 2),
)

ALONE = (
    (f"{WHO} <go> (<adv>|) to the <place> (and <do>|) .", 3),
    (f"{WHO} <go> past the <scene> to the <place> .", 2),
    (f"{WHO} <do> all <daytime> and <handle> the <object> .", 3),
    (f"{WHO} <handle> the <object> (<adv>|again and again) .", 3),
    (f"{STRONG} (near|behind) the <scene> <do> (<adv>|all <daytime>) .", 6),
    (f"{STRONG} with the <object> behind the <adj> <scene> <do> .", 4),
    ("the <scene.s> (near|behind) the <adj> <scene> <stir> (<adv>|) .", 7),
    ("the <scene.s> at the <place> <stir> in the (wind|rain) .", 2),
    (f"{WHO} <v:eat> <food> for (breakfast|dinner) and <do> .", 3),
    ("“ what a <adj> <object> ! ” <he> <say> <adv> .", 2),
    ("“ where <q:is> <my> <object> ? ” <he> <say> .", 3),
    ("<he> <be> <feel> , because the <object.s> <be> <adj> .", 3),
    (f"{WHO} never <go> (anywhere|away) without the <object> .", 2),
    ("all <daytime> the <object.s> <v:smell> of <food> .", 1),
)

COLOUR = {  # what happens around, by topic
    "sea": ("the <it:tide> <v:steal> <his> left shoe .",
            "a <it:crab> <v:see> the <object> and <v:want> one too ."),
    "forest": ("a <it:cuckoo> <v:sing> <many> times .",
               "a <it:fern> <v:live> in the <object> , or almost ."),
    "kitchen": ("the whole <it:place> <v:smell> of cinnamon and <food> .",
                "the <it:soup> <v:want> more <food> , <he> <say> ."),
    "snow": ("a <it:snowman> at the <place> <v:want> a new hat .",
             "<it:it> <v:snow> <food> , or so <he> <say> ."),
    "garden": ("a <it:snail> <v:win> the race against the <object> .",
               "the best <it:carrot> of the year <v:live> behind the <place> ."),
    "music": ("<it:somebody> <v:play> the tuba in the wrong key .",
              "the old <it:piano> at the <place> <v:know> only one tune ."),
    "library": ("<it:somebody> <v:snore> in the reading room .",
                "the <it:homework> at the <place> <be> <adj> again ."),
    "stars": ("the <it:moon> <v:sway> like a lost button .",
              "<he> <v:see> two hundred stars and <say> <oh> ."),
}

MEETING = (
    ("at the <place> <he> <v:meet> a <adj> <fspecies+> called <fname+> .", 3),
    ("one <daytime> a <adj> <fspecies+> called <fname.s+> <go> past the <place> .", 3),
    ("behind the <scene> <he> <v:meet> a <fspecies+> called <fname+> .", 2),
    ("a <adj> <fspecies+> called <fname.s+> <v:see> the <object> and <stir> .", 2),
)

TOGETHER = (
    (f"meanwhile {FRIEND} <do> near the <scene> .", 2),
    ("meanwhile <fname> <v:see> a <adj> <other-object> , but {WHO} <v:love> the <object> .", 3),
    (f"of course {FRIEND} <v:want> the <object> , but <he> <say> no .", 3),
    (f"of course {FRIEND} <v:give> <him> <food> , and {WHO} <be> <feel> .", 3),
    (f"luckily {FRIEND} <v:know> the <other-place> , but {{WHO}} <v:love> the <place> .", 3),
    (f"luckily {FRIEND} <v:bring> <fhis> <other-object> , and <he> <handle> the <object> .", 2),
    ("then {WHO} <v:show> <fhim> the <object> at the <place> .", 3),
    ("then {WHO} <go> <adv> to the <place> with <fname.o> .", 3),
    (f"{STRONG} and <fname.and> <do> together (<adv>|all <daytime>) .", 2),
    ("“ <fname.o> , this <q:is> not a <other-object> ! ” <he> <say> .", 2),
    ("“ <oh> ! <q:is> that <my> <other-object> ? ” <he> <say> .", 2),
    ("the <object.s> near the <scene> <stir> , and <fname> <stir> too .", 2),
    (f"{STRONG} behind the <scene> <handle> <fname.o> and <v:eat> <food> .", 3),
)

TWIST = (
    ("but then the <it:wind> <v:steal> the <object> !", 2),
    ("but one <daytime> the <object.s> <be> gone !", 2),
    (f"but then {STRONG} <v:lose> the <object> (behind|near|under) the <scene> .", 3),
    (f"suddenly {STRONG} <v:lose> the <object> , and <fname> <stir> .", 1),
)

SEARCH = (
    (f"{WHO} <v:look> (behind|under) the <scene> , where <fname> <do> .", 3),
    ("“ the <object> <q:is> not at the <other-place> , ” <he> <say> .", 3),
    (f"meanwhile {FRIEND} <v:look> for the <object> at the <place> .", 3),
    (f"meanwhile {FRIEND} <v:find> a <adj> <other-object> , and <he> <be> <feel> .", 2),
    ("the <scene.s> behind the <other-object> <stir> .", 2),
    (f"of course {FRIEND} <v:give> <him> <fhis> <other-object> .", 3),
)

ENDING = (
    ("in the end {WHO} <v:find> the <object> , and <fname> <be> <feel> .", 3),
    ("luckily <fname> <v:bring> the <object> to the <place> , and {WHO} <v:hug> <fhim> .", 3),
    ("luckily <fname> <v:find> the <object> , and the <they:friends> <v:eat> <food> .", 2),
    ("in the end <he> <go> home with <fname.o> , and the <object.s> <be> <adj> .", 2),
)


def stages(favours: Callable[..., np.ndarray]) -> dict[str, Stage]:
    """All stages in story order. favours(topics=[…]) gives the weights of a sentence that belongs to a topic."""
    def group(lines: Sequence[tuple[str, int]], share: int = 1) -> tuple[Template, ...]:
        return tuple(Template(text.replace("{WHO}", WHO), weight * share) for text, weight in lines if weight)

    def colour(share: int) -> tuple[Template, ...]:
        return tuple(Template(text, favours(topics=[topic]) * share) for topic, texts in COLOUR.items() for text in texts)

    alone, together = group(ALONE, 4) + colour(1), group(TOGETHER, 4) + colour(1)
    return {
        "opening": Stage((("wish", group(OPENING)),)),
        "wish": Stage((("alone 1", group(WISH)),)),
        "alone 1": Stage((("alone 2", alone),)),
        "alone 2": Stage((("meeting", alone), ("together 1", group(MEETING, 25)))),
        "meeting": Stage((("together 1", group(MEETING)),)),
        "together 1": Stage((("together 2", together),)),
        "together 2": Stage((("twist", together), ("search 1", group(TWIST, 24)))),
        "twist": Stage((("search 1", group(TWIST)),)),
        "search 1": Stage((("search 2", group(SEARCH, 2)), (None, group(ENDING))), shift=True),
        "search 2": Stage(((None, group(ENDING)),)),
    }
