#!/usr/bin/env python3
"""Golden values of the problem floor: PyTorch, double precision, automatic
differentiation.  Needs torch (tested with 1.13).

    python3 tools/golden/model_golden.py > tests/model/golden.h

Data, weights, parameters and directions are small fractions that the test
computes by the same integer formulas (tests/model/fixture.h), so only results are
stored: per case L, then P entries each of the gradient, H v and the diagonal of
H (smooth nets only), then n margins; a few cases end with all of H."""
import torch

torch.set_default_dtype(torch.float64)
N, D = 11, 3


def frac(a, m, den):
    return ((a % m) - m // 2) / den


def data():
    x = [[frac(29 * i + 17 * k + 7 * i * k, 41, 12.0) for k in range(D)] for i in range(N)]
    for i in range(N):
        x[i][i % D] = 0.0  # zeros for the sparse form
    y = [1.0 if (i * i + i // 3) % 3 == 1 else -1.0 for i in range(N)]
    w = [(1 + i % 4) / 2.5 for i in range(N)]
    return torch.tensor(x), torch.tensor(y), torch.tensor(w)


ACT = {
    "softplus": lambda z: torch.logaddexp(z, torch.zeros_like(z)),
    "squareplus": lambda z: (z + torch.sqrt(z * z + 4)) / 2,
    "exp": torch.exp,
    "elu": lambda z: torch.where(z >= 0, z, torch.exp(z) - 1),
    "square": lambda z: z * z,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "arctan": torch.arctan,
    "relu": torch.relu,
    "leakyrelu": lambda z: torch.where(z >= 0, z, 0.01 * z),
    "gelu": lambda z: z * 0.5 * torch.special.erfc(-z / 2 ** 0.5),
    "silu": lambda z: z * torch.sigmoid(z),
}


def smoothhinge(z):
    u = torch.clamp(1 + z, min=0)
    return torch.where(u <= 1, 2 * u ** 3 - u ** 4, 2 * u - 1)


def loss_of(spec):
    name, _, q = spec.partition(":")
    if name == "polyhinge":
        return lambda z: torch.clamp(1 + z, min=0) ** int(q)
    return {"logistic": ACT["softplus"], "square": lambda z: (1 + z) ** 2,
            "exponential": torch.exp, "smoothhinge": smoothhinge}[name]


def parse(spec):
    terms = []
    for term in spec.split("+"):
        layers = []
        for layer in ([] if term == "linear" else term.split(",")):
            res = layer.startswith("res(")
            parts = (layer[4:-1] if res else layer).split(":")
            layers.append((parts[0], int(parts[1]), len(parts) < 3, res))
        terms.append(layers)
    return terms


def net(spec, theta, x):
    """f by the order of theta in nadir/model.h; returns outputs and P."""
    at = 0

    def take(*shape):
        nonlocal at
        size = 1
        for s in shape:
            size *= s
        at += size
        return theta[at - size:at].reshape(shape)

    f = torch.zeros(x.shape[0])
    for layers in parse(spec):
        h = x
        for name, width, bias, res in layers:
            w = take(width, h.shape[1])
            b = take(width) if bias else torch.zeros(width)
            s = ACT[name](h @ w.T + b)
            h = h + s if res else s
        f = f + h @ take(h.shape[1])
    return f + take(1), at


def vector(p, a, m, den):
    return torch.tensor([frac(53 * k + a, m, den) for k in range(p)])


def problem(spec, loss, l2, weighted):
    x, y, w = data()
    p = net(spec, torch.zeros(5000), x)[1]
    theta = torch.tensor([frac(37 * k + 11, 101, 60.0) for k in range(p)])
    ell = loss_of(loss)

    def value(t):
        l = ell(-y * net(spec, t, x)[0])
        return ((w if weighted else 1.0) * l).sum() / N + l2 / 2 * (t * t).sum()

    return value, theta, p, y * net(spec, theta, x)[0]


NETS = ["A:3", "A:3,A:2", "A:2,A:3,A:2", "A:2+A:3,A:2", "A:3,res(A:3)", "res(A:3),A:2:nobias",
        "A:9:nobias,A:2", "linear+A:2", "A:2,res(A:2),res(A:2)+linear+A:1:nobias"]
LOSSES = ["polyhinge:3", "logistic", "square", "exponential", "smoothhinge", "polyhinge:2",
          "polyhinge:5"]
MIXED = ["linear", "tanh:3,softplus:2+linear+silu:2", "softplus:1", "gelu:2,tanh:17",
         "squareplus:4+exp:1+linear"]
FULL = {"softplus:3", "tanh:2,tanh:3,tanh:2", "silu:2,res(silu:2),res(silu:2)+linear+silu:1:nobias",
        "tanh:3,softplus:2+linear+silu:2"}


def cases():
    k = 0
    for act in ACT:
        for spec in NETS:
            yield spec.replace("A", act), LOSSES[k % len(LOSSES)], k
            k += 1
    for spec in MIXED:
        for loss in LOSSES:
            yield spec, loss, k
            k += 1


def main():
    values, rows = [], []
    for spec, loss, k in cases():
        l2 = [0.0, 0.125][k // 2 % 2]
        weighted = k % 2 == 1
        smooth = "relu" not in spec.replace("leakyrelu", "relu")
        full = spec in FULL and loss in ("polyhinge:3", "exponential", "square", "smoothhinge")
        value, theta, p, m = problem(spec, loss, l2, weighted)
        at = len(values)
        values.append(float(value(theta)))
        t = theta.clone().requires_grad_(True)
        g, = torch.autograd.grad(value(t), t)
        values += g.tolist()
        if smooth:
            H = torch.autograd.functional.hessian(value, theta)
            values += (H @ vector(p, 29, 97, 50.0)).tolist()
            values += H.diagonal().tolist()
        values += m.tolist()
        if smooth and full:
            values += H.flatten().tolist()
        rows.append('    {"%s", "%s", %s, %d, %d, %d, %d, %d},'
                    % (spec, loss, l2, weighted, smooth, full and smooth, p, at))
    print("/* Written by tools/golden/model_golden.py; do not edit. */")
    print("static const double golden_value[] = {")
    line = "   "
    for v in values:
        item = " %s," % (repr(v) if v != int(v) else "%d" % v)
        if len(line) + len(item) > 110:
            print(line)
            line = "   "
        line += item
    print(line + "\n};\n")
    print("static const struct {\n    const char *net, *loss;\n    double l2;\n"
          "    int weighted, smooth, full;\n    size_t P, at;\n} golden_case[] = {")
    print("\n".join(rows))
    print("};")


main()
