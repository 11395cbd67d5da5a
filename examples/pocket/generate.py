"""Greedy replies of all of a conversation's assistant turns at once, each on the history as it was meant to
be."""

import torch


class GoldCache:
    """Keys and values of a whole conversation, shared by rows that each see their own part of it and go on
    alone.

    Rows are replies: row r attends to the first lengths[r] positions and to what it has written itself.
    """

    def __init__(self, lengths):
        self.lengths = lengths  # [R]
        self.history, self.written = {}, {}

    def append(self, layer, keys, values):
        """keys, values are [1, K, T, D] for the history and [R, K, 1, D] afterwards; returns what to attend
        to."""
        if layer not in self.history:
            self.history[layer] = (keys, values)
            return keys, values
        if layer in self.written:
            keys = torch.cat((self.written[layer][0], keys), dim=2)
            values = torch.cat((self.written[layer][1], values), dim=2)
        self.written[layer] = (keys, values)
        rows = keys.shape[0]
        past = [part.expand(rows, -1, -1, -1) for part in self.history[layer]]
        return torch.cat((past[0], keys), dim=2), torch.cat((past[1], values), dim=2)

    def mask(self, total, written):
        """[R, 1, 1, total + written], true where a row may look."""
        past = torch.arange(total, device=self.lengths.device)[None, :] < self.lengths[:, None]
        own = torch.ones(len(self.lengths), written, dtype=torch.bool, device=self.lengths.device)
        return torch.cat((past, own), dim=1)[:, None, None, :]


@torch.inference_mode()
def greedy_replies(model, ids, starts, stop, limit=160):
    """Replies to ids[:start] for each of *starts*, as lists of ids without *stop*; *limit* tokens at most."""
    device = next(model.parameters()).device
    history = torch.tensor(ids, device=device)[None, :]
    lengths = torch.tensor(starts, device=device)
    cache = GoldCache(lengths)
    hidden = model(history, cache=cache)[0, lengths - 1]
    replies = [[] for _ in starts]
    open_rows = set(range(len(starts)))
    for written in range(limit):
        tokens = model.logits(hidden).argmax(-1)
        for row, token in enumerate(tokens.tolist()):
            if row in open_rows:
                open_rows.discard(row) if token == stop else replies[row].append(token)
        if not open_rows:
            break
        hidden = model(
            tokens[:, None],
            mask=cache.mask(len(ids), written + 1),
            cache=cache,
            positions=(lengths + written)[:, None],
        )[:, 0]
    return replies
