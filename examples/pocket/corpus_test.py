"""Properties of the corpus. Run: python3 -m unittest corpus_test (needs jinja2 and numpy, no model)."""

import json
import re
import unittest

import characters
import lexicon
import made_up
import tools
from corpus import conversation
from evaluate import parse_calls
from render import Renderer

COUNT = 400
PLAIN_WORDS = set(
    re.findall(r"\w+", " ".join(note for _, notes, *_ in made_up.VERBS.values() for note in notes).lower())
)


def values_of(made):
    """Every string and number that a call, a fact or a JSON answer of the conversation holds."""
    for expected in made.expected.values():
        for _, arguments in expected.calls:
            yield from arguments.values()
        if expected.kind == "json":
            yield from json.loads(expected.value).values()


def is_split(value):
    """Whether a value is of a kind of which some are held out: no word of a closed list, no number of a small
    range."""
    closed = {
        *lexicon.WEEKDAYS,
        *lexicon.COLOURS,
        *lexicon.SKIES,
        *lexicon.DRINKS,
        *lexicon.DIRECTIONS,
        *characters.ROLES,
    }
    return value not in closed and not (isinstance(value, int) and value <= 12)


class Corpus(unittest.TestCase):
    def test_a_conversation_depends_on_its_seed_and_index_alone(self):
        self.assertEqual(conversation(1, 7).messages, conversation(1, 7).messages)
        self.assertNotEqual(conversation(1, 7).messages, conversation(2, 7).messages)

    def test_training_draws_no_value_that_evaluation_draws(self):
        for side, held_out in (("trained", False), ("held_out", True)):
            for index in range(COUNT):
                for value in values_of(conversation("test", index, side)):
                    # A message is put together from values and is none itself.
                    if is_split(value) and len(str(value).split()) < 3:
                        self.assertEqual(lexicon.is_held_out(value), held_out, value)

    def test_phrasings_are_split_without_overlap(self):
        lists = [action.asks for action in tools.ACTIONS.values()]
        lists += [fact.asks for fact in characters.FACTS.values()]
        for phrases in lists:
            trained, held_out = lexicon.split_phrases(tuple(phrases))
            self.assertTrue(trained and held_out)
            self.assertFalse(set(trained) & set(held_out))

    def test_every_value_of_a_call_stands_in_what_the_user_said(self):
        for index in range(COUNT):
            made = conversation("test", index)
            for place, expected in made.expected.items():
                said = made.messages[place - 1]["content"].lower()
                for _, arguments in expected.calls:
                    for value in arguments.values():
                        self.assertIn(str(value).lower(), said)

    def test_a_known_fact_stands_in_the_prompt_or_in_an_earlier_turn_and_in_the_answer(self):
        for index in range(COUNT):
            made = conversation("test", index)
            for place, expected in made.expected.items():
                if expected.kind == "known":
                    before = made.messages[:place]
                    earlier = " ".join(
                        message["content"] for message in before if message["role"] != "assistant"
                    )
                    self.assertIn(expected.value, earlier)
                    self.assertIn(expected.value, made.messages[place]["content"])

    def test_kinds_that_oppose_each_other_are_balanced(self):
        counts = {}
        for index in range(4 * COUNT):
            made = conversation("test", index)
            for expected in made.expected.values():
                if made.tools or expected.kind != "no_call":
                    counts[expected.kind] = counts.get(expected.kind, 0) + 1
        self.assertLess(abs(counts["unknown"] / counts["known"] - 1), 0.35, counts)
        self.assertGreater(counts["no_call"] / counts["call"], 0.5, counts)

    def test_no_tool_that_would_fit_is_listed_where_none_is_called(self):
        notes = {note: key for key, action in tools.ACTIONS.items() for note in action.notes}
        patterns = {}
        for key, action in tools.ACTIONS.items():
            for phrase in action.asks + action.says:
                text = re.escape(phrase.lower().rstrip(".?!"))
                patterns.setdefault(key, []).append(re.compile(re.sub(r"\\{\w+\\}", ".+", text)))
        for index in range(COUNT):
            made = conversation("test", index)
            described = [tool["function"]["description"] for tool in made.tools or ()]
            listed = [notes[text] for text in described if text in notes]
            strange = [text for text in described if text not in notes]
            for place, expected in made.expected.items():
                if expected.kind == "no_call":
                    said = made.messages[place - 1]["content"].lower()
                    fitting = [
                        key for key, forms in patterns.items() if any(form.search(said) for form in forms)
                    ]
                    # What fits no action is a made-up one, and its word stands in no tool.
                    self.assertTrue(set(fitting) - set(listed) or not fitting, said)
                    if not fitting:
                        words = set(re.findall(r"\w+", " ".join(strange).lower())) - PLAIN_WORDS
                        self.assertFalse(words & set(re.findall(r"\w+", said)), (said, strange))

    def test_rendered_calls_are_read_back(self):
        renderer = Renderer()
        for index in range(COUNT):
            made = conversation("test", index)
            if made.tools:
                turns = re.findall(
                    r"<\|im_start\|>assistant\n(.*?)<\|im_end\|>",
                    renderer.text(made.messages, made.tools),
                    re.S,
                )
                wanted = [list(expected.calls) for expected in made.expected.values()]
                self.assertEqual([parse_calls(turn)[0] for turn in turns], wanted)


if __name__ == "__main__":
    unittest.main()
