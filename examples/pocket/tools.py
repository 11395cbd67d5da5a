"""The actions that characters can do: how users ask for them, how tools for them are declared, what they answer.

An action is no tool: each conversation declares its tools anew, with a name, keys and descriptions drawn from here or
made up, so that the schema has to be read.
"""

import dataclasses


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
    asks: tuple  # verb phrases, to be wrapped by WRAPPERS
    says: tuple  # whole sentences
    result: dict  # what the tool answers: key -> kind, or key -> a constant
    replies: tuple  # what the character then says


WHO = Slot("name", ("name", "person", "who", "recipient", "target", "to"), ("name of the person", "who it is", "the person"))
ITEM = Slot("item", ("item", "object", "thing", "what", "goods", "article"), ("the item", "which thing", "name of the item"))
PLACE = Slot("place", ("place", "location", "destination", "where", "site"), ("the place", "where", "name of the place"))
GOLD = Slot("gold", ("gold", "amount", "coins", "sum", "price"), ("number of coins", "how much gold", "gold pieces"))
COUNT = Slot("count", ("count", "quantity", "number", "how_many", "n"), ("how many", "the number of them", "quantity"))
TEXT = Slot("message", ("text", "message", "words", "content", "body"), ("what to say", "the words", "the message"))
DONE = {"status": "done"}


def _action(group, names, notes, slots, asks, says, result, replies):
    return Action(group, tuple(names.split()), tuple(notes), slots, tuple(asks), tuple(says), result, tuple(replies))


ACTIONS = {
    "give": _action(
        "hand", "give_item hand_over transfer_item pass_item deliver",
        ["Give an item to a person.", "Hand something over to somebody.", "Pass an item on to a person."],
        {"item": ITEM, "name": WHO},
        ["give {name} the {item}", "give the {item} to {name}", "hand {name} the {item}", "hand the {item} over to {name}",
         "pass the {item} to {name}", "let {name} have the {item}", "bring {name} the {item}", "deliver the {item} to {name}",
         "see that {name} gets the {item}", "put the {item} into the hands of {name}"],
        ["{name} should get the {item}.", "The {item} is for {name}, hand it over.", "{name} is waiting for the {item}.",
         "The {item} belongs with {name}, pass it on.", "I promised {name} the {item}, so give it away."],
        DONE, ["{name} has the {item} now.", "The {item} is with {name}.", "Done. I gave {name} the {item}."]),
    "take": _action(
        "hand", "take_item collect_item fetch_from claim_back",
        ["Take an item from a person.", "Collect something from somebody.", "Get an item back from a person."],
        {"item": ITEM, "name": WHO},
        ["take the {item} from {name}", "collect the {item} from {name}", "get the {item} back from {name}",
         "fetch the {item} that {name} has", "claim the {item} from {name}", "relieve {name} of the {item}",
         "recover the {item} from {name}"],
        ["{name} has the {item}, get it back.", "{name} must return the {item}.", "The {item} is with {name}, collect it.",
         "I want back the {item} that {name} took."],
        DONE, ["I took the {item} from {name}.", "The {item} is no longer with {name}.", "{name} gave up the {item}."]),
    "pay": _action(
        "hand", "pay_gold pay give_coins transfer_gold send_money",
        ["Pay gold to a person.", "Give coins to somebody.", "Transfer money to a person."],
        {"gold": GOLD, "name": WHO},
        ["pay {name} {gold} gold", "pay {gold} coins to {name}", "give {name} {gold} gold", "hand {gold} coins to {name}",
         "settle my debt of {gold} gold with {name}", "send {gold} gold to {name}", "let {name} have {gold} coins",
         "count out {gold} coins for {name}", "reward {name} with {gold} gold"],
        ["I owe {name} {gold} gold, pay it.", "{name} should get {gold} coins.", "{gold} gold for {name}.",
         "{name} earned {gold} coins, pay up."],
        DONE, ["{name} got the {gold} gold.", "I paid {name} {gold} coins.", "The {gold} coins are with {name}."]),
    "tell": _action(
        "word", "send_message tell_person send_letter pass_word notify",
        ["Send a message to a person.", "Tell somebody something.", "Carry words to a person."],
        {"name": WHO, "text": TEXT},
        ["tell {name}: {text}", "send {name} a message: {text}", "let {name} know: {text}", "write to {name}: {text}",
         "pass this on to {name}: {text}", "send word to {name}: {text}", "inform {name}: {text}", "whisper to {name}: {text}"],
        ["A message for {name}: {text}.", "{name} has to know: {text}.", "Word for {name}: {text}.", "For {name}: {text}."],
        DONE, ["{name} has your message.", "I sent word to {name}.", "{name} knows now."]),
    "announce": _action(
        "word", "announce shout_out proclaim make_announcement",
        ["Announce something to everybody.", "Say words aloud to all people here.", "Proclaim a message in public."],
        {"text": TEXT},
        ["announce to all: {text}", "shout it out: {text}", "proclaim: {text}", "tell everybody: {text}",
         "call out to the crowd: {text}", "let all people hear: {text}", "cry it in the streets: {text}"],
        ["Everybody must hear this: {text}.", "An announcement for all: {text}.", "The whole town should know: {text}.",
         "For all ears: {text}."],
        DONE, ["Everybody heard it.", "It is announced.", "The people know now."]),
    "sell": _action(
        "trade", "sell_item sell vend sell_goods",
        ["Sell an item to the customer at a price.", "Sell something for gold.", "Let the customer buy an item."],
        {"item": ITEM, "gold": GOLD},
        ["sell me the {item} for {gold} gold", "let me buy the {item} for {gold} coins", "let me have the {item} for {gold} gold",
         "sell the {item} to me at {gold} gold", "take {gold} coins for the {item}", "accept {gold} gold for your {item}",
         "part with the {item} for {gold} coins"],
        ["I will buy the {item} for {gold} gold.", "{gold} gold for the {item}, agreed.", "I want your {item}, here are {gold} coins.",
         "The {item} for me, {gold} gold for you.", "I offer {gold} coins for the {item}."],
        DONE, ["Sold. The {item} is yours for {gold} gold.", "The {item} is yours.", "{gold} gold it is. Enjoy the {item}."]),
    "buy": _action(
        "trade", "buy_item purchase buy_goods acquire",
        ["Buy an item from the customer at a price.", "Buy something for gold.", "Purchase an item that is offered."],
        {"item": ITEM, "gold": GOLD},
        ["buy my {item} for {gold} gold", "take my {item} off my hands for {gold} coins", "purchase this {item} for {gold} gold",
         "give me {gold} gold for my {item}", "pay me {gold} coins for this {item}", "buy the {item} from me at {gold} gold",
         "acquire my {item} for {gold} coins"],
        ["I sell my {item} for {gold} gold.", "My {item} is yours for {gold} coins.", "I am selling this {item}, {gold} gold.",
         "I let my {item} go for {gold} gold."],
        DONE, ["I bought your {item} for {gold} gold.", "Your {item} is mine now.", "{gold} gold for you, the {item} for me."]),
    "swap": _action(
        "trade", "swap trade_items barter exchange",
        ["Swap one item for another.", "Trade an item for another item.", "Exchange two items."],
        {"item": Slot("item", ("offer", "give", "offered", "mine"), ("what the customer gives", "the item offered")),
         "other": Slot("item", ("receive", "get", "wanted", "yours"), ("what the customer gets", "the item wanted"))},
        ["trade my {item} for your {other}", "swap my {item} for the {other}", "take my {item} and give me the {other}",
         "exchange my {item} for your {other}", "barter your {other} for my {item}", "let me trade this {item} for the {other}",
         "accept my {item} in exchange for the {other}"],
        ["My {item} for your {other}.", "I will trade my {item} for the {other}.", "I offer my {item}, I want your {other}.",
         "Your {other} against my {item}."],
        DONE, ["A {other} for the {item}, deal.", "The {other} is yours, the {item} is mine.", "A fair trade: {item} for {other}."]),
    "price": _action(
        "trade", "check_price look_up_price get_price price_of",
        ["Look up the price of an item.", "Find out what an item costs.", "Get the price of something."],
        {"item": ITEM},
        ["look up the price of the {item}", "check what the {item} costs", "find out what you ask for the {item}",
         "tell me the price of the {item}", "see how much the {item} is", "quote me a price for the {item}"],
        ["How much is the {item}?", "What does the {item} cost?", "The {item}, what is it worth?", "Your price for the {item}?",
         "What must I pay for the {item}?"],
        {"price": "gold"}, ["The {item} costs {price} gold.", "{price} gold for the {item}.", "You pay {price} gold for the {item}."]),
    "stock": _action(
        "trade", "check_stock count_stock stock_of inventory",
        ["Count how many of an item are in stock.", "Check the stock of an item.", "See how many pieces are left."],
        {"item": ITEM},
        ["check how many of the {item} you have", "count the stock of {item}", "see if any {item} is left in stock",
         "look in the store for a {item}", "find out how many pieces of {item} remain"],
        ["How many of the {item} are left?", "How many pieces of {item} do you have?", "Is there a {item} in stock?",
         "Do you still have a {item} in the store?"],
        {"left": "count"}, ["There are {left} of the {item}.", "I have {left} of those.", "{left} left of the {item}."]),
    "set_price": _action(
        "trade", "set_price change_price mark_price update_price",
        ["Set the price of an item.", "Change what an item costs.", "Put a new price on something."],
        {"item": ITEM, "gold": GOLD},
        ["set the price of the {item} to {gold} gold", "mark the {item} at {gold} coins", "change the price of the {item} to {gold}",
         "put a price of {gold} gold on the {item}", "let the {item} cost {gold} gold from now on",
         "price the {item} at {gold} gold"],
        ["From now on the {item} costs {gold} gold.", "The {item} should cost {gold} coins.", "New price for the {item}: {gold} gold.",
         "The price of the {item} is {gold} now, change it."],
        DONE, ["The {item} costs {gold} gold now.", "New price for the {item}: {gold} gold.", "Marked at {gold} gold."]),
    "travel": _action(
        "way", "travel_to go_to walk_to move_to",
        ["Travel to a place.", "Go to a place.", "Walk somewhere."],
        {"place": PLACE},
        ["go to {place}", "travel to {place}", "walk to {place}", "set out for {place}", "make your way to {place}",
         "head for {place}", "come with me to {place}", "take the road to {place}", "move on to {place}"],
        ["Off to {place}!", "We go to {place}.", "Let us travel to {place}.", "Our way leads to {place}.", "Next stop: {place}."],
        {"days": "count"}, ["{place} lies {days} days away.", "We reach {place} in {days} days.", "To {place}, {days} days."]),
    "map": _action(
        "way", "mark_on_map mark_place add_marker pin_location",
        ["Mark a place on the map.", "Put a marker on the map.", "Pin a place on the map."],
        {"place": PLACE},
        ["mark {place} on my map", "put {place} on the map", "draw {place} on my map", "show me {place} on the map",
         "pin {place} on the map", "add {place} to my map"],
        ["I need {place} on my map.", "My map lacks {place}, mark it.", "Where on the map is {place}? Mark it.", "{place} is missing on my map."],
        DONE, ["{place} is on your map.", "I marked {place}.", "Look at your map: {place}."]),
    "open": _action(
        "way", "open_gate open_door unlock unbar",
        ["Open the gate of a place.", "Unlock the door of a place.", "Open up a place."],
        {"place": PLACE},
        ["open the gate of {place}", "open the door to {place}", "unlock {place}", "let us into {place}", "unbar the gate of {place}",
         "open up {place}", "give us entry to {place}"],
        ["The gate of {place} must be opened.", "We want into {place}, open it.", "Open sesame, {place}!", "{place} is locked, open it."],
        DONE, ["The way into {place} is open.", "{place} is open.", "I opened {place}."]),
    "close": _action(
        "way", "close_gate lock_door shut_gate bar_door",
        ["Close the gate of a place.", "Lock the door of a place.", "Shut a place."],
        {"place": PLACE},
        ["close the gate of {place}", "lock the door to {place}", "shut {place}", "bar the gate of {place}", "lock up {place}",
         "let nobody into {place}", "bolt the door of {place}"],
        ["The gate of {place} must be shut.", "Nobody may enter {place}, lock it.", "{place} stands open, close it.",
         "Shut the door of {place} behind us."],
        DONE, ["{place} is shut.", "Nobody gets into {place} now.", "I locked {place}."]),
    "ferry": _action(
        "way", "ferry_across book_crossing cross_river sail_to",
        ["Take passengers over the water to a place.", "Book a crossing by boat.", "Sail with people to a place."],
        {"count": Slot("count", ("passengers", "people", "seats", "travellers"), ("how many people", "number of passengers")),
         "place": PLACE},
        ["take {count} of us by boat to {place}", "ferry {count} people to {place}", "book {count} seats on the boat to {place}",
         "sail {count} passengers over to {place}", "row the {count} of us to {place}", "bring {count} people over the water to {place}"],
        ["{count} seats on the boat to {place}.", "We are {count} and want to cross to {place}.", "A crossing to {place} for {count} people.",
         "{count} passengers for {place}."],
        {"fare": "gold"}, ["{count} people to {place}, that is {fare} gold.", "The fare is {fare} gold.", "To {place} for {fare} gold."]),
    "craft": _action(
        "work", "craft_item forge make_item build",
        ["Make items of a kind.", "Craft a number of items.", "Forge new items."],
        {"item": ITEM, "count": COUNT},
        ["make {count} of the {item}", "craft {count} pieces of {item}", "forge {count} of the {item} for me",
         "produce {count} pieces of {item}", "build me {count} of the {item}", "prepare {count} pieces of {item}"],
        ["I order {count} pieces of {item}.", "I need {count} of the {item} made.", "{count} pieces of {item}, freshly made.",
         "An order: {item}, {count} pieces."],
        {"ready": "weekday"}, ["Your {count} pieces are ready on {ready}.", "Come back on {ready} for the {item}.", "Ready on {ready}."]),
    "repair": _action(
        "work", "repair_item mend fix restore",
        ["Repair a broken item.", "Mend something.", "Fix an item."],
        {"item": ITEM},
        ["repair my {item}", "mend the {item}", "fix my {item}", "put my {item} back in order", "restore the {item}",
         "patch up my {item}", "make my {item} whole again"],
        ["My {item} is broken.", "This {item} needs mending.", "The {item} no longer works, repair it.", "Something is wrong with my {item}, fix it."],
        {"cost": "gold"}, ["The {item} is mended, that is {cost} gold.", "Repaired for {cost} gold.", "{cost} gold for the {item}, good as new."]),
    "brew": _action(
        "work", "brew_potion brew mix_potion cook",
        ["Brew potions.", "Mix a number of potions.", "Cook potions in the cauldron."],
        {"colour": Slot("colour", ("colour", "kind", "sort"), ("colour of the potion", "which potion")), "count": COUNT},
        ["brew {count} {colour} potions", "mix me {count} {colour} potions", "prepare {count} potions of the {colour} kind",
         "cook {count} {colour} potions", "fill {count} bottles with the {colour} potion"],
        ["I need {count} {colour} potions.", "{count} {colour} potions for the road.", "Make it {count} potions, the {colour} ones.",
         "The {colour} potion, {count} bottles."],
        DONE, ["Your {count} {colour} potions are ready.", "{count} {colour} potions, fresh and hot.", "The {colour} potions are done."]),
    "sharpen": _action(
        "work", "sharpen polish_item clean_item oil_item",
        ["Sharpen and clean an item.", "Polish an item.", "Clean something until it shines."],
        {"item": ITEM},
        ["sharpen my {item}", "polish the {item}", "clean my {item}", "make my {item} shine", "oil the {item}", "scrub my {item}"],
        ["My {item} is dull.", "The {item} is dirty, clean it.", "My {item} should shine again.", "A polish for my {item}."],
        DONE, ["Your {item} shines.", "The {item} is clean and sharp.", "See how the {item} gleams."]),
    "heal": _action(
        "people", "heal_person heal treat cure",
        ["Heal a person.", "Treat somebody's wounds.", "Cure a person who is ill."],
        {"name": WHO},
        ["heal {name}", "treat the wounds of {name}", "cure {name}", "look after the wounds of {name}", "help {name} get well",
         "bandage {name}", "nurse {name} back to health"],
        ["{name} is wounded.", "{name} is ill and needs a healer.", "{name} is bleeding!", "{name} has a fever, do something."],
        {"health": "count"}, ["{name} is at {health} health again.", "{name} has {health} health now.", "{name} rests, health {health}."]),
    "find": _action(
        "people", "find_person locate_person where_is track",
        ["Find out where a person is.", "Look for somebody.", "Locate a person."],
        {"name": WHO},
        ["find {name}", "look for {name}", "find out where {name} is", "track down {name}", "search for {name}", "locate {name}"],
        ["Where can I find {name}?", "{name} is missing.", "I am looking for {name}.", "Has anyone seen {name}? Search."],
        {"seen_at": "place"}, ["{name} was seen at {seen_at}.", "Look for {name} at {seen_at}.", "{name} is at {seen_at}."]),
    "arrest": _action(
        "people", "arrest_person arrest seize detain",
        ["Arrest a person.", "Seize somebody and lock them up.", "Detain a person."],
        {"name": WHO},
        ["arrest {name}", "seize {name}", "throw {name} in the cells", "lock {name} up", "put {name} in chains", "take {name} prisoner"],
        ["{name} is a thief, arrest them.", "{name} belongs behind bars.", "{name} robbed me, guards!", "Chains for {name}."],
        {"cell": "count"}, ["{name} sits in cell {cell}.", "{name} is locked up, cell {cell}.", "Cell {cell} for {name}."]),
    "follow": _action(
        "people", "follow_person follow accompany go_with",
        ["Follow a person.", "Go along with somebody.", "Accompany a person."],
        {"name": WHO},
        ["follow {name}", "go along with {name}", "stay close to {name}", "accompany {name}", "walk behind {name}", "keep {name} company"],
        ["{name} should not walk alone.", "{name} leads, you follow.", "Do not lose sight of {name}.", "{name} needs company on the way."],
        DONE, ["I stay with {name}.", "Where {name} goes, I go.", "I follow {name}."]),
    "hire": _action(
        "people", "hire_person hire recruit employ",
        ["Hire a person for a number of days.", "Take somebody into service.", "Recruit a person."],
        {"name": WHO, "days": Slot("count", ("days", "duration", "time", "for_days"), ("number of days", "how many days"))},
        ["hire {name} for {days} days", "recruit {name} for {days} days", "take {name} into service for {days} days",
         "employ {name} for the next {days} days", "give {name} work for {days} days"],
        ["I want {name} in my service for {days} days.", "{name} gets work for {days} days.", "{days} days of work for {name}.",
         "We need {name} for {days} days, hire them."],
        {"wage": "gold"}, ["{name} works for {wage} gold.", "{name} is hired, {wage} gold for {days} days.", "{wage} gold buys {days} days of {name}."]),
    "room": _action(
        "house", "rent_room book_room give_room reserve_room",
        ["Rent a room to a guest.", "Book a room for some nights.", "Reserve a bed for a guest."],
        {"name": Slot("name", ("guest", "name", "who", "for_whom"), ("name of the guest", "who stays")),
         "nights": Slot("nights", ("nights", "count", "duration", "stay"), ("number of nights", "how many nights"))},
        ["book a room for {name} for {nights} nights", "give {name} a bed for {nights} nights", "rent {name} a room for {nights} nights",
         "reserve {nights} nights for {name}", "let {name} stay for {nights} nights", "put {name} up for {nights} nights"],
        ["A room for {name}, {nights} nights.", "{name} will stay {nights} nights.", "We need a bed for {name} for {nights} nights.",
         "{nights} nights under your roof for {name}."],
        {"room": "count"}, ["{name} has room {room}.", "Room {room} for {nights} nights.", "Room {room} is ready for {name}."]),
    "serve": _action(
        "house", "serve_drink serve pour bring_drink",
        ["Serve drinks.", "Pour a number of drinks.", "Bring drinks to the table."],
        {"drink": Slot("drink", ("drink", "kind", "what", "beverage"), ("which drink", "the drink")), "count": COUNT},
        ["bring us {count} cups of {drink}", "pour {count} cups of {drink}", "serve {count} mugs of {drink}", "fetch {count} mugs of {drink}",
         "fill {count} cups with {drink}"],
        ["{count} cups of {drink} for our table.", "We are thirsty: {count} mugs of {drink}.", "I order {count} cups of {drink}.",
         "{drink} for {count} of us."],
        DONE, ["{count} cups of {drink}, here you are.", "Here comes the {drink}.", "Your {drink} is on the table."]),
    "song": _action(
        "house", "play_song sing perform play_tune",
        ["Play a song.", "Sing a song for the guests.", "Perform a tune."],
        {"song": Slot("song", ("song", "title", "tune", "piece"), ("title of the song", "which song"))},
        ["play {song}", "sing {song}", "let us hear {song}", "perform {song}", "strike up {song}", "give us {song} on the lute"],
        ["I want to hear {song}.", "Do you know {song}? Play it.", "My favourite is {song}, sing it.", "Music! {song}!"],
        DONE, ["That was {song}.", "I hope you liked {song}.", "So goes {song}."]),
    "bell": _action(
        "house", "ring_bell sound_bell toll strike_bell",
        ["Ring the bell a number of times.", "Sound the bell.", "Strike the bell."],
        {"count": Slot("count", ("times", "strokes", "count", "rings"), ("how many times", "number of strokes"))},
        ["ring the bell {count} times", "sound the bell {count} times", "strike the bell {count} times", "toll the bell {count} times",
         "give {count} strokes of the bell"],
        ["{count} strokes of the bell.", "The bell should ring {count} times.", "I want to hear the bell {count} times.",
         "Let the bell speak {count} times."],
        DONE, ["The bell rang {count} times.", "{count} strokes, as you wished.", "Did you hear the bell?"]),
    "remind": _action(
        "house", "set_reminder wake_up set_alarm remind_me",
        ["Wake or remind the guest at an hour.", "Set a reminder for an hour.", "Set an alarm."],
        {"hour": Slot("hour", ("hour", "time", "at", "clock"), ("the hour", "at what hour"))},
        ["wake me at {hour}", "remind me at {hour}", "knock on my door at {hour}", "set an alarm for {hour}", "get me out of bed at {hour}",
         "call me at {hour}"],
        ["I must be up at {hour}.", "I want to be woken at {hour}.", "An alarm at {hour} for me.", "At {hour} I have to be awake."],
        DONE, ["I will be there at {hour}.", "At {hour}, sure.", "I set it for {hour}."]),
    "dice": _action(
        "lore", "roll_dice roll throw_dice cast_dice",
        ["Roll dice.", "Throw a number of dice.", "Cast dice with some sides."],
        {"count": Slot("count", ("dice", "count", "number", "how_many"), ("how many dice", "number of dice")),
         "sides": Slot("sides", ("sides", "faces", "max"), ("sides of a die", "how many sides"))},
        ["roll {count} dice with {sides} sides", "throw {count} dice of {sides} sides", "cast {count} dice, {sides} sides each",
         "roll {count} of the dice with {sides} faces", "let {count} dice with {sides} sides roll"],
        ["{count} dice with {sides} sides, roll!", "We play with {count} dice of {sides} sides.", "Dice! {count} of them, {sides} sides.",
         "My luck on {count} dice with {sides} sides."],
        {"total": "gold"}, ["The dice show {total}.", "{total} in all.", "You rolled {total}."]),
    "weather": _action(
        "lore", "get_weather weather forecast read_sky",
        ["Get the weather at a place.", "Tell how the sky is at a place.", "Look up the weather."],
        {"place": PLACE},
        ["check the weather in {place}", "look up the weather at {place}", "find out how the sky is over {place}",
         "tell me the weather in {place}", "read the sky over {place}"],
        ["How is the weather in {place}?", "Is it raining in {place}?", "What is the sky like over {place}?", "Will I get wet in {place}?"],
        {"sky": "sky"}, ["{place} has {sky}.", "Expect {sky} in {place}.", "In {place} there is {sky}."]),
    "bounty": _action(
        "lore", "post_bounty set_bounty put_price_on offer_reward",
        ["Put a bounty on a person.", "Offer a reward for somebody.", "Post a reward of gold for a person."],
        {"name": WHO, "gold": GOLD},
        ["put a bounty of {gold} gold on {name}", "offer {gold} coins for the head of {name}", "post a reward of {gold} gold for {name}",
         "set {gold} gold on the head of {name}", "promise {gold} coins to whoever finds {name}"],
        ["{gold} gold for whoever brings me {name}.", "The head of {name} is worth {gold} coins to me.", "A bounty on {name}: {gold} gold.",
         "I pay a reward of {gold} gold for {name}."],
        DONE, ["There are {gold} gold on the head of {name}.", "The bounty on {name} is posted.", "{name} is worth {gold} gold now."]),
    "note": _action(
        "lore", "write_note write_down record log_entry",
        ["Write something into the book.", "Record words in the log.", "Note something down."],
        {"text": TEXT},
        ["write this down: {text}", "note in the book: {text}", "record this: {text}", "put it on paper: {text}", "make a note: {text}",
         "keep in the log: {text}"],
        ["For the book: {text}.", "A note: {text}.", "This must not be forgotten: {text}.", "The log should say: {text}."],
        DONE, ["It is in the book.", "I wrote it down.", "Noted."]),
    "quest": _action(
        "lore", "start_quest accept_quest begin_task give_quest",
        ["Start the quest to bring an item from a place.", "Give a task: get an item from a place.", "Begin a quest."],
        {"item": ITEM, "place": PLACE},
        ["send me to {place} for the {item}", "give me the quest for the {item} of {place}", "let me fetch the {item} from {place}",
         "start the quest for the {item} in {place}", "put me to the task of bringing the {item} from {place}"],
        ["I will bring the {item} from {place}.", "The {item} of {place}? I take the quest.", "I accept: the {item} from {place}.",
         "I am ready to seek the {item} in {place}."],
        {"reward": "gold"}, ["Bring the {item} and {reward} gold are yours.", "The reward is {reward} gold.", "{reward} gold for the {item} from {place}."]),
    "walk": _action(
        "way", "walk move step turn",
        ["Walk some steps in a direction.", "Move in a direction.", "Take steps to one side."],
        {"direction": Slot("direction", ("direction", "side", "heading", "way"), ("which way", "the direction")),
         "count": Slot("count", ("steps", "distance", "count"), ("number of steps", "how far"))},
        ["walk {count} steps {direction}", "take {count} steps {direction}", "move {direction} by {count} steps",
         "go {count} paces {direction}", "advance {count} steps {direction}"],
        ["{count} steps {direction}, march.", "It is {count} steps {direction} from here, go.", "We need you {count} steps {direction}.",
         "A little more {direction}, {count} steps."],
        DONE, ["I went {count} steps {direction}.", "{count} steps {direction}, here I am.", "I moved {direction}."]),
    "wares": _action(
        "shop", "show_wares open_shop list_goods show_goods",
        ["Show the customer all wares.", "Open the shop window.", "List the goods that are for sale."], {},
        ["show me your wares", "open your shop", "let me see your goods", "spread out your wares", "list what you have for sale"],
        ["What do you have for sale?", "I would like to look at your wares.", "I want to buy something.", "Your goods, what are they?"],
        DONE, ["Look around.", "Here is all I have.", "See what you like."]),
    "dance": _action(
        "shop", "dance do_dance start_dancing perform_dance",
        ["Dance.", "Perform a dance.", "Start to dance."], {},
        ["dance for us", "show us a dance", "swing your legs", "move to the music", "dance with me"],
        ["I want to see you dance.", "A dance, if you like.", "Your feet are made for dancing, show us.", "Who would not dance to this music? You must."],
        DONE, ["What a dance.", "My feet hurt from dancing.", "That was fun."]),
    "leave": _action(
        "shop", "leave go_away walk_off depart",
        ["Go away from here.", "Leave the scene.", "Walk off and leave the player alone."], {},
        ["go away", "leave me alone", "get out of here", "step outside", "be gone"],
        ["I want to be alone.", "You are not wanted here.", "Out with you.", "I do not want to see you any longer."],
        DONE, ["I am gone.", "As you wish, I leave.", "You will not see me again today."]),
    "save": _action(
        "shop", "save_game save store_progress write_save",
        ["Save the game.", "Store the player's progress.", "Keep the state of the game."], {},
        ["save the game", "save my progress", "keep my progress", "store the game", "make a save"],
        ["I have to stop, save first.", "My progress must not be lost.", "A save would be good now.", "Before we go on, I want a save."],
        DONE, ["Saved.", "Your progress is kept.", "The game is saved."]),
}

GROUPS = {group: tuple(key for key, action in ACTIONS.items() if action.group == group)
          for group in dict.fromkeys(action.group for action in ACTIONS.values())}

WRAPPERS = (
    "{Ask}.", "{Ask}.", "{Ask}, please.", "Please {ask}.", "Could you {ask}?", "Can you {ask}?", "Would you {ask}?",
    "I want you to {ask}.", "I need you to {ask}.", "I would like you to {ask}.", "{Ask}, will you?", "Do me a favour and {ask}.",
    "Be so kind and {ask}.", "Go on, {ask}.", "It would help if you could {ask}.", "Quick, {ask}!", "Listen: {ask}.",
    "Now {ask}.", "If you can, {ask}.", "Might you {ask}?", "I ask you to {ask}.", "Kindly {ask}.", "You there, {ask}!",
    "It is time to {ask}.", "My wish is simple: {ask}.", "Will you {ask}?", "Hurry and {ask}!", "{Ask}, I beg you.",
    "One thing: {ask}.", "First {ask}.", "Then {ask}.", "You should {ask}.", "Why not {ask}?", "Are you able to {ask}?")
PLAIN_WRAPPERS = ("{Ask}.", "Please {ask}.", "I want you to {ask}.", "Now {ask}.", "I need you to {ask}.", "Kindly {ask}.",
                  "Listen: {ask}.", "Go on, {ask}.")
QUESTIONS = (
    "{Ask}", "{Ask}", "{Ask}", "Tell me: {ask}", "Say, {ask}", "May I ask: {ask}", "I have a question. {Ask}", "{Ask} I would like to know.",
    "Do you happen to know: {ask}", "Answer me this: {ask}", "I wonder: {ask}", "{Ask} Please tell me.", "Let me ask you: {ask}",
    "One question: {ask}", "{Ask} Be honest.", "Forgive my asking: {ask}", "People ask: {ask}", "Before I go: {ask}")
PAIRS = ("{a} and {b}.", "{a}, and then {b}.", "Please {a} and also {b}.", "Two things: {a}, and {b}.", "I want you to {a} and {b}.",
         "First {a}, then {b}.", "Could you {a} and {b}?", "{a}. Also {b}.", "{a}. After that, {b}.", "Can you {a}, then {b}?",
         "Both, please: {a} and {b}.")
OPENERS = ("Hello.", "Good day.", "Ah, there you are.", "Well then.", "Good evening.", "Excuse me.", "Greetings.", "My friend.",
           "So.", "Hear me.", "Hey.", "Thank you.", "Very well.", "One more thing.", "And now.", "Good.")
ERRORS = ("not enough gold", "nobody is there", "it is locked", "the way is blocked", "not found", "too late", "not allowed",
          "it is too heavy", "out of reach", "somebody was faster", "no answer", "it is already done")
FAILED = ("It did not work: {error}.", "That failed: {error}.", "I could not do it: {error}.")
NO_TOOL = ("That is not something I can do.", "I cannot do that.", "I have no means to do that.", "That is beyond me.",
           "I am not able to do that.", "No, that I cannot do.")
