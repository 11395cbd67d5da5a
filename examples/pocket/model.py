"""The Pocket model: a small Llama in plain PyTorch, with tensors named as Hugging Face names them.

Shapes: B batch, T positions, C hidden, H query heads, K key/value heads, D head_dim, V vocabulary.
"""

import dataclasses
import math

import torch
from torch import nn
from torch.nn import functional as F


@dataclasses.dataclass(frozen=True)
class RopeScaling:
    """Llama 3.1's frequency scaling (llama-models, models/llama3/model.py, apply_scaling)."""

    factor: float = 4.0
    low_freq_factor: float = 1.0
    high_freq_factor: float = 4.0
    original_max_position_embeddings: int = 2048


@dataclasses.dataclass(frozen=True)
class Config:
    vocab_size: int
    hidden_size: int = 256
    intermediate_size: int = 768  # a multiple of 256, as the block formats of GGUF want rows to be
    num_hidden_layers: int = 8
    # 4 heads of 64 and not 8 of 32: a step is a seventh shorter on a CPU, where softmax is paid by the head.
    num_attention_heads: int = 4
    num_key_value_heads: int = 2
    head_dim: int = 64
    rms_norm_eps: float = 1e-5
    # 10,000 and not Llama's 500,000: more of a head's frequencies then turn within the 1,100 positions of
    # training.
    rope_theta: float = 10000.0
    rope_scaling: RopeScaling = RopeScaling()
    max_position_embeddings: int = 8192

    @classmethod
    def of(cls, weights):
        """The configuration of a state dict; vocabulary and depth may differ from run to run, the rest does
        not."""
        layers = sum(name.endswith("input_layernorm.weight") for name in weights)
        return cls(vocab_size=weights["model.embed_tokens.weight"].shape[0], num_hidden_layers=layers)


def inverse_frequencies(config):
    """Returns D/2 angular frequencies, scaled as Llama 3.1 scales them."""
    scaling = config.rope_scaling
    exponent = torch.arange(0, config.head_dim, 2, dtype=torch.float64) / config.head_dim
    inverse = config.rope_theta**-exponent
    wavelength = 2 * math.pi / inverse
    low = scaling.original_max_position_embeddings / scaling.low_freq_factor
    high = scaling.original_max_position_embeddings / scaling.high_freq_factor
    blend = (scaling.original_max_position_embeddings / wavelength - scaling.low_freq_factor) / (
        scaling.high_freq_factor - scaling.low_freq_factor
    )
    between = (1 - blend) * inverse / scaling.factor + blend * inverse
    scaled = torch.where(
        wavelength > low, inverse / scaling.factor, torch.where(wavelength < high, inverse, between)
    )
    return scaled.float()


class RMSNorm(nn.Module):
    def __init__(self, size, eps):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(size))
        self.eps = eps

    def forward(self, x):
        wide = x.float()
        return self.weight * (wide * torch.rsqrt(wide.pow(2).mean(-1, keepdim=True) + self.eps)).to(x.dtype)


def rotate(x, cos, sin):
    """Half-split rotation; x is [B, heads, T, D], cos and sin are [T, D]."""
    left, right = x.chunk(2, dim=-1)
    return x * cos + torch.cat((-right, left), dim=-1) * sin


class Attention(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.heads, self.kv_heads, self.dim = (
            config.num_attention_heads,
            config.num_key_value_heads,
            config.head_dim,
        )
        self.q_proj = nn.Linear(config.hidden_size, self.heads * self.dim, bias=False)
        self.k_proj = nn.Linear(config.hidden_size, self.kv_heads * self.dim, bias=False)
        self.v_proj = nn.Linear(config.hidden_size, self.kv_heads * self.dim, bias=False)
        self.o_proj = nn.Linear(self.heads * self.dim, config.hidden_size, bias=False)

    def forward(self, x, cos, sin, mask, cache):
        batch, length, _ = x.shape
        q = self.q_proj(x).view(batch, length, self.heads, self.dim).transpose(1, 2)
        k = self.k_proj(x).view(batch, length, self.kv_heads, self.dim).transpose(1, 2)
        v = self.v_proj(x).view(batch, length, self.kv_heads, self.dim).transpose(1, 2)
        # Under autocast the rotation is in FP32 and what it feeds is not.
        q, k = rotate(q, cos, sin).to(v.dtype), rotate(k, cos, sin).to(v.dtype)
        if cache is not None:
            k, v = cache.append(self, k, v)
        # A cache is read under a mask, so without one queries and keys are of the same positions.
        out = F.scaled_dot_product_attention(q, k, v, attn_mask=mask, is_causal=mask is None, enable_gqa=True)
        return self.o_proj(out.transpose(1, 2).reshape(batch, length, -1))


class FeedForward(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.gate_proj = nn.Linear(config.hidden_size, config.intermediate_size, bias=False)
        self.up_proj = nn.Linear(config.hidden_size, config.intermediate_size, bias=False)
        self.down_proj = nn.Linear(config.intermediate_size, config.hidden_size, bias=False)

    def forward(self, x):
        return self.down_proj(F.silu(self.gate_proj(x)) * self.up_proj(x))


class Layer(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.input_layernorm = RMSNorm(config.hidden_size, config.rms_norm_eps)
        self.self_attn = Attention(config)
        self.post_attention_layernorm = RMSNorm(config.hidden_size, config.rms_norm_eps)
        self.mlp = FeedForward(config)

    def forward(self, x, cos, sin, mask, cache):
        x = x + self.self_attn(self.input_layernorm(x), cos, sin, mask, cache)
        return x + self.mlp(self.post_attention_layernorm(x))


class Body(nn.Module):
    """Embedding, layers and last norm; a module of its own because Hugging Face's names begin with `model.`.
    """

    def __init__(self, config):
        super().__init__()
        self.embed_tokens = nn.Embedding(config.vocab_size, config.hidden_size)
        self.layers = nn.ModuleList(Layer(config) for _ in range(config.num_hidden_layers))
        self.norm = RMSNorm(config.hidden_size, config.rms_norm_eps)


class Pocket(nn.Module):
    """ids [B, T] -> hidden states [B, T, C]; `logits` applies the tied output head."""

    def __init__(self, config):
        super().__init__()
        self.config = config
        self.model = Body(config)
        self.apply_layer = Layer.forward  # training may put a compiled one in its place: one for all layers
        angles = torch.outer(
            torch.arange(config.max_position_embeddings).float(), inverse_frequencies(config)
        )
        angles = torch.cat((angles, angles), dim=-1)
        self.register_buffer("cos", angles.cos(), persistent=False)
        self.register_buffer("sin", angles.sin(), persistent=False)
        self.apply(self._initialise)

    def _initialise(self, module):
        if isinstance(module, nn.Embedding):
            nn.init.normal_(module.weight, std=0.02)
        if isinstance(module, nn.Linear):
            nn.init.normal_(module.weight, std=module.in_features**-0.5)
        for layer in self.model.layers if isinstance(module, Pocket) else ():
            # A residual branch that starts at zero leaves the identity, so depth costs nothing at first.
            nn.init.zeros_(layer.self_attn.o_proj.weight)
            nn.init.zeros_(layer.mlp.down_proj.weight)

    def forward(self, ids, mask=None, cache=None, positions=None):
        length = ids.shape[1]
        where = slice(0, length) if positions is None else positions
        x = self.model.embed_tokens(ids)
        cos, sin = self.cos[where].to(x.dtype), self.sin[where].to(x.dtype)
        if positions is not None:
            cos, sin = cos.unsqueeze(1), sin.unsqueeze(1)
        for layer in self.model.layers:
            x = self.apply_layer(layer, x, cos, sin, mask, cache)
        return self.model.norm(x)

    def logits(self, hidden):
        return F.linear(hidden, self.model.embed_tokens.weight)
