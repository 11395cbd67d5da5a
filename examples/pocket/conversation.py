"""Composes one conversation: system prompt, tools, turns, and what each of the assistant's turns is expected
to hold.

Every question of fact and every request for an action comes from a balanced pair: with and without its
ground. The same line asks for a fact that stands in the prompt or for one that does not, and for an action
whose tool is listed or is not.
"""

import dataclasses
import json
import re

import characters as cast
import lexicon
import made_up
import role_talk
import tools as catalogue


@dataclasses.dataclass
class Expectation:
    """What an assistant's turn must be. *kind*: call, no_call, known, unknown, result, chat, role or json."""

    kind: str
    value: str = ""  # for known, result and role: must occur in the reply
    other: str = ""  # for role: may occur in its place
    calls: tuple = ()  # for call: (name, arguments) in order


@dataclasses.dataclass
class Conversation:
    messages: list
    tools: list | None  # None: the default template
    expected: dict = dataclasses.field(default_factory=dict)  # index of a message -> Expectation
    form: str = "tool_use"


# What a fact in the prompt would answer as well as a tool would: one of them at a time, so that each line has
# one answer.
SAME_QUESTION = {"price": ("bed", "meal", "toll"), "find": ("seeks",)}
REFUSABLE = tuple(key for key in catalogue.ACTIONS if key not in SAME_QUESTION)

MADE_UP_SHARE = 0.15  # of the tools that are listed, and of the requests that no tool fits

JSON_TYPES = {
    "gold": "integer",
    "count": "integer",
    "hour": "integer",
    "nights": "integer",
    "sides": "integer",
}


def with_articles(text):
    """Turns "a axe" into "an axe"."""
    return re.sub(r"\b([Aa]) (?=[aeiou])", r"\1n ", text)


# Words that a line may begin with in lower case; a name may not.
COMMON_STARTS = frozenset(
    """The What Who Where When How Is Are Do Does Can Could Would Will Please Tell Give Take Bring Make
    Put Let Go Send Show Open Close Set Find My Your This That There We You It Which Hello Good Hey
    Thank Get Book Buy Sell Play Sing Ring Wake Roll Check Look Write Pay Hand Now Then First Have Did
    Why""".split()
)


def hasty(text):
    """As somebody types who is in a hurry: no full stop, and often no capital."""
    text = text.rstrip(".?!")
    first = text.split(" ", 1)[0]
    return text[0].lower() + text[1:] if first in COMMON_STARTS else text


def ask_of(template, verb_phrase):
    return template.format(ask=verb_phrase, Ask=verb_phrase[0].upper() + verb_phrase[1:])


class DeclaredTool:
    """An action under the name and keys that this conversation gives it."""

    def __init__(self, draw, action, taken):
        self.action = action
        self.name = self._name(draw, taken)
        self.keys = {}
        for slot, spec in self.action.slots.items():
            made_up = draw.chance(0.12)
            key = draw.word(1, 2) if made_up else draw.one(spec.keys)
            while key in self.keys.values():
                key = draw.word(1, 2)
            self.keys[slot] = key
        if draw.chance(0.3):
            order = draw.some(self.keys, len(self.keys))
            self.keys = {slot: self.keys[slot] for slot in order}
        self.note = draw.one(self.action.notes)
        with_notes = draw.chance(0.5)
        slots = self.action.slots
        self.key_notes = {slot: draw.one(slots[slot].notes) if with_notes else None for slot in self.keys}

    def _name(self, draw, taken):
        for _ in range(100):
            style = draw.rng.random()
            if style < 0.15:
                name = draw.word(2, 2) if draw.chance(0.5) else draw.word(1, 2) + "_" + draw.word(1, 2)
            else:
                name = draw.one(self.action.names)
                if style < 0.27:
                    head, *rest = name.split("_")
                    name = head + "".join(word.capitalize() for word in rest)
                elif style < 0.33:
                    name = draw.one(("game_", "npc_", "do_", "world_")) + name
            if name not in taken:
                return name
        raise RuntimeError("100 draws gave no tool name that is not taken")

    def schema(self):
        properties = {}
        for slot, key in self.keys.items():
            kind = self.action.slots[slot].kind
            properties[key] = {"type": JSON_TYPES.get(kind, "string")}
            if kind == "direction" and self.key_notes[slot]:
                properties[key]["enum"] = list(lexicon.DIRECTIONS)
            if self.key_notes[slot]:
                properties[key]["description"] = self.key_notes[slot]
        parameters = {"type": "object", "properties": properties, "required": list(self.keys.values())}
        return {
            "type": "function",
            "function": {"name": self.name, "description": self.note, "parameters": parameters},
        }

    def arguments(self, values):
        return {key: values[slot] for slot, key in self.keys.items()}


class Composer:
    """Builds one conversation from a `Draw`."""

    def __init__(self, draw):
        self.draw = draw
        self.messages = []
        self.expected = {}
        self.declared = {}
        self.catchword = None
        self.told = {}
        self.facts = {}
        self.actions = catalogue.ACTIONS  # with those that are made up for this conversation
        self.slots = {"self": "Pocket", "role": "", "place": ""}

    def system(self, persona, facts):
        """The persona and then the facts: as running text, as lines, or as a list."""
        style = self.draw.rng.random()
        if style < 0.7 or not facts:
            text = " ".join(persona + facts)
        elif style < 0.85:
            text = "\n".join([" ".join(persona)] + facts)
        else:
            text = "\n".join([" ".join(persona)] + ["- " + fact for fact in facts])
        self.messages.append({"role": "system", "content": with_articles(text)})

    # Turns.

    def user(self, text):
        text = with_articles(text)
        if self.draw.chance(0.08):
            text = hasty(text)
        self.messages.append({"role": "user", "content": text})

    def reply(self, text, expectation):
        text = (self.catchword or "") + with_articles(text)
        self.expected[len(self.messages)] = expectation
        self.messages.append({"role": "assistant", "content": text})

    # The system prompt.

    def persona(self, with_place=True):
        draw = self.draw
        self.slots = {
            "self": draw.name(),
            "role": draw.one(cast.ROLES),
            "place": draw.place() if with_place else "",
        }
        parts = [draw.one(cast.INTROS if with_place else cast.SHORT_INTROS).format(**self.slots)]
        if draw.chance(0.4):
            parts.append(draw.one(cast.MOODS))
        if draw.chance(0.5):
            catch = draw.word(1, 2).capitalize() if draw.chance(0.25) else draw.one(cast.CATCHWORDS)
            catch += draw.one((".", ".", "!"))
            parts.append(draw.one(cast.MANNERS).format(catch=catch))
            self.catchword = catch + " "
        return [part for part in parts if part]

    def open_facts(self, keys):
        """Those of *keys* that no declared tool would answer."""
        closed = [key for tool in self.declared for key in SAME_QUESTION.get(tool, ())]
        return [key for key in keys if key not in closed]

    def facts_of_self(self, count):
        lines = []
        for key in self.draw.some(self.open_facts(cast.FACTS), count):
            self.facts[key] = str(self.draw.value(cast.FACTS[key].kind))
            lines.append(self.draw.one(cast.FACTS[key].states).format(v=self.facts[key]))
        return lines

    def facts_of_others(self, count):
        """A small table: wares with prices, neighbours with homes or with trades."""
        draw = self.draw
        forms = [
            form
            for form, tool in ((cast.WARES, "price"), (cast.NEIGHBOURS, "find"), (cast.TRADES, None))
            if tool not in self.declared
        ]
        form = draw.one(forms)
        key_kind, value_kind = {
            id(cast.WARES): ("item", "gold"),
            id(cast.NEIGHBOURS): ("name", "place"),
            id(cast.TRADES): ("name", "role"),
        }[id(form)]
        roles = iter(draw.some(cast.ROLES, count + 1))
        rows = [
            (draw.value(key_kind), next(roles) if value_kind == "role" else draw.value(value_kind))
            for _ in range(count)
        ]
        self.table = (form, key_kind, rows)
        state = draw.one(form[0])
        return [
            (state if draw.chance(0.6) else draw.one(form[0])).format(k=key, v=value) for key, value in rows
        ]

    # Questions of fact, each of a balanced pair.

    def question(self):
        draw = self.draw
        choice = draw.rng.random()
        if choice < 0.15:
            return self.question_of_self()
        if choice < 0.5 and getattr(self, "table", None):
            return self.question_of_table()
        # More than half, since prompts without any fact add to the unknown.
        known = draw.chance(0.62)
        if known and self.facts:
            key = draw.one(list(self.facts))
        else:
            # An absent fact is, half of the time, the near twin of one that is there.
            twins = [cast.FACTS[key].near for key in self.facts if cast.FACTS[key].near not in self.facts]
            absent = self.open_facts(key for key in cast.FACTS if key not in self.facts)
            twins = self.open_facts(twins)
            key = draw.one(twins) if twins and draw.chance(0.5) else draw.one(absent)
        fact = cast.FACTS[key]
        self.user(self.inquired(draw.phrase(fact.asks)))
        self.answer(fact, self.facts.get(key))

    def answer(self, fact, value):
        if value is None:
            self.reply(self.draw.one(cast.UNKNOWN).format(topic=fact.topic), Expectation("unknown"))
        else:
            self.reply(self.draw.one(fact.answers).format(v=value), Expectation("known", value=value))

    def question_of_table(self):
        draw = self.draw
        form, key_kind, rows = self.table
        _, asks, answers, topic = form
        known = draw.chance(0.5)
        key, value = draw.one(rows) if known else (draw.value(key_kind), None)
        self.user(self.inquired(draw.phrase(asks).format(k=key)))
        if known:
            self.reply(draw.one(answers).format(k=key, v=value), Expectation("known", value=str(value)))
        else:
            text = draw.one(cast.UNKNOWN).format(topic=topic.format(k=key))
            self.reply(text, Expectation("unknown"))

    def question_of_self(self):
        draw = self.draw
        choices = [(cast.SELF_ASKS, cast.SELF_ANSWERS, "self"), (cast.ROLE_ASKS, cast.ROLE_ANSWERS, "role")]
        if not self.slots["role"]:
            # Without a system prompt it has a name and nothing else, which stands nowhere and so is no fact.
            self.user(self.inquired(draw.phrase(cast.SELF_ASKS)))
            self.reply(draw.one(cast.NOBODY), Expectation("chat"))
            return
        if self.slots["place"]:
            choices.append((cast.HOME_ASKS, cast.HOME_ANSWERS, "place"))
        asks, answers, slot = draw.one(choices)
        self.user(self.inquired(draw.phrase(asks)))
        self.reply(draw.one(answers).format(**self.slots), Expectation("known", value=self.slots[slot]))

    def tell(self):
        """The user tells something of themselves."""
        draw = self.draw
        left = self.open_facts(key for key in cast.TOLD if key not in self.told)
        if not left:
            return self.recall()
        key = draw.one(left)
        self.told[key] = str(draw.value(cast.TOLD[key].kind))
        self.user(self.opened(draw.phrase(cast.TOLD[key].states).format(v=self.told[key])))
        self.reply(draw.one(cast.TOLD_REPLIES), Expectation("chat"))

    def recall(self):
        """The user asks for something that they told earlier, or did not."""
        draw = self.draw
        left = [key for key in cast.TOLD if key not in self.told]
        key = draw.one(list(self.told)) if self.told and (draw.chance(0.5) or not left) else draw.one(left)
        self.user(self.inquired(draw.phrase(cast.TOLD[key].asks)))
        self.answer(cast.TOLD[key], self.told.get(key))

    # Talk.

    def opened(self, text):
        return self.draw.one(catalogue.OPENERS) + " " + text if self.draw.chance(0.15) else text

    def inquired(self, text):
        """A question, as it is or inside a sentence; "I" and names keep their capital."""
        if not text.endswith("?") or not self.draw.chance(0.4):
            return self.opened(text)
        inner = text if text.startswith("I ") else text[0].lower() + text[1:]
        return self.draw.phrase(catalogue.QUESTIONS).format(ask=inner, Ask=text)

    def small_talk(self):
        if self.slots["role"] and self.draw.chance(0.25):
            asks, replies = role_talk.ASKS, role_talk.LINES[self.slots["role"]]
        else:
            asks, replies = self.draw.one(cast.SMALL_TALK)
        self.user(self.draw.phrase(asks))
        self.reply(self.draw.one(replies), Expectation("chat"))

    def break_role(self):
        if not self.slots["role"]:
            return self.small_talk()
        self.user(self.opened(self.draw.phrase(cast.ROLE_BREAKS)))
        self.reply(
            self.draw.one(cast.ROLE_KEEPS).format(**self.slots),
            Expectation("role", value=self.slots["self"], other=self.slots["role"]),
        )

    # Tools.

    def declare(self, count):
        """Declares *count* tools; half of the time the rest are near misses of the first, and some are made
        up."""
        draw = self.draw
        first = draw.one(list(catalogue.ACTIONS))
        group = [key for key in catalogue.GROUPS[catalogue.ACTIONS[first].group] if key != first]
        others = [key for key in catalogue.ACTIONS if key != first]
        chosen = [first]
        while len(chosen) < count:
            key = draw.one(group) if group and draw.chance(0.5) else draw.one(others)
            if key not in chosen:
                chosen.append(key)
        form = made_up.form(draw)
        for place in range(count):
            if draw.chance(MADE_UP_SHARE):
                chosen[place] = self.invent(form)
                form = form if draw.chance(0.6) else made_up.form(draw)
        draw.rng.shuffle(chosen)
        for key in chosen:
            taken = [tool.name for tool in self.declared.values()]
            self.declared[key] = DeclaredTool(draw, self.actions[key], taken)

    def invent(self, form):
        """A made-up action of this form: returns the key of it."""
        action = made_up.action(self.draw, form)
        key = "{}:{}".format(action.group, action.words["word"])
        self.actions = {**self.actions, key: action}
        return key

    def asked(self, key):
        """A user's line that asks for the action, and the values in it."""
        draw = self.draw
        action = self.actions[key]
        values = {slot: draw.value(spec.kind) for slot, spec in action.slots.items()}
        filled = {**values, **action.words}
        if draw.chance(0.72):
            # A message runs to the end of its line, so nothing may follow it.
            ends = "text" in values
            wrapper = draw.one(catalogue.PLAIN_WRAPPERS) if ends else draw.phrase(catalogue.WRAPPERS)
            line = ask_of(wrapper, draw.phrase(action.asks).format(**filled))
        else:
            line = draw.phrase(action.says).format(**filled)
        return self.opened(line[0].upper() + line[1:]), values

    def action_turn(self, listed):
        """A request for an action: one that is listed is called, one that is not is refused."""
        draw = self.draw
        if listed:
            key = draw.one(list(self.declared))
            line, values = self.asked(key)
            self.user(line)
            self.call([(key, values)])
        elif draw.chance(MADE_UP_SHARE):
            self.refuse_made_up()
        else:
            near = [
                other
                for key in self.declared
                for other in catalogue.GROUPS.get(self.actions[key].group, ())
                if other not in self.declared
            ]
            # Without its tool, "How much is the rope?" is a question of fact and no action.
            near = [key for key in near if key not in SAME_QUESTION]
            absent = [key for key in REFUSABLE if key not in self.declared]
            key = draw.one(near) if near and draw.chance(0.5) else draw.one(absent)
            self.user(self.asked(key)[0])
            self.reply(draw.one(catalogue.NO_TOOL), Expectation("no_call"))

    def refuse_made_up(self):
        """A request for a made-up action that no tool does; of a form that is listed, if there are any."""
        draw = self.draw
        listed = [tuple(key.split(":")[1:3]) for key in self.declared if key.startswith("made_up:")]
        key = self.invent(draw.one(listed) if listed and draw.chance(0.8) else made_up.form(draw))
        if key in self.declared:
            return self.action_turn(True)
        line, values = self.asked(key)
        self.user(line)
        if not key.startswith("made_up:look_up:"):
            self.reply(draw.one(catalogue.NO_TOOL), Expectation("no_call"))
            return
        _, of, _ = made_up.LOOK_UPS[key.split(":")[2]]
        topic = "the {} of {}".format(self.actions[key].words["word"], of.format(**values))
        self.reply(draw.one(cast.UNKNOWN).format(topic=topic), Expectation("unknown"))

    def pair_turn(self):
        """Two calls in one turn: of two tools, or of one tool twice."""
        draw = self.draw
        # A message has no end inside a sentence.
        fit = [key for key in self.declared if "text" not in self.actions[key].slots]
        if not fit:
            return self.action_turn(True)
        keys = [draw.one(fit), draw.one(fit)]
        asks, calls = [], []
        for key in keys:
            action = self.actions[key]
            values = {slot: draw.value(spec.kind) for slot, spec in action.slots.items()}
            asks.append(draw.phrase(action.asks).format(**values, **action.words))
            calls.append((key, values))
        line = draw.phrase(catalogue.PAIRS).format(a=asks[0], b=asks[1])
        self.user(self.opened(line[0].upper() + line[1:]))
        self.call(calls)

    def call(self, calls):
        tool_calls = []
        for key, values in calls:
            tool = self.declared[key]
            tool_calls.append((tool.name, tool.arguments(values)))
        self.expected[len(self.messages)] = Expectation("call", calls=tuple(tool_calls))
        self.messages.append(
            {
                "role": "assistant",
                "content": "",
                "tool_calls": [
                    {"type": "function", "function": {"name": name, "arguments": arguments}}
                    for name, arguments in tool_calls
                ],
            }
        )
        if not self.draw.chance(0.93):
            # The host may go on without a result only where the conversation ends here.
            self.ended = True
            return
        sentences, needed = [], ""
        wrapped = self.draw.chance(0.3)
        for key, values in calls:
            result, sentence, value = self.result(key, values)
            sentences.append(sentence)
            needed = needed or value
            if wrapped:
                result = {"name": self.declared[key].name, "content": result}
            self.messages.append({"role": "tool", "content": json.dumps(result, ensure_ascii=False)})
        self.reply(" ".join(sentences), Expectation("result", value=needed))

    def result(self, key, values):
        """(what the tool answers, the sentence on it, the value that the sentence must hold)."""
        draw = self.draw
        action = self.actions[key]
        if draw.chance(0.15):
            error = draw.one(catalogue.ERRORS)
            return {"error": error}, draw.one(catalogue.FAILED).format(error=error), error
        made = {name: kind if name == "status" else draw.value(kind) for name, kind in action.result.items()}
        sentence = draw.one(action.replies).format(**{**values, **action.words, **made})
        needed = next((str(value) for name, value in made.items() if name != "status"), "")
        return made, sentence[0].upper() + sentence[1:], needed if needed in sentence else ""

    # Whole conversations.

    def with_tools(self, turns, tool_count):
        draw = self.draw
        nobody = draw.chance(0.06)
        system = [] if nobody else self.persona(with_place=draw.chance(0.6))
        self.declare(tool_count)
        body = [] if nobody else self.facts_of_self(draw.rng.randint(0, 4))
        if not nobody and draw.chance(0.35):
            body += self.facts_of_others(draw.rng.randint(2, 4))
        draw.rng.shuffle(body)
        schemas = [tool.schema() for tool in self.declared.values()]
        if not nobody:
            self.system(system, body)
        self.ended = False
        while turns > 0 and not self.ended:
            self.turn_with_tools()
            turns -= 1
        return Conversation(self.messages, schemas, self.expected, "tool_use")

    def turn_with_tools(self):
        choice = self.draw.rng.random()
        if choice < 0.34:
            self.action_turn(True)
        elif choice < 0.60:
            self.action_turn(False)
        elif choice < 0.67:
            self.pair_turn()
        elif choice < 0.85:
            self.question()
        elif choice < 0.92:
            self.recall() if self.told and self.draw.chance(0.6) else self.tell()
        elif choice < 0.97:
            self.small_talk()
        else:
            self.break_role()

    def without_tools(self, turns):
        draw = self.draw
        if not draw.chance(0.08):
            system = self.persona(with_place=draw.chance(0.7))
            body = self.facts_of_self(draw.rng.randint(0, 6))
            if draw.chance(0.5):
                body += self.facts_of_others(draw.rng.randint(2, 4))
            draw.rng.shuffle(body)
            self.system(system, body)
        for _ in range(turns):
            choice = draw.rng.random()
            if choice < 0.58:
                self.question()
            elif choice < 0.70:
                self.tell()
            elif choice < 0.82:
                self.recall()
            elif choice < 0.91:
                self.small_talk()
            elif choice < 0.97:
                self.break_role()
            else:
                self.user(self.asked(draw.one(REFUSABLE))[0])
                self.reply(draw.one(catalogue.NO_TOOL), Expectation("no_call"))
        return Conversation(self.messages, None, self.expected, "default")
