"""Words that fill the slots of a conversation, and the split that keeps some of them out of training.

A value (a name, a place, an item, a number) belongs to the held-out part by a hash of its own text, so that
training and evaluation need not share a list. Phrasings are split list by list.
"""

import functools
import pathlib
import zlib

ONSETS = "b br c ch d dr f fl g gl gr h j k kr l m n p pr qu r s sh sk sl st t th tr v w y z".split()
VOWELS = "a e i o u a e i o ae ai ea ei io oa ou y".split()
CODAS = "n r l s th m k rd nd lf rk sk st ck x v d g sh ll nn".split()
ENDINGS = "a o en in is or us ia eth wyn ric mund dar lin ra ka na var gorn bert wick ley".split()

KNOWN_NAMES = """Ada Agnes Alaric Alma Ansel Astrid Bela Berta Bram Brice Cade Cato Cedric Clara Conrad Dagny
Della Dorian Edda Edmund Elias Elsa Emrys Enna Esben Fenna Finn Freya Gareth Gerda Gisela Godwin Greta Hakon
Hanna Harald Hedda Helga Hugo Ida Ilse Imre Ingrid Isolde Ivo Jarl Jonas Jorun Kaia Karl Katla Kester Lena
Leif Lorna Lothar Ludo Mabel Magnus Marta Mathilda Maud Milo Mira Nessa Nils Nora Odette Olaf Oleg Olga Orin
Osric Otto Petra Piet Ragna Ralf Rolf Roswitha Rufus Runa Saskia Selma Sigrid Silas Sorrel Sven Tamsin Tilda
Tobias Torben Ulf Una Ursula Viggo Vera Wanda Wendel Wilma Yorick Yrsa Zelda""".split()

PLACE_ENDINGS = """ford wick ton mere dale holm gate stead burgh haven moor fell brook vale reach crag hollow
marsh cliff bridge""".split()
PLACE_FORMS = ("{} {} {} Old_{} New_{} Upper_{} Lower_{} Fort_{} {}_Keep {}_Abbey {}_Hill Port_{} the_{}_Inn "
               "the_{}_Tower the_{}_Mill {}_Woods {}_Pass").split()
PLACE_FORMS = [form.replace("_", " ") for form in PLACE_FORMS]

QUALITIES = """bronze silver golden iron copper wooden glass leather stone velvet woollen ivory amber jade
rusty old new broken heavy small large bent cracked painted carved polished blue red green black white grey
yellow crimson dusty gilded plain round square striped long short hollow frozen warm bitter sweet
dried""".split()
NOUNS = """apple axe bag barrel basket bell belt blade blanket book boot bottle bowl box bracelet bread brooch
broom bucket candle cape chain chalice cheese chest cloak club coat comb compass crown cup dagger drum feather
flask flute goblet hammer harp hat helmet herb hook horn horseshoe jar kettle key knife ladder lamp lantern
lute map mask medal mirror mushroom nail necklace needle net oar pan pearl pendant pie pipe plate pot pouch
quill ring robe rope ruby rug sack saddle scarf sceptre scroll seal shawl shield shovel sickle skull spade
spear spoon staff statue stool sword tankard tent thimble tinderbox torch trumpet urn vase vial wagon wand
wheel whip whistle""".split()
PLURALS = (
    """apples arrows barrels candles eggs feathers fish herbs horseshoes loaves nails pearls pies torches
turnips""".split()
)

WEEKDAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
COLOURS = "red blue green black white grey yellow purple brown silver gold crimson violet orange".split()
SKIES = [
    "rain",
    "clear skies",
    "heavy snow",
    "thick fog",
    "strong wind",
    "light rain",
    "a storm",
    "hail",
    "sunshine",
]
SONG_HEADS = "Ballad Song Lament March Dance Hymn Tale Reel".split()
DIRECTIONS = "north south east west up down left right".split()
DRINKS = "ale cider mead wine tea milk broth cocoa water brandy".split()
MESSAGES = [
    "the {item} is ready",
    "meet me at {place}",
    "come home soon",
    "{name} is waiting for you",
    "bring the {item}",
    "I am at {place}",
    "do not trust {name}",
    "the road to {place} is closed",
    "supper is at {number}",
    "we leave on {weekday}",
    "{name} owes you {number} coins",
    "the {item} was stolen",
    "all is well in {place}",
    "look under the {item}",
    "I found your {item}",
    "the deal is off",
    "ask {name} about the {item}",
    "stay away from {place}",
    "your {colour} {noun} arrived",
    "{name} and {name2} will come on {weekday}",
]

HELD_OUT_SHARE = 8


def is_held_out(value):
    """One value in eight, by its text and not its place in a list; case does not matter."""
    return zlib.crc32(str(value).lower().encode()) % HELD_OUT_SHARE == 0


@functools.lru_cache(maxsize=None)
def split_phrases(phrases):
    """(trained, held out) parts of a tuple of phrasings: a fifth of four or more, the lowest hashes, is held
    out; never the first, which is the plainest."""
    count = len(phrases) // 5 if len(phrases) >= 5 else (1 if len(phrases) == 4 else 0)
    ranked = sorted(phrases[1:], key=lambda phrase: zlib.crc32(("phrase " + phrase).encode()))
    held_out = set(ranked[:count])
    trained = tuple(phrase for phrase in phrases if phrase not in held_out)
    return trained, tuple(held_out and ranked[:count]) or trained


def sections(name):
    """The phrasings of a file beside this one: section -> tuple of its lines. "[...]" heads a section."""
    found, section = {}, None
    for line in (pathlib.Path(__file__).parent / name).read_text().splitlines():
        if line.startswith("["):
            section = found.setdefault(line[1:-1], [])
        elif line and not line.startswith("#"):
            section.append(line)
    return {title: tuple(lines) for title, lines in found.items()}


class Draw:
    """Seeded choices from one side of the split.

    *values* and *phrases* say which side each comes from: "trained" or "held_out". Nothing is drawn twice by
    `fresh`, so that two people of one conversation never share a name.
    """

    def __init__(self, rng, values="trained", phrases="trained"):
        self.rng = rng
        self.values_held_out = values == "held_out"
        self.phrases_held_out = phrases == "held_out"
        self.used = set()

    def chance(self, probability):
        return self.rng.random() < probability

    def one(self, options):
        return options[int(self.rng.random() * len(options))]

    def some(self, options, count):
        return self.rng.sample(list(options), min(count, len(options)))

    def phrase(self, phrases):
        """A user's phrasing, from the side of the split that this draw is on."""
        trained, held_out = split_phrases(tuple(phrases))
        return self.one(held_out if self.phrases_held_out else trained)

    def fresh(self, make):
        for _ in range(400):
            value = self.of_side(make)
            if value not in self.used:
                self.used.add(value)
                return value
        raise RuntimeError("400 draws gave no fresh value")

    def of_side(self, make):
        for _ in range(400):
            value = make()
            if is_held_out(value) == self.values_held_out:
                return value
        raise RuntimeError("400 draws gave no value of the wanted side")

    def word(self, low=1, high=2):
        """A made-up word in lower case, of *low* to *high* syllables."""
        syllables = int(low + self.rng.random() * (high - low + 1))
        text = "".join(self.one(ONSETS) + self.one(VOWELS) for _ in range(syllables))
        end = self.rng.random()
        if end < 0.25:
            return text
        return text + self.one(CODAS) + (self.one(ENDINGS) if end > 0.65 and syllables < 3 else "")

    def name(self):
        def make():
            kind = self.rng.random()
            if kind < 0.3:
                return self.one(KNOWN_NAMES)
            if kind < 0.36:
                return self.one(KNOWN_NAMES) + " " + self.word(1, 2).capitalize()
            return self.word(3, 3).capitalize() if kind < 0.41 else self.word(1, 2).capitalize()

        return self.fresh(make)

    def compound(self):
        """A made-up place name of a syllable and an ending of real ones."""
        return (self.one(ONSETS) + self.one(VOWELS) + self.one(CODAS)).capitalize() + self.one(PLACE_ENDINGS)

    def place(self):
        def make():
            if self.chance(0.6):
                stem = self.compound()
            else:
                stem = self.word(1, 2).capitalize()
            return self.one(PLACE_FORMS).format(stem)

        return self.fresh(make)

    def item(self):
        def make():
            if self.chance(0.12):
                return self.word(1, 2)
            if self.chance(0.12):
                return self.word(1, 2) + " " + self.one(NOUNS)
            if self.chance(0.08):
                return " ".join(self.some(QUALITIES, 2)) + " " + self.one(NOUNS)
            return self.one(QUALITIES) + " " + self.one(NOUNS) if self.chance(0.8) else self.one(NOUNS)

        return self.fresh(make)

    def number(self, low=2, high=999):
        """Small numbers are the likelier ones: half lie below a tenth of the range."""

        def make():
            top = high if self.chance(0.5) else min(high, max(low + 8, low + (high - low) // 10))
            return int(low + self.rng.random() * (top - low + 1))

        # A range of few numbers may lie wholly on one side of the split. Numbers may occur twice.
        return self.of_side(make) if high - low >= 40 else make()

    def song(self):
        return self.fresh(lambda: "The {} of {}".format(self.one(SONG_HEADS), self.word(1, 2).capitalize()))

    def message(self):
        form = self.one(MESSAGES)
        slots = dict(
            item=self.item(),
            place=self.place(),
            name=self.name(),
            name2=self.name(),
            number=self.number(2, 99),
            weekday=self.one(WEEKDAYS),
            colour=self.one(COLOURS),
            noun=self.one(NOUNS),
        )
        return form.format(**slots)

    def value(self, kind):
        """A value of a slot's kind: one of the methods above, or a word from a closed list."""
        closed = {
            "weekday": WEEKDAYS,
            "colour": COLOURS,
            "sky": SKIES,
            "drink": DRINKS,
            "direction": DIRECTIONS,
            "plural": PLURALS,
        }
        if kind in closed:
            return self.one(closed[kind])
        ranges = {"count": (2, 60), "gold": (2, 999), "hour": (1, 12), "nights": (2, 60), "sides": (4, 100)}
        if kind in ranges:
            return self.number(*ranges[kind])
        return getattr(self, kind)()
