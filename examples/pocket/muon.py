"""Muon (K. Jordan et al., 2024): momentum whose update is orthogonalised by Newton-Schulz steps, for weight
matrices."""

import torch

# The quintic of the reference implementation: quick rather than exact, singular values end between 0.7 and
# 1.2.
COEFFICIENTS = (3.4445, -4.7750, 2.0315)


def orthogonalise(gradient, steps=5):
    """[N, M] -> a matrix of the same row and column space with singular values near 1."""
    a, b, c = COEFFICIENTS
    # BF16 is enough for the quintic, but slower than FP32 on processors that only emulate it.
    x = gradient.bfloat16() if gradient.is_cuda else gradient.float()
    tall = x.shape[0] > x.shape[1]
    if tall:
        x = x.T
    x = x / (x.norm() + 1e-7)
    for _ in range(steps):
        square = x @ x.T
        x = a * x + (b * square + c * square @ square) @ x
    return (x.T if tall else x).to(gradient.dtype)


class Muon(torch.optim.Optimizer):
    def __init__(self, parameters, lr=0.02, momentum=0.95, weight_decay=0.0):
        super().__init__(parameters, dict(lr=lr, momentum=momentum, weight_decay=weight_decay))

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for parameter in group["params"]:
                state = self.state[parameter]
                if "momentum" not in state:
                    state["momentum"] = torch.zeros_like(parameter)
                momentum = state["momentum"].mul_(group["momentum"]).add_(parameter.grad)
                ahead = parameter.grad + group["momentum"] * momentum
                scale = max(1.0, parameter.shape[0] / parameter.shape[1]) ** 0.5
                parameter.mul_(1 - group["lr"] * group["weight_decay"])
                parameter.add_(orthogonalise(ahead), alpha=-group["lr"] * scale)
