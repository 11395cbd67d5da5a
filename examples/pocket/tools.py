"""The actions that characters can do: how users ask for them, how tools for them are declared, what they
answer.

An action is no tool: each conversation declares its tools anew, with a name, keys and descriptions drawn from
here or made up, so that the schema has to be read.
"""

import dataclasses

from lexicon import sections


@dataclasses.dataclass(frozen=True)
class Slot:
    kind: str  # a kind of `Draw.value`
    keys: tuple  # names that a parameter may have
    notes: tuple  # descriptions of it


@dataclasses.dataclass(frozen=True)
class Action:
    group: str  # actions of one group are near misses of one another
    names: tuple
    notes: tuple
    slots: dict  # slot -> Slot, in order
    asks: tuple  # verb phrases, to be wrapped by WRAPPERS; from requests.txt, as the next
    says: tuple  # whole sentences
    result: dict  # what the tool answers: key -> kind, or key -> a constant
    replies: tuple  # what the character then says
    words: dict = dataclasses.field(default_factory=dict)  # what the phrasings hold beside the slots


WHO = Slot("name", ("name", "person", "who", "recipient", "target", "to"), ("name of the person", "who it is",
                                                                            "the person"))
ITEM = Slot("item", ("item", "object", "thing", "what", "goods", "article"), ("the item", "which thing",
                                                                              "name of the item"))
PLACE = Slot("place", ("place", "location", "destination", "where", "site"), ("the place", "where",
                                                                              "name of the place"))
GOLD = Slot("gold", ("gold", "amount", "coins", "sum", "price"), ("number of coins", "how much gold",
                                                                  "gold pieces"))
COUNT = Slot("count", ("count", "quantity", "number", "how_many", "n"), ("how many", "the number of them",
                                                                         "quantity"))
TEXT = Slot("message", ("text", "message", "words", "content", "body"), ("what to say", "the words",
                                                                         "the message"))
DONE = {"status": "done"}


def _action(group, names, notes, slots, result, replies):
    return Action(group, tuple(names.split()), tuple(notes), slots, (), (), result, tuple(replies))


_DECLARED = {
    "give": _action(
        "hand", "give_item hand_over transfer_item pass_item deliver",
        ["Give an item to a person.", "Hand something over to somebody.", "Pass an item on to a person."],
        {"item": ITEM, "name": WHO},
        DONE, ["{name} has the {item} now.", "The {item} is with {name}.",
               "Done. I gave {name} the {item}."]),
    "take": _action(
        "hand", "take_item collect_item fetch_from claim_back",
        ["Take an item from a person.", "Collect something from somebody.",
         "Get an item back from a person."],
        {"item": ITEM, "name": WHO},
        DONE, ["I took the {item} from {name}.", "The {item} is no longer with {name}.",
               "{name} gave up the {item}."]),
    "pay": _action(
        "hand", "pay_gold pay give_coins transfer_gold send_money",
        ["Pay gold to a person.", "Give coins to somebody.", "Transfer money to a person."],
        {"gold": GOLD, "name": WHO},
        DONE, ["{name} got the {gold} gold.", "I paid {name} {gold} coins.",
               "The {gold} coins are with {name}."]),
    "tell": _action(
        "word", "send_message tell_person send_letter pass_word notify",
        ["Send a message to a person.", "Tell somebody something.", "Carry words to a person."],
        {"name": WHO, "text": TEXT},
        DONE, ["{name} has your message.", "I sent word to {name}.", "{name} knows now."]),
    "announce": _action(
        "word", "announce shout_out proclaim make_announcement",
        ["Announce something to everybody.", "Say words aloud to all people here.",
         "Proclaim a message in public."],
        {"text": TEXT},
        DONE, ["Everybody heard it.", "It is announced.", "The people know now."]),
    "sell": _action(
        "trade", "sell_item sell vend sell_goods",
        ["Sell an item to the customer at a price.", "Sell something for gold.",
         "Let the customer buy an item."],
        {"item": ITEM, "gold": GOLD},
        DONE, ["Sold. The {item} is yours for {gold} gold.", "The {item} is yours.",
               "{gold} gold it is. Enjoy the {item}."]),
    "buy": _action(
        "trade", "buy_item purchase buy_goods acquire",
        ["Buy an item from the customer at a price.", "Buy something for gold.",
         "Purchase an item that is offered."],
        {"item": ITEM, "gold": GOLD},
        DONE, ["I bought your {item} for {gold} gold.", "Your {item} is mine now.",
               "{gold} gold for you, the {item} for me."]),
    "swap": _action(
        "trade", "swap trade_items barter exchange",
        ["Swap one item for another.", "Trade an item for another item.", "Exchange two items."],
        {"item": Slot("item", ("offer", "give", "offered", "mine"), ("what the customer gives",
                                                                     "the item offered")),
         "other": Slot("item", ("receive", "get", "wanted", "yours"), ("what the customer gets",
                                                                       "the item wanted"))},
        DONE, ["A {other} for the {item}, deal.", "The {other} is yours, the {item} is mine.",
               "A fair trade: {item} for {other}."]),
    "price": _action(
        "trade", "check_price look_up_price get_price price_of",
        ["Look up the price of an item.", "Find out what an item costs.", "Get the price of something."],
        {"item": ITEM},
        {"price": "gold"}, ["The {item} costs {price} gold.", "{price} gold for the {item}.",
                            "You pay {price} gold for the {item}."]),
    "stock": _action(
        "trade", "check_stock count_stock stock_of inventory",
        ["Count how many of an item are in stock.", "Check the stock of an item.",
         "See how many pieces are left."],
        {"item": ITEM},
        {"left": "count"}, ["There are {left} of the {item}.", "I have {left} of those.",
                            "{left} left of the {item}."]),
    "set_price": _action(
        "trade", "set_price change_price mark_price update_price",
        ["Set the price of an item.", "Change what an item costs.", "Put a new price on something."],
        {"item": ITEM, "gold": GOLD},
        DONE, ["The {item} costs {gold} gold now.", "New price for the {item}: {gold} gold.",
               "Marked at {gold} gold."]),
    "travel": _action(
        "way", "travel_to go_to walk_to move_to",
        ["Travel to a place.", "Go to a place.", "Walk somewhere."],
        {"place": PLACE},
        {"days": "count"}, ["{place} lies {days} days away.", "We reach {place} in {days} days.",
                            "To {place}, {days} days."]),
    "map": _action(
        "way", "mark_on_map mark_place add_marker pin_location",
        ["Mark a place on the map.", "Put a marker on the map.", "Pin a place on the map."],
        {"place": PLACE},
        DONE, ["{place} is on your map.", "I marked {place}.", "Look at your map: {place}."]),
    "open": _action(
        "way", "open_gate open_door unlock unbar",
        ["Open the gate of a place.", "Unlock the door of a place.", "Open up a place."],
        {"place": PLACE},
        DONE, ["The way into {place} is open.", "{place} is open.", "I opened {place}."]),
    "close": _action(
        "way", "close_gate lock_door shut_gate bar_door",
        ["Close the gate of a place.", "Lock the door of a place.", "Shut a place."],
        {"place": PLACE},
        DONE, ["{place} is shut.", "Nobody gets into {place} now.", "I locked {place}."]),
    "ferry": _action(
        "way", "ferry_across book_crossing cross_river sail_to",
        ["Take passengers over the water to a place.", "Book a crossing by boat.",
         "Sail with people to a place."],
        {"count": Slot("count", ("passengers", "people", "seats", "travellers"), ("how many people",
                                                                                  "number of passengers")),
         "place": PLACE},
        {"fare": "gold"}, ["{count} people to {place}, that is {fare} gold.", "The fare is {fare} gold.",
                           "To {place} for {fare} gold."]),
    "craft": _action(
        "work", "craft_item forge make_item build",
        ["Make items of a kind.", "Craft a number of items.", "Forge new items."],
        {"item": ITEM, "count": COUNT},
        {"ready": "weekday"}, ["Your {count} pieces are ready on {ready}.",
                               "Come back on {ready} for the {item}.", "Ready on {ready}."]),
    "repair": _action(
        "work", "repair_item mend fix restore",
        ["Repair a broken item.", "Mend something.", "Fix an item."],
        {"item": ITEM},
        {"cost": "gold"}, ["The {item} is mended, that is {cost} gold.", "Repaired for {cost} gold.",
                           "{cost} gold for the {item}, good as new."]),
    "brew": _action(
        "work", "brew_potion brew mix_potion cook",
        ["Brew potions.", "Mix a number of potions.", "Cook potions in the cauldron."],
        {"colour": Slot("colour", ("colour", "kind", "sort"), ("colour of the potion", "which potion")),
         "count": COUNT},
        DONE, ["Your {count} {colour} potions are ready.", "{count} {colour} potions, fresh and hot.",
               "The {colour} potions are done."]),
    "sharpen": _action(
        "work", "sharpen polish_item clean_item oil_item",
        ["Sharpen and clean an item.", "Polish an item.", "Clean something until it shines."],
        {"item": ITEM},
        DONE, ["Your {item} shines.", "The {item} is clean and sharp.", "See how the {item} gleams."]),
    "heal": _action(
        "people", "heal_person heal treat cure",
        ["Heal a person.", "Treat somebody's wounds.", "Cure a person who is ill."],
        {"name": WHO},
        {"health": "count"}, ["{name} is at {health} health again.", "{name} has {health} health now.",
                              "{name} rests, health {health}."]),
    "find": _action(
        "people", "find_person locate_person where_is track",
        ["Find out where a person is.", "Look for somebody.", "Locate a person."],
        {"name": WHO},
        {"seen_at": "place"}, ["{name} was seen at {seen_at}.", "Look for {name} at {seen_at}.",
                               "{name} is at {seen_at}."]),
    "arrest": _action(
        "people", "arrest_person arrest seize detain",
        ["Arrest a person.", "Seize somebody and lock them up.", "Detain a person."],
        {"name": WHO},
        {"cell": "count"}, ["{name} sits in cell {cell}.", "{name} is locked up, cell {cell}.",
                            "Cell {cell} for {name}."]),
    "follow": _action(
        "people", "follow_person follow accompany go_with",
        ["Follow a person.", "Go along with somebody.", "Accompany a person."],
        {"name": WHO},
        DONE, ["I stay with {name}.", "Where {name} goes, I go.", "I follow {name}."]),
    "hire": _action(
        "people", "hire_person hire recruit employ",
        ["Hire a person for a number of days.", "Take somebody into service.", "Recruit a person."],
        {"name": WHO, "days": Slot("count", ("days", "duration", "time", "for_days"), ("number of days",
                                                                                       "how many days"))},
        {"wage": "gold"}, ["{name} works for {wage} gold.", "{name} is hired, {wage} gold for {days} days.",
                           "{wage} gold buys {days} days of {name}."]),
    "room": _action(
        "house", "rent_room book_room give_room reserve_room",
        ["Rent a room to a guest.", "Book a room for some nights.", "Reserve a bed for a guest."],
        {"name": Slot("name", ("guest", "name", "who", "for_whom"), ("name of the guest", "who stays")),
         "nights": Slot("nights", ("nights", "count", "duration", "stay"), ("number of nights",
                                                                            "how many nights"))},
        {"room": "count"}, ["{name} has room {room}.", "Room {room} for {nights} nights.",
                            "Room {room} is ready for {name}."]),
    "serve": _action(
        "house", "serve_drink serve pour bring_drink",
        ["Serve drinks.", "Pour a number of drinks.", "Bring drinks to the table."],
        {"drink": Slot("drink", ("drink", "kind", "what", "beverage"), ("which drink", "the drink")),
         "count": COUNT},
        DONE, ["{count} cups of {drink}, here you are.", "Here comes the {drink}.",
               "Your {drink} is on the table."]),
    "song": _action(
        "house", "play_song sing perform play_tune",
        ["Play a song.", "Sing a song for the guests.", "Perform a tune."],
        {"song": Slot("song", ("song", "title", "tune", "piece"), ("title of the song", "which song"))},
        DONE, ["That was {song}.", "I hope you liked {song}.", "So goes {song}."]),
    "bell": _action(
        "house", "ring_bell sound_bell toll strike_bell",
        ["Ring the bell a number of times.", "Sound the bell.", "Strike the bell."],
        {"count": Slot("count", ("times", "strokes", "count", "rings"), ("how many times",
                                                                         "number of strokes"))},
        DONE, ["The bell rang {count} times.", "{count} strokes, as you wished.", "Did you hear the bell?"]),
    "remind": _action(
        "house", "set_reminder wake_up set_alarm remind_me",
        ["Wake or remind the guest at an hour.", "Set a reminder for an hour.", "Set an alarm."],
        {"hour": Slot("hour", ("hour", "time", "at", "clock"), ("the hour", "at what hour"))},
        DONE, ["I will be there at {hour}.", "At {hour}, sure.", "I set it for {hour}."]),
    "dice": _action(
        "lore", "roll_dice roll throw_dice cast_dice",
        ["Roll dice.", "Throw a number of dice.", "Cast dice with some sides."],
        {"count": Slot("count", ("dice", "count", "number", "how_many"), ("how many dice", "number of dice")),
         "sides": Slot("sides", ("sides", "faces", "max"), ("sides of a die", "how many sides"))},
        {"total": "gold"}, ["The dice show {total}.", "{total} in all.", "You rolled {total}."]),
    "weather": _action(
        "lore", "get_weather weather forecast read_sky",
        ["Get the weather at a place.", "Tell how the sky is at a place.", "Look up the weather."],
        {"place": PLACE},
        {"sky": "sky"}, ["{place} has {sky}.", "Expect {sky} in {place}.", "In {place} there is {sky}."]),
    "bounty": _action(
        "lore", "post_bounty set_bounty put_price_on offer_reward",
        ["Put a bounty on a person.", "Offer a reward for somebody.", "Post a reward of gold for a person."],
        {"name": WHO, "gold": GOLD},
        DONE, ["There are {gold} gold on the head of {name}.", "The bounty on {name} is posted.",
               "{name} is worth {gold} gold now."]),
    "note": _action(
        "lore", "write_note write_down record log_entry",
        ["Write something into the book.", "Record words in the log.", "Note something down."],
        {"text": TEXT},
        DONE, ["It is in the book.", "I wrote it down.", "Noted."]),
    "quest": _action(
        "lore", "start_quest accept_quest begin_task give_quest",
        ["Start the quest to bring an item from a place.", "Give a task: get an item from a place.",
         "Begin a quest."],
        {"item": ITEM, "place": PLACE},
        {"reward": "gold"}, ["Bring the {item} and {reward} gold are yours.", "The reward is {reward} gold.",
                             "{reward} gold for the {item} from {place}."]),
    "walk": _action(
        "way", "walk move step turn",
        ["Walk some steps in a direction.", "Move in a direction.", "Take steps to one side."],
        {"direction": Slot("direction", ("direction", "side", "heading", "way"), ("which way",
                                                                                  "the direction")),
         "count": Slot("count", ("steps", "distance", "count"), ("number of steps", "how far"))},
        DONE, ["I went {count} steps {direction}.", "{count} steps {direction}, here I am.",
               "I moved {direction}."]),
    "wares": _action(
        "shop", "show_wares open_shop list_goods show_goods",
        ["Show the customer all wares.", "Open the shop window.", "List the goods that are for sale."], {},
        DONE, ["Look around.", "Here is all I have.", "See what you like."]),
    "dance": _action(
        "shop", "dance do_dance start_dancing perform_dance",
        ["Dance.", "Perform a dance.", "Start to dance."], {},
        DONE, ["What a dance.", "My feet hurt from dancing.", "That was fun."]),
    "leave": _action(
        "shop", "leave go_away walk_off depart",
        ["Go away from here.", "Leave the scene.", "Walk off and leave the player alone."], {},
        DONE, ["I am gone.", "As you wish, I leave.", "You will not see me again today."]),
    "save": _action(
        "shop", "save_game save store_progress write_save",
        ["Save the game.", "Store the player's progress.", "Keep the state of the game."], {},
        DONE, ["Saved.", "Your progress is kept.", "The game is saved."]),
}

_REQUESTS = sections("requests.txt")
ACTIONS = {key: dataclasses.replace(action, asks=_REQUESTS[key + " asks"], says=_REQUESTS[key + " says"])
           for key, action in _DECLARED.items()}

GROUPS = {group: tuple(key for key, action in ACTIONS.items() if action.group == group)
          for group in dict.fromkeys(action.group for action in ACTIONS.values())}

WRAPPERS = (
    "{Ask}.", "{Ask}.", "{Ask}, please.", "Please {ask}.", "Could you {ask}?", "Can you {ask}?",
    "Would you {ask}?",
    "I want you to {ask}.", "I need you to {ask}.", "I would like you to {ask}.", "{Ask}, will you?",
    "Do me a favour and {ask}.",
    "Be so kind and {ask}.", "Go on, {ask}.", "It would help if you could {ask}.", "Quick, {ask}!",
    "Listen: {ask}.",
    "Now {ask}.", "If you can, {ask}.", "Might you {ask}?", "I ask you to {ask}.", "Kindly {ask}.",
    "You there, {ask}!",
    "It is time to {ask}.", "My wish is simple: {ask}.", "Will you {ask}?", "Hurry and {ask}!",
    "{Ask}, I beg you.",
    "One thing: {ask}.", "First {ask}.", "Then {ask}.", "You should {ask}.", "Why not {ask}?",
    "Are you able to {ask}?")
PLAIN_WRAPPERS = ("{Ask}.", "Please {ask}.", "I want you to {ask}.", "Now {ask}.", "I need you to {ask}.",
                  "Kindly {ask}.",
                  "Listen: {ask}.", "Go on, {ask}.")
QUESTIONS = (
    "{Ask}", "{Ask}", "{Ask}", "Tell me: {ask}", "Say, {ask}", "May I ask: {ask}", "I have a question. {Ask}",
    "{Ask} I would like to know.",
    "Do you happen to know: {ask}", "Answer me this: {ask}", "I wonder: {ask}", "{Ask} Please tell me.",
    "Let me ask you: {ask}",
    "One question: {ask}", "{Ask} Be honest.", "Forgive my asking: {ask}", "People ask: {ask}",
    "Before I go: {ask}")
PAIRS = ("{a} and {b}.", "{a}, and then {b}.", "Please {a} and also {b}.", "Two things: {a}, and {b}.",
         "I want you to {a} and {b}.",
         "First {a}, then {b}.", "Could you {a} and {b}?", "{a}. Also {b}.", "{a}. After that, {b}.",
         "Can you {a}, then {b}?",
         "Both, please: {a} and {b}.")
OPENERS = ("Hello.", "Good day.", "Ah, there you are.", "Well then.", "Good evening.", "Excuse me.",
           "Greetings.", "My friend.",
           "So.", "Hear me.", "Hey.", "Thank you.", "Very well.", "One more thing.", "And now.", "Good.")
ERRORS = ("not enough gold", "nobody is there", "it is locked", "the way is blocked", "not found", "too late",
          "not allowed",
          "it is too heavy", "out of reach", "somebody was faster", "no answer", "it is already done")
FAILED = ("It did not work: {error}.", "That failed: {error}.", "I could not do it: {error}.")
NO_TOOL = ("That is not something I can do.", "I cannot do that.", "I have no means to do that.",
           "That is beyond me.",
           "I am not able to do that.", "No, that I cannot do.")
