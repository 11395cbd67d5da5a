"""Makes tests/golden/sampling: rows of logits, how to choose from them, and what a plain implementation of each sampler
makes of it: the probabilities that are left and the tokens that fixed random numbers then choose.

    pip install numpy==2.4.6
    python3 tests/golden/make_sampling_golden.py

With torch and transformers at hand (5.24.0 was), what transformers has too is checked against its logits processors as
well. The implementation below sorts everything, uses doubles and shares nothing with lib/sampling; a case in which a
border (a cumulative sum at top_p, a random number at the edge of a token) lies closer than MARGIN is refused, as there
rounding decides. Everything is drawn with fixed seeds; a second run writes the same bytes.

  rows.jsonl               logits and the tokens before them
  cases.jsonl              one generation each: row, parameters -> probabilities, draws [position, token]
  log_probabilities.jsonl  logits, token -> its log-probability and those of the likeliest
"""

import json
import math
import pathlib

import numpy as np

FOLDER = pathlib.Path(__file__).resolve().parent / "sampling"
VOCABULARY = 48
MARGIN = 1e-5
DRAWS = 6
ROWS = []  # what rows.jsonl gets


class Border(Exception):
    """A case that rounding decides."""


def philox(counter, key):
    """Salmon et al. 2011, ten rounds."""
    for _ in range(10):
        a, b = 0xD2511F53 * counter[0], 0xCD9E8D57 * counter[2]
        counter = [(b >> 32) ^ counter[1] ^ key[0], b & 0xFFFFFFFF, (a >> 32) ^ counter[3] ^ key[1], a & 0xFFFFFFFF]
        key = [(key[0] + 0x9E3779B9) & 0xFFFFFFFF, (key[1] + 0xBB67AE85) & 0xFFFFFFFF]
    return counter


def random_words(seed, stream, position):
    words = [position & 0xFFFFFFFF, position >> 32, stream & 0xFFFFFFFF, stream >> 32]
    return philox(words, [seed & 0xFFFFFFFF, seed >> 32])


def softmax(logits):
    weights = np.exp(logits - logits.max())
    return weights / weights.sum()


def apart(values, border):
    if np.any(np.abs(np.asarray(values) - border) < MARGIN):
        raise Border


def only(logits, keep):
    out = np.full_like(logits, -np.inf)
    out[keep] = logits[keep]
    return out


def descending(logits):
    return sorted(range(len(logits)), key=lambda i: (-logits[i], i))


def up_to_mass(logits, order, mass):
    cumulative = np.cumsum(softmax(logits)[order])
    apart(cumulative[cumulative < 1 - 2 * MARGIN], mass)
    return only(logits, order[: int(np.searchsorted(cumulative, mass)) + 1])


def top_k(logits, k):
    return only(logits, descending(logits)[:k])


def top_p(logits, mass):
    return up_to_mass(logits, descending(logits), mass)


def typical(logits, mass):
    p = softmax(logits)
    surprise = np.full_like(p, np.inf)
    surprise[p > 0] = -np.log(p[p > 0])
    entropy = (p[p > 0] * surprise[p > 0]).sum()
    distance = np.abs(surprise - entropy)
    order = sorted(range(len(p)), key=lambda i: (distance[i], i))
    kept = up_to_mass(logits, order, mass)
    border = [i for i, at in enumerate(order) if kept[at] == -np.inf]
    if border and distance[order[border[0]]] - distance[order[border[0] - 1]] < MARGIN:
        raise Border
    return kept


def min_p(logits, share):
    p = softmax(logits)
    apart(p / p.max(), share)
    return only(logits, p >= share * p.max())


def xtc(logits, threshold, spared):
    p = softmax(logits)
    apart(p, threshold)
    above = [i for i in descending(logits) if p[i] >= threshold]
    if len(above) < 2 or set(above[:-1]) & set(spared):
        return logits
    out = logits.copy()
    out[above[:-1]] = -np.inf
    return out


def last(tokens, window):
    return tokens if window < 0 else tokens[len(tokens) - min(window, len(tokens)):]


def repetition(logits, tokens, penalty):
    out = logits.copy()
    for token in set(tokens):
        out[token] = out[token] / penalty if out[token] > 0 else out[token] * penalty
    return out


def presence_frequency(logits, tokens, presence, frequency):
    out = logits.copy()
    for token in set(tokens):
        out[token] -= presence + frequency * tokens.count(token)
    return out


def dry(logits, tokens, params, breakers):
    tokens = last(tokens, params.get("dry_range", -1))
    limit = len(tokens)
    for end in range(1, len(tokens) + 1):
        if any(tokens[:end][-len(b):] == b for b in breakers):
            limit = len(tokens) - end
    longest = {}
    for end in range(1, len(tokens)):
        n = 0
        while n < min(end, limit) and tokens[end - 1 - n] == tokens[-1 - n]:
            n += 1
        longest[tokens[end]] = max(longest.get(tokens[end], 0), n)
    out = logits.copy()
    allowed = params.get("dry_allowed_length", 2)
    for token, n in longest.items():
        if n >= allowed and [token] not in breakers:
            out[token] -= params["dry_multiplier"] * params.get("dry_base", 1.75) ** (n - allowed)
    return out


def banned(logits, tail, texts, strings):
    out = logits.copy()
    before = "".join(texts[t] for t in tail)
    for token, text in enumerate(texts):
        whole = before + text
        for string in strings:
            ends = [at + len(string) for at in range(len(whole)) if whole.startswith(string, at)]
            if any(end > len(before) for end in ends):
                out[token] = -np.inf
    return out


def probabilities(case, coin):
    """Of the tokens that are left; *coin*: whether exclude-top-choices acts."""
    params = case["params"]
    row = ROWS[case["row"]]
    logits = np.array(row["logits"], dtype=np.float64)
    tokens, prompt = row["history"], row["prompt_tokens"]
    for token, addend in case.get("logit_bias", []):
        logits[token] += -np.inf if addend is None else addend
    window = params.get("penalty_window", -1)
    logits = repetition(logits, last(tokens, window), params.get("repetition_penalty", 1))
    counted = last(tokens if params.get("penalize_prompt") else tokens[prompt:], window)
    logits = presence_frequency(logits, counted, params.get("presence_penalty", 0), params.get("frequency_penalty", 0))
    if params.get("dry_multiplier", 0) > 0:
        logits = dry(logits, tokens, params, case.get("dry_breakers", []))
    if "forbidden" in case:
        logits[case["forbidden"]] = -np.inf
    if "banned_strings" in case:
        logits = banned(logits, tokens[prompt:], case["texts"], case["banned_strings"])
    temperature = params.get("temperature", 1)
    if temperature == 0:
        return softmax(top_k(logits, 1))
    late = params.get("temperature_last", False)
    if not late:
        logits = logits / temperature
    if params.get("top_k", 0) > 0:
        logits = top_k(logits, params["top_k"])
    if params.get("typical_p", 1) < 1:
        logits = typical(logits, params["typical_p"])
    if params.get("top_p", 1) < 1:
        logits = top_p(logits, params["top_p"])
    if params.get("min_p", 0) > 0:
        logits = min_p(logits, params["min_p"])
    if coin:
        logits = xtc(logits, params.get("xtc_threshold", 0.1), case.get("xtc_spared", []))
    if late:
        logits = logits / temperature
    return softmax(logits)


def draw(case, position):
    """The probabilities at *position* and the token that is chosen there."""
    words = random_words(case["seed"], case["stream"], position)
    uniform = ((((words[2] << 32) | words[3]) >> 12) + 0.5) * 2.0**-52
    p = probabilities(case, uniform < case["params"].get("xtc_probability", 0))
    at = ((words[1] << 32) | words[0]) / 2.0**64
    cumulative = np.cumsum(p)
    apart(cumulative[cumulative < 1 - 2 * MARGIN], at)
    return p, int(np.searchsorted(cumulative, at, side="right"))


def finish(case, rng):
    """The case with its results, or None where rounding decides."""
    case["seed"], case["stream"] = int(rng.integers(2**63)), int(rng.integers(5))
    position = int(rng.integers(2**40))
    try:
        first, token = draw(case, position)
        draws = [[position, token]]
        while len(draws) < DRAWS:
            position += 1
            try:
                draws.append([position, draw(case, position)[1]])
            except Border:
                pass
    except Border:
        return None
    case["probabilities"] = [[i, float(f"{x:.6g}")] for i, x in enumerate(first) if x > 1e-12]
    case["draws"] = draws
    return case


def rows(rng):
    """Logits that floats hold exactly: even, as a model's, one token far ahead, many equal."""
    even = rng.normal(0, 2, VOCABULARY)
    model = rng.normal(0, 1, VOCABULARY) * 2 + (rng.random(VOCABULARY) < 0.15) * 7
    ahead = rng.normal(0, 1, VOCABULARY)
    ahead[int(rng.integers(VOCABULARY))] = 6
    yield from (np.round(row * 256) / 256 for row in (even, model, ahead))
    yield np.round(even) / 2


SINGLE = [
    {}, {"temperature": 0}, {"temperature": 0.6}, {"temperature": 2.5}, {"temperature": 0.02},
    {"top_k": 1}, {"top_k": 7}, {"top_k": 47}, {"top_k": 48}, {"top_k": 1000},
    {"top_p": 0}, {"top_p": 0.3}, {"top_p": 0.9}, {"top_p": 0.999},
    {"min_p": 0.05}, {"min_p": 0.4}, {"min_p": 1}, {"typical_p": 0.2}, {"typical_p": 0.7}, {"typical_p": 0.95},
    {"xtc_probability": 1}, {"xtc_probability": 0.5, "xtc_threshold": 0.05}, {"xtc_probability": 1, "xtc_threshold": 0},
    {"xtc_probability": 1, "xtc_threshold": 0.6},
    {"repetition_penalty": 1.3}, {"repetition_penalty": 0.7}, {"repetition_penalty": 1.3, "penalty_window": 9},
    {"presence_penalty": 0.8}, {"presence_penalty": -1.5}, {"frequency_penalty": 0.4},
    {"frequency_penalty": 0.4, "penalize_prompt": True}, {"frequency_penalty": 0.4, "penalty_window": 5},
    {"presence_penalty": 1, "frequency_penalty": 0.3, "repetition_penalty": 1.1, "penalty_window": 0},
    {"dry_multiplier": 0.8}, {"dry_multiplier": 0.5, "dry_base": 1.2, "dry_allowed_length": 1},
    {"dry_multiplier": 2, "dry_range": 8}, {"dry_multiplier": 1, "dry_base": 1, "dry_allowed_length": 3},
]
CHAIN = [
    ("repetition_penalty", 1.15), ("presence_penalty", 0.4), ("frequency_penalty", 0.2), ("dry_multiplier", 0.7),
    ("temperature", 0.8), ("top_k", 24), ("typical_p", 0.97), ("top_p", 0.93), ("min_p", 0.04), ("xtc_probability", 0.7),
]


def history(rng):
    """Few different tokens, so that sequences come again."""
    return [int(t) for t in rng.choice(VOCABULARY, 6)[rng.integers(0, 6, 40)]]


def add_row(logits, tokens, prompt_tokens):
    ROWS.append({"logits": [float(x) for x in logits], "history": tokens, "prompt_tokens": prompt_tokens})
    return len(ROWS) - 1


def add(cases, name, case, rng):
    done = finish(case, rng)
    if done is not None:
        cases.append({"id": f"{name} #{len(cases)}", **done})


def text_cases(rng):
    letters = "abc "
    texts = sorted({"".join(rng.choice(list(letters), rng.integers(1, 5))) for _ in range(200)})[: VOCABULARY - 2]
    texts += ["", "é"]
    for strings in (["a"], ["ab"], ["abca", "b c"], ["aab", "abab", "c  "], ["aaaa"], ["bcé"], [" "], ["abcabcabc"]):
        for _ in range(4):
            tail = [int(t) for t in rng.integers(0, len(texts), 7)]
            row = add_row(np.round(rng.normal(0, 1, len(texts)) * 256) / 256, tail, int(rng.integers(0, 4)))
            yield {"row": row, "params": {}, "texts": texts, "banned_strings": strings}


def make_cases():
    rng = np.random.default_rng(5)
    cases = []
    for _ in range(2):
        for row in rows(rng):
            tokens = history(rng)
            base = {"row": add_row(row, tokens, 17)}
            for params in SINGLE:
                add(cases, next(iter(params), "plain"), {**base, "params": params}, rng)
            add(cases, "bias", {**base, "params": {}, "logit_bias": [[3, 4.5], [7, -2], [int(row.argmax()), None]]}, rng)
            add(cases, "mask", {**base, "params": {"top_k": 9}, "forbidden": list(range(0, VOCABULARY, 2))}, rng)
            add(cases, "mask", {**base, "params": {"temperature": 0}, "forbidden": [int(row.argmax())]}, rng)
            spared = [int(row.argmax())]
            add(cases, "spared", {**base, "params": {"xtc_probability": 1, "xtc_threshold": 0.03}, "xtc_spared": spared}, rng)
            breakers = [[tokens[-3]], [tokens[5], tokens[6]]]
            add(cases, "breakers", {**base, "params": {"dry_multiplier": 1, "dry_allowed_length": 1},
                                    "dry_breakers": breakers}, rng)
            for end in range(1, len(CHAIN) + 1):
                add(cases, "chain", {**base, "params": dict(CHAIN[:end])}, rng)
            for late in ({"temperature": 0.3}, {"temperature": 1.7}):
                params = {**dict(CHAIN), **late, "temperature_last": True}
                add(cases, "late", {**base, "params": params}, rng)
    for case in text_cases(rng):
        add(cases, "strings", case, rng)
    return cases


def make_log_probabilities():
    rng = np.random.default_rng(6)
    for row in rows(rng):
        p = np.log(softmax(row))
        token = int(rng.integers(VOCABULARY))
        best = [[i, float(f"{p[i]:.8g}")] for i in descending(row)[:20]]
        yield {"logits": [float(x) for x in row], "token": token, "log_probability": float(f"{p[token]:.8g}"), "top": best}


def check_against_transformers(cases):
    try:
        import torch
        import transformers
        from transformers.generation import logits_process as hf
    except ImportError:
        print("transformers: not at hand, not checked against")
        return
    makers = [
        ("repetition_penalty", hf.RepetitionPenaltyLogitsProcessor), ("temperature", hf.TemperatureLogitsWarper),
        ("top_k", hf.TopKLogitsWarper), ("top_p", hf.TopPLogitsWarper), ("min_p", hf.MinPLogitsWarper),
        ("typical_p", hf.TypicalLogitsWarper),
    ]
    known, checked = {name for name, _ in makers}, 0
    for case in cases:
        params, row = case["params"], ROWS[case["row"]]
        # Of tokens equally likely at its border transformers keeps all, here the lower ids stay.
        tied = len(set(row["logits"])) < len(row["logits"])
        # There typical comes after top-p.
        other_order = "typical_p" in params and ("top_p" in params or "min_p" in params)
        plain = not {"logit_bias", "forbidden", "banned_strings"} & set(case)
        if not set(params) <= known or tied or other_order or not plain or params.get("temperature", 1) == 0:
            continue
        scores = torch.tensor([row["logits"]], dtype=torch.float64)
        ids = torch.tensor([row["history"]])
        for name, maker in makers:
            if name in params:
                scores = maker(params[name])(ids, scores)
        found = torch.softmax(scores, -1)[0].numpy()
        expected = np.zeros(len(found))
        for i, x in case["probabilities"]:
            expected[i] = x
        if np.abs(found - expected).max() > 2e-6:
            raise SystemExit(f"{case['id']} {params}: transformers has other probabilities")
        checked += 1
    print(f"transformers {transformers.__version__}: {checked} cases agree")


def write(name, values):
    lines = [json.dumps(value, ensure_ascii=False, separators=(",", ":")) for value in values]
    (FOLDER / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"{name}: {len(lines)} rows")


def main():
    FOLDER.mkdir(exist_ok=True)
    cases = make_cases()
    check_against_transformers(cases)
    write("rows.jsonl", ROWS)
    write("cases.jsonl", cases)
    write("log_probabilities.jsonl", make_log_probabilities())


if __name__ == "__main__":
    main()
