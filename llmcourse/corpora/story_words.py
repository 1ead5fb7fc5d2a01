"""The words of the course's own language: who lives in it, what they do, and how the words inflect.

Topics and moods are hidden: a story never names them, it only prefers their words. A word listed under a topic or
a mood is that topic's or mood's favourite; the others use it too, only more rarely (see ``story_grammar``).
"""

TOPICS = ("sea", "forest", "kitchen", "snow", "garden", "music", "library", "stars")
MOODS = ("merry", "sleepy", "grumpy")

SHE_NAMES = ("Ada", "Alma", "Ebba", "Greta", "Ingrid", "Lova", "Maja", "Signe", "Tuva", "Ylva")
HE_NAMES = ("Axel", "Birk", "Egon", "Frej", "Hugo", "Nils", "Olle", "Sixten", "Ture", "Viggo")

SPECIES = {  # singular: (plural, favourite topics)
    "seal": ("seals", ("sea",)), "penguin": ("penguins", ("sea", "snow")), "fox": ("foxes", ("forest",)),
    "hedgehog": ("hedgehogs", ("forest", "garden")), "mouse": ("mice", ("kitchen",)), "dragon": ("dragons", ("kitchen",)),
    "hare": ("hares", ("snow",)), "rabbit": ("rabbits", ("garden",)), "cricket": ("crickets", ("music",)),
    "badger": ("badgers", ("library",)), "owl": ("owls", ("library", "stars")),
    "bat": ("bats", ("stars",)), "troll": ("trolls", ("forest", "snow")),
}

PLACES = {
    "sea": ("harbour", "beach", "lighthouse"), "forest": ("clearing", "brook", "treehouse"),
    "kitchen": ("bakery", "cafe", "cellar"), "snow": ("mountain", "igloo", "glacier"),
    "garden": ("greenhouse", "orchard", "pond"), "music": ("theatre", "bandstand", "ballroom"),
    "library": ("library", "museum", "bookshop"), "stars": ("observatory", "tower", "meadow"),
}

OBJECTS = {
    "sea": ("boat", "net", "shell"), "forest": ("basket", "compass", "mushroom"),
    "kitchen": ("kettle", "pancake", "spoon"), "snow": ("sledge", "mitten", "snowball"),
    "garden": ("shovel", "pumpkin", "wheelbarrow"), "music": ("fiddle", "trumpet", "drum"),
    "library": ("map", "dictionary", "pencil"), "stars": ("telescope", "lantern", "kite"),
}

SCENERY = {  # singular and plural
    "sea": (("wave", "waves"), ("gull", "gulls"), ("crab", "crabs")),
    "forest": (("pine", "pines"), ("squirrel", "squirrels"), ("fern", "ferns")),
    "kitchen": (("pan", "pans"), ("cake", "cakes"), ("plate", "plates")),
    "snow": (("icicle", "icicles"), ("skier", "skiers"), ("snowman", "snowmen")),
    "garden": (("bee", "bees"), ("tulip", "tulips"), ("carrot", "carrots")),
    "music": (("flute", "flutes"), ("singer", "singers"), ("piano", "pianos")),
    "library": (("page", "pages"), ("poet", "poets"), ("shelf", "shelves")),
    "stars": (("star", "stars"), ("moth", "moths"), ("comet", "comets")),
}

FOOD = {
    "sea": ("herring", "seaweed"), "forest": ("berries", "nuts"), "kitchen": ("waffles", "soup"),
    "snow": ("cocoa", "porridge"), "garden": ("peas", "plums"), "music": ("toffee", "popcorn"),
    "library": ("biscuits", "tea"), "stars": ("cheese", "pizza"),
}

ACTIVITIES = {  # what one does all day; verbs by their base form
    "sea": ("swim", "sail"), "forest": ("climb", "camp"), "kitchen": ("cook", "bake"), "snow": ("ski", "skate"),
    "garden": ("dig", "rake"), "music": ("sing", "practise"), "library": ("study", "draw"), "stars": ("dream", "gaze"),
}

MOTION = {"merry": ("skip", "hop"), "sleepy": ("wander", "stroll"),
          "grumpy": ("march", "stomp")}
HANDLING = {"merry": ("polish", "hug"), "sleepy": ("carry", "admire"),
            "grumpy": ("kick", "drag")}
SAYING = {"merry": ("laugh", "shout"), "sleepy": ("whisper", "yawn"), "grumpy": ("mutter", "sigh")}
STIRRING = {"merry": ("glitter", "dance"), "sleepy": ("sway", "snore"),
            "grumpy": ("rattle", "grumble")}
ADJECTIVES = {"merry": ("bright", "funny", "shiny", "splendid", "golden"),
              "sleepy": ("soft", "quiet", "warm", "dusty", "plump"),
              "grumpy": ("grey", "rusty", "damp", "stubborn", "crooked")}
FEELINGS = {"merry": ("happy", "proud", "delighted"), "sleepy": ("tired", "calm", "drowsy"),
            "grumpy": ("cross", "sulky", "offended")}
ADVERBS = {"merry": ("merrily", "loudly", "gladly"), "sleepy": ("slowly", "softly", "dreamily"),
           "grumpy": ("grimly", "crossly", "gruffly")}
EXCLAMATIONS = {"merry": ("hooray", "wow"), "sleepy": ("hm", "oh"), "grumpy": ("bah", "ugh")}
DAYTIMES = {"merry": ("morning", "summer"), "sleepy": ("night", "evening"), "grumpy": ("Monday", "November")}

IRREGULAR = {  # base: (third person singular, past)
    "run": ("runs", "ran"), "swim": ("swims", "swam"), "ski": ("skis", "skied"), "dig": ("digs", "dug"),
    "sing": ("sings", "sang"), "draw": ("draws", "drew"), "hold": ("holds", "held"), "hide": ("hides", "hid"),
    "find": ("finds", "found"), "lose": ("loses", "lost"), "meet": ("meets", "met"), "give": ("gives", "gave"),
    "eat": ("eats", "ate"), "have": ("has", "had"), "say": ("says", "said"), "bring": ("brings", "brought"),
    "fall": ("falls", "fell"), "see": ("sees", "saw"), "hop": ("hops", "hopped"), "skip": ("skips", "skipped"),
    "drag": ("drags", "dragged"), "hug": ("hugs", "hugged"), "go": ("goes", "went"), "win": ("wins", "won"),
    "steal": ("steals", "stole"), "know": ("knows", "knew"),
}


def third_person(base: str) -> str:
    """The form after a singular subject in the present: walk → walks, carry → carries, polish → polishes."""
    if base in IRREGULAR:
        return IRREGULAR[base][0]
    if base.endswith("y") and base[-2] not in "aeiou":
        return base[:-1] + "ies"
    return base + ("es" if base.endswith(("sh", "ch", "s", "x")) else "s")


def past(base: str) -> str:
    """The past form: walk → walked, carry → carried, bake → baked."""
    if base in IRREGULAR:
        return IRREGULAR[base][1]
    if base.endswith("y") and base[-2] not in "aeiou":
        return base[:-1] + "ied"
    return base + ("d" if base.endswith("e") else "ed")


PARTS_OF_SPEECH = {  # of the words that templates spell out; the tags are those of Universal Dependencies
    "ADP": "at to for near behind under with without in of past like against",
    "DET": "a the all this that what no",
    "ADV": "then meanwhile suddenly together again never luckily too home away anywhere almost only so where",
    "CCONJ": "and but or", "SCONJ": "because", "PUNCT": ". , ! ? “ ” :", "NUM": "one two hundred",
    "NOUN": "end breakfast dinner rain wind shoe stars cinnamon hat race tuba key room thing year tune times button friends "
            "course",
    "ADJ": "favourite gone whole wrong lost best old left new more reading", "PART": "not", "VERB": "called",
}
