"""Actions that no dictionary knows: a verb or a quality is made up, so only the tool's description says what
it does.

Their phrasings hold the made-up word as {word}; a near miss is the same form with another word.
"""

from tools import COUNT, DONE, GOLD, ITEM, PLACE, TEXT, WHO, Action

# Qualities that a tool may look up of a person, an item or a place.
QUALITIES = """strength luck height weight title mood rank level wit courage speed fame mana stamina skill
loyalty honour size depth number score balance temper charm karma armour range energy focus guild clan
banner""".split()


def _verb(slots, end):
    """A form "<word> the {item} ...": *end* follows the made-up verb."""
    asks = tuple(
        form.format(end=end)
        for form in (
            "{{word}}{end}",
            "{{word}}{end} for me",
            "{{word}}{end} now",
            "quickly {{word}}{end}",
            "go and {{word}}{end}",
            "try to {{word}}{end}",
            "help me and {{word}}{end}",
            "{{word}}{end} once more",
        )
    )
    says = tuple(
        form.format(end=end)
        for form in (
            "You must {{word}}{end}.",
            "It is time that you {{word}}{end}.",
            "I came so that you {{word}}{end}.",
            "I hear that you can {{word}}{end}. Do it.",
            "Who else could {{word}}{end}? You do it.",
            "Let us {{word}}{end}.",
        )
    )
    return slots, asks, says


# form -> ((slots, asks, says), descriptions of a tool for it, parts of the tool's name, replies)
VERBS = {
    "item": (
        _verb({"item": ITEM}, " the {item}"),
        ("{Word} an item.", "{Word} something.", "Lets the character {word} a thing."),
        ("{word}", "{word}_item", "{word}_it"),
        ("Done, the {item} it is.", "I did it with the {item}."),
    ),
    "name": (
        _verb({"name": WHO}, " {name}"),
        ("{Word} a person.", "{Word} somebody.", "Lets the character {word} someone."),
        ("{word}", "{word}_person", "{word}_somebody"),
        ("I did that to {name}.", "Done, {name} it was."),
    ),
    "place": (
        _verb({"place": PLACE}, " {place}"),
        ("{Word} a place.", "{Word} somewhere.", "Lets the character {word} a location."),
        ("{word}", "{word}_place", "{word}_at"),
        ("Done at {place}.", "{place} it is, done."),
    ),
    "item_name": (
        _verb({"item": ITEM, "name": WHO}, " the {item} with {name}"),
        ("{Word} an item with a person.", "{Word} something with somebody."),
        ("{word}", "{word}_with", "{word}_item"),
        ("Done with {name}.", "The {item} is done, {name} helped."),
    ),
    "item_place": (
        _verb({"item": ITEM, "place": PLACE}, " the {item} at {place}"),
        ("{Word} an item at a place.", "{Word} something somewhere."),
        ("{word}", "{word}_at", "{word}_item"),
        ("Done at {place}.", "The {item} is done."),
    ),
    "count": (
        _verb({"count": COUNT}, " {count} times"),
        ("{Word} a number of times.", "{Word} several times."),
        ("{word}", "{word}_times", "do_{word}"),
        ("I did it {count} times.", "{count} times, done."),
    ),
    "gold": (
        _verb({"gold": GOLD}, " {gold} gold"),
        ("{Word} some gold.", "{Word} a number of coins."),
        ("{word}", "{word}_gold", "{word}_coins"),
        ("{gold} gold, done.", "Done with the {gold} gold."),
    ),
    "nothing": (
        _verb({}, ""),
        ("{Word}.", "Lets the character {word}.", "Start to {word}."),
        ("{word}", "do_{word}", "start_{word}"),
        ("Done.", "There, I did it."),
    ),
    "text": (
        (
            {"text": TEXT},
            (
                "{word} this: {text}",
                "{word}: {text}",
                "{word} these words: {text}",
                "go and {word} this: {text}",
                "{word} the words: {text}",
            ),
            (
                "You must {word} this: {text}.",
                "I want it {word}ed: {text}.",
                "These words you {word}: {text}.",
                "Now {word} what I say: {text}.",
            ),
        ),
        ("{Word} a message.", "{Word} some words."),
        ("{word}", "{word}_text", "{word}_words"),
        ("It is done.", "Your words are out."),
    ),
}
_LOOK_UP_ASKS = (
    "look up the {word} of {of}",
    "check the {word} of {of}",
    "find out the {word} of {of}",
    "tell me the {word} of {of}",
    "get me the {word} of {of}",
    "see what the {word} of {of} is",
    "give me the {word} of {of}",
    "find the {word} of {of}",
)
_LOOK_UP_SAYS = (
    "What is the {word} of {of}?",
    "How about the {word} of {of}?",
    "I want to know the {word} of {of}.",
    "Which {word} does {of} have?",
    "I need the {word} of {of}.",
    "The {word} of {of}, what is it?",
    "What {word} has {of}?",
)
LOOK_UPS = {
    "name": (
        WHO,
        "{name}",
        ("Get the {word} of a person.", "Look up somebody's {word}.", "Returns the {word} of someone."),
    ),
    "item": (
        ITEM,
        "the {item}",
        ("Get the {word} of an item.", "Look up the {word} of a thing.", "Returns an item's {word}."),
    ),
    "place": (
        PLACE,
        "{place}",
        ("Get the {word} of a place.", "Look up a place's {word}.", "Returns the {word} of a location."),
    ),
}
_LOOK_UP_NAMES = ("get_{word}", "{word}_of", "look_up_{word}", "check_{word}", "{word}", "find_{word}")


def form(draw):
    """The form of a made-up action: one of LOOK_UPS or of VERBS."""
    return ("look_up", draw.one(list(LOOK_UPS))) if draw.chance(0.35) else ("verb", draw.one(list(VERBS)))


def action(draw, made_form):
    """An action of this form with a word of its own."""
    kind, key = made_form
    if kind == "verb":
        word = draw.word(1, 2)
        (slots, asks, says), notes, names, replies = VERBS[key]
        result = DONE
    else:
        word = draw.one(QUALITIES) if draw.chance(0.6) else draw.word(1, 2)
        slot, of, notes = LOOK_UPS[key]
        slots, names = {key: slot}, _LOOK_UP_NAMES
        asks = tuple(text.replace("{of}", of) for text in _LOOK_UP_ASKS)
        says = tuple(text.replace("{of}", of) for text in _LOOK_UP_SAYS)
        result = {word: "count"}
        replies = tuple(
            text.replace("{of}", of).replace("{value}", "{" + word + "}")
            for text in ("The {word} of {of} is {value}.", "{value} is the {word} of {of}.", "It is {value}.")
        )
    words = {"word": word, "Word": word.capitalize()}
    return Action(
        "made_up:{}:{}".format(kind, key),
        tuple(name.format(**words) for name in names),
        tuple(note.format(**words) for note in notes),
        slots,
        asks,
        says,
        result,
        replies,
        words,
    )
