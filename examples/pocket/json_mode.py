"""Conversations in JSON mode: a schema in the system prompt, and answers that are one object of it."""

import json

from conversation import Conversation, Expectation, JSON_TYPES

# kind of thing -> (fields: key names and kind of value, sentences that hold them all)
THINGS = (
    (
        (("name", "who", "person"), "name"),
        (("age", "years", "years_old"), "count"),
        (("home", "town", "place"), "place"),
        (
            "{0} is {1} years old and lives in {2}.",
            "In {2} lives {0}, aged {1}.",
            "Meet {0} from {2}, {1} years old.",
            "{1} years of age, from {2}: {0}.",
            "{0}, {1}, of {2}.",
        ),
    ),
    (
        (("item", "ware", "article"), "item"),
        (("price", "gold", "cost"), "gold"),
        (("left", "count", "stock"), "count"),
        (
            "The {0} costs {1} gold and there are {2} left.",
            "{2} pieces of the {0} at {1} gold each.",
            "We have {2} of the {0}, {1} gold apiece.",
            "On offer: {0}, {1} gold, {2} in stock.",
            "For {1} gold you get the {0}, {2} remain.",
        ),
    ),
    (
        (("guest", "name", "visitor"), "name"),
        (("nights", "stay", "duration"), "nights"),
        (("day", "arrival", "from_day"), "weekday"),
        (
            "{0} comes on {2} and stays {1} nights.",
            "A room for {0}, {1} nights from {2} on.",
            "From {2} on {0} needs a bed for {1} nights.",
            "{1} nights for {0}, starting {2}.",
            "Expect {0} on {2} for {1} nights.",
        ),
    ),
    (
        (("finder", "hero", "name"), "name"),
        (("found", "item", "object"), "item"),
        (("where", "place", "site"), "place"),
        (
            "{0} found a {1} at {2}.",
            "At {2} a {1} was found by {0}.",
            "The {1} of {2} now belongs to {0}.",
            "{0} brought a {1} from {2}.",
            "In {2}, {0} dug up a {1}.",
        ),
    ),
    (
        (("ship", "boat", "vessel"), "name"),
        (("crew", "sailors", "men"), "count"),
        (("harbour", "port", "home_port"), "place"),
        (
            "The {0} with {1} sailors lies at {2}.",
            "{1} sailors serve on the {0} of {2}.",
            "At {2} you find the {0}, crew of {1}.",
            "The {0} left {2} with {1} sailors.",
            "Crew of {1}, home port {2}: the {0}.",
        ),
    ),
)
SYSTEM = (
    "You are a helpful assistant that answers in JSON. Here's the json schema you must adhere to:\n"
    "<schema>\n{}\n</schema>"
)


def json_conversation(draw, turns):
    *fields, sentences = draw.one(THINGS)
    order = draw.some(range(len(fields)), draw.rng.randint(2, len(fields)))
    keys = [draw.word(1, 2) if draw.chance(0.12) else draw.one(fields[index][0]) for index in order]
    if len(set(keys)) < len(keys):
        keys = [fields[index][0][0] for index in order]
    kinds = [fields[index][1] for index in order]
    properties = {}
    for key, kind, index in zip(keys, kinds, order):
        properties[key] = {"type": JSON_TYPES.get(kind, "string")}
        if fields[index][0][0] != key:
            properties[key]["description"] = fields[index][0][0]
    schema = {"type": "object", "properties": properties, "required": keys}
    messages, expected = [
        {"role": "system", "content": SYSTEM.format(json.dumps(schema, ensure_ascii=False))}
    ], {}
    for _ in range(turns):
        values = [draw.value(field[1]) for field in fields]
        line = draw.phrase(sentences).format(*values)
        messages.append({"role": "user", "content": line[0].upper() + line[1:]})
        answer = json.dumps({key: values[index] for key, index in zip(keys, order)}, ensure_ascii=False)
        expected[len(messages)] = Expectation("json", value=answer)
        messages.append({"role": "assistant", "content": answer})
    return Conversation(messages, None, expected, "json")
