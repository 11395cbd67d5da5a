"""Muon (K. Jordan et al., 2024): momentum whose update is orthogonalised by Newton-Schulz steps, for weight
matrices. Matrices of one shape are orthogonalised together."""

import collections

import torch

# The quintic of the reference implementation: quick rather than exact, singular values end between 0.7 and
# 1.2.
COEFFICIENTS = (3.4445, -4.7750, 2.0315)


def orthogonalise(gradients, steps=5):
    """[S, N, M] -> matrices of the same row and column spaces with singular values near 1."""
    a, b, c = COEFFICIENTS
    # BF16 is enough for the quintic, but slower than FP32 on processors that only emulate it.
    x = gradients.bfloat16() if gradients.is_cuda else gradients.float()
    tall = x.shape[1] > x.shape[2]
    if tall:
        x = x.mT
    x = x / (x.norm(dim=(1, 2), keepdim=True) + 1e-7)
    for _ in range(steps):
        square = x @ x.mT
        x = a * x + (b * square + c * square @ square) @ x
    return (x.mT if tall else x).to(gradients.dtype)


class Muon(torch.optim.Optimizer):
    def __init__(self, parameters, lr=0.02, momentum=0.95, weight_decay=0.0):
        super().__init__(parameters, dict(lr=lr, momentum=momentum, weight_decay=weight_decay))

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            by_shape = collections.defaultdict(list)
            for parameter in group["params"]:
                by_shape[parameter.shape].append(parameter)
                if "momentum" not in self.state[parameter]:
                    self.state[parameter]["momentum"] = torch.zeros_like(parameter)
            for shape, parameters in by_shape.items():
                gradients = [parameter.grad for parameter in parameters]
                momenta = [self.state[parameter]["momentum"] for parameter in parameters]
                torch._foreach_mul_(momenta, group["momentum"])
                torch._foreach_add_(momenta, gradients)
                ahead = torch._foreach_add(gradients, momenta, alpha=group["momentum"])
                updates = orthogonalise(torch.stack(ahead)).unbind()
                scale = max(1.0, shape[0] / shape[1]) ** 0.5
                torch._foreach_mul_(parameters, 1 - group["lr"] * group["weight_decay"])
                torch._foreach_add_(parameters, updates, alpha=-group["lr"] * scale)
