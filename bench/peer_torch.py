"""PyTorch's side: the same function from bench_peer's dump, derivatives by autograd, L-BFGS."""
import numpy as np
import torch
from scipy.sparse.linalg import LinearOperator, eigsh


class Net:
    """(1/n) sum l(-y f), f = a s(W x + b) + a0, shallow; double precision."""

    def __init__(self, prefix, shape, act, loss):
        self.n, self.d, self.P = shape["n"], shape["d"], shape["P"]
        self.width = (self.P - 1) // (self.d + 2)
        self.act, self.kind = act, loss
        read = lambda suffix: torch.from_numpy(np.fromfile(f"{prefix}.{suffix}"))
        self.X, self.y = read("x").reshape(self.n, self.d), read("y")
        self.start, self.v = read("theta"), read("v")
        self.params = [p.clone().requires_grad_(True) for p in self.split(self.start)]
        self.directions = [p.clone() for p in self.split(self.v)]
        self.g = None

    def split(self, t):
        m, d = self.width, self.d
        return t[:m * d].reshape(m, d), t[m * d:m * d + m], t[m * d + m:-1], t[-1]

    def output(self, W, b, a, a0):
        z = torch.addmm(b, self.X, W.t())
        h = torch.tanh(z) if self.act == "tanh" else torch.nn.functional.softplus(z, threshold=700)
        return h @ a + a0

    def loss(self, W, b, a, a0):
        margin = self.y * self.output(W, b, a, a0)
        if self.kind == "logistic":
            return torch.nn.functional.softplus(-margin, threshold=700).mean()
        return torch.clamp(1 - margin, min=0).pow(3).mean()

    def flat_loss(self, t):
        return self.loss(*self.split(t))

    def grad(self):
        return torch.autograd.grad(self.loss(*self.params), self.params)

    def prepare_hv(self):
        """The graph of the gradient, which every product then uses again."""
        self.g = torch.autograd.grad(self.loss(*self.params), self.params, create_graph=True)

    def hv(self, directions=None):
        return torch.autograd.grad(self.g, self.params, directions or self.directions,
                                   retain_graph=True)

    def hv_flat(self, v):
        parts = self.hv([p.contiguous() for p in self.split(torch.from_numpy(v))])
        return torch.cat([p.reshape(-1) for p in parts]).numpy()

    # -- the dense Hessian, in the ways there are --

    def by_functional(self):
        return torch.autograd.functional.hessian(self.flat_loss, self.start)

    def by_vectorize(self):
        return torch.autograd.functional.hessian(self.flat_loss, self.start, vectorize=True)

    def by_products(self):
        self.prepare_hv()
        H, unit = torch.empty(self.P, self.P, dtype=torch.float64), torch.zeros(self.P).double()
        for k in range(self.P):
            unit[k] = 1
            torch.cat([p.reshape(-1) for p in self.hv(list(self.split(unit)))], out=H[k])
            unit[k] = 0
        return H

    def hessian_ways(self):
        ways = {"by products": self.by_products, "functional.hessian": self.by_functional}
        if self.P <= 300:    # its memory grows with n P M
            ways["functional.hessian, vectorize"] = self.by_vectorize
        return ways

    def end(self, which, scale):
        """lambda_max ("LA") or lambda_min ("SA"), residual at most 1e-10 scale."""
        count = [0]

        def product(v):
            count[0] += 1
            return self.hv_flat(np.ascontiguousarray(v.reshape(-1)))

        self.prepare_hv()
        rng = np.random.default_rng(1)
        value = eigsh(LinearOperator((self.P, self.P), matvec=product, dtype=float), k=1,
                      which=which, tol=scale, v0=rng.standard_normal(self.P),
                      return_eigenvectors=True)[0][0]
        return value, count[0]

    # -- training --

    def lbfgs(self, stop, limit=20000, pause=None):
        """L-BFGS with strong Wolfe until stop(params, |g|); evaluations, |g|, errors."""
        params = [p.clone().requires_grad_(True) for p in self.split(self.start)]
        return self.descend(params, stop, limit, pause)

    def descend(self, params, stop, limit, pause=None):
        opt = torch.optim.LBFGS(params, lr=1, max_iter=1, history_size=20, tolerance_grad=0,
                                tolerance_change=0, line_search_fn="strong_wolfe")
        count, size, before = [0], float("inf"), None

        def closure():
            opt.zero_grad(set_to_none=True)
            loss = self.loss(*params)
            loss.backward()
            count[0] += 1
            return loss

        while count[0] < limit and not (pause and pause()):
            value = float(opt.step(closure))
            size = torch.sqrt(sum((p.grad ** 2).sum() for p in params)).item()
            if stop(params, size) or not np.isfinite(value) or before == (value, size):
                break
            before = value, size
        return count[0], size, self.errors(params)

    def errors(self, params):
        with torch.no_grad():
            return int(((self.output(*params) >= 0).double() * 2 - 1 != self.y).sum())

    def random_start(self, seed):
        """PyTorch's own initialisation of two linear layers."""
        torch.manual_seed(seed)
        one = torch.nn.Linear(self.d, self.width).double()
        two = torch.nn.Linear(self.width, 1).double()
        parts = one.weight, one.bias, two.weight.reshape(-1), two.bias.reshape(())
        return [p.detach().clone().requires_grad_(True) for p in parts]
