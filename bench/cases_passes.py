"""Loss and gradient, H v, dense Hessian, spectrum and its ends: against PyTorch.

Logistic loss, so that every sample takes part.  Floors, with the peaks measured in the run
(G: Gflop/s of GEMM, t_s: ns of the activation with its derivative; n samples, M neurons):

    loss + gradient   4 n M d / G + n M t_s        two products of n x d by d x M
    H v               4 n M d / G                  the same, activations remembered
    dense Hessian     n P^2 / (2 G)                half of a symmetric rank-n update
    spectrum          that + 4 P^3 / (3 G)         reduction to tridiagonal form
    one end           products x floor of H v
"""
import harness

NOISE = "gen:noise,n=1000,d=20,seed=1"
# name, source, positive, net, quick
PROBLEMS = [("p199", NOISE, None, "tanh:9", True),
            ("p2003", NOISE, None, "tanh:91", True),
            ("wdbc", "data/wdbc.csv", "M", "softplus:32", True),
            ("digits", "data/digits.csv.gz", "0,2,4,6,8", "softplus:32", True),
            ("mnist_3v5", "data/mnist_3v5.csv.gz", "5", "softplus:32", True)]
TITLES = {"p199": "tanh:9 on 1000 x 20 (P = 199)", "p2003": "tanh:91 on 1000 x 20 (P = 2003)",
          "wdbc": "softplus:32 on wdbc (P = 1025)", "digits": "softplus:32 on digits (P = 2113)",
          "mnist_3v5": "softplus:32 on mnist_3v5 (P = 25153)"}
DENSE = ("p199", "p2003", "wdbc", "digits")     # mnist_3v5: 5 GB
SMALL = ("p199", "wdbc")
DENSE_END = 300     # up to this P an end of the spectrum comes from the dense Hessian


class Loaded:
    """One problem on both sides, with the floors."""

    def __init__(self, env, threads, name, source, positive, net):
        import peer_torch
        self.threads, self.name = threads, name
        self.ours = env.ours(threads)
        load = ["load", source, net, "logistic", 0, "standard"]
        self.shape = self.ours.ask(*load, *([positive] if positive else []))
        self.ours.ask("dump", env.path(name))
        act, width = net.split(":")
        self.torch = peer_torch.Net(env.path(name), self.shape, act, "logistic")
        peaks, n, d, P = env.peaks(), self.shape["n"], self.shape["d"], self.shape["P"]
        units, G = n * int(width), peaks["gflops"] * threads     # peaks are those of one thread
        products = 4e-9 * units * d / G
        jet = 1e-9 * units * peaks["softplus_ns" if act == "softplus" else "tanh_ns"] / threads
        self.floors = {"grad": products + jet, "hv": products,
                       "hessian": 0.5e-9 * n * P * P / G}
        self.floors["spectrum"] = self.floors["hessian"] + 4e-9 * P ** 3 / 3 / G

    def ask(self, *words):
        return self.ours.ask(*words)

    def short(self, word, theirs):
        """Operations that take less than a slice are repeated in each round."""
        ours_n = harness.repeats_for(self.ask(word, 2)["best"])
        theirs_n = harness.repeats_for(harness.best_of(theirs, self.threads, 1))
        return harness.Run(lambda: self.ask(word, ours_n)["best"],
                           lambda: harness.best_of(theirs, self.threads, theirs_n),
                           self.floors[word])

    def agree(self, what, a, b, scale):
        if not abs(a - b) <= 1e-7 * abs(scale):
            raise RuntimeError(f"the two sides differ: {what} {a!r} and {b!r}")


def size(parts):
    return float(sum((p ** 2).sum() for p in parts)) ** 0.5


def grad(p):
    answer, theirs = p.ask("grad", 1), size(p.torch.grad())
    p.agree("|grad L|", answer["grad"], theirs, theirs)
    return p.short("grad", p.torch.grad)


def hv(p):
    p.torch.prepare_hv()
    answer, theirs = p.ask("hv", 1), size(p.torch.hv())
    p.agree("|H v|", answer["grad"], theirs, theirs)
    return p.short("hv", p.torch.hv)


def fastest(p):
    """The fastest of the ways to a Hessian: its name, function and result."""
    found, now = [], harness.clock(p.threads)
    for name, way in p.torch.hessian_ways().items():
        begin = now()
        H = way()
        found.append((now() - begin, name, way, H))
    return min(found, key=lambda f: f[0])[1:]


def hessian(p):
    name, way, H = fastest(p)
    theirs = float((H ** 2).sum()) ** 0.5
    p.agree("|H|", p.ask("hessian", 1)["value"], theirs, theirs)
    run = p.short("hessian", way)
    run.note = f"PyTorch: {name}"
    return run


def spectrum(p):
    import torch
    name, way, H = fastest(p)
    values = torch.linalg.eigvalsh(H)
    both = lambda: torch.linalg.eigvalsh(way())
    p.agree("lambda_min", p.ask("spectrum", 1)["value"], float(values[0]), float(values[-1]))
    run = p.short("spectrum", both)
    run.note = f"PyTorch: {name}, eigvalsh"
    return run


def end(p, word, which):
    other = p.ask("min" if word == "max" else "max", 1)["value"]
    first = p.ask(word, 1)
    norm = max(abs(first["value"]), abs(other))
    tolerance = 1e-10 * norm / abs(first["value"])   # ARPACK's is relative to the eigenvalue
    value, products = p.torch.end(which, tolerance)
    p.agree("lambda", first["value"], value, norm)
    dense = p.shape["P"] <= DENSE_END and word == "min"
    ours = "dense" if dense else word
    floor = p.floors["spectrum"] if dense else first["evaluations"] * p.floors["hv"]
    theirs = lambda: p.torch.end(which, tolerance)
    ours_n = harness.repeats_for(p.ask(ours, 1)["best"])
    theirs_n = harness.repeats_for(harness.best_of(theirs, p.threads, 1))
    note = "all eigenvalues" if dense else f"{first['evaluations']} products"
    return harness.Run(lambda: p.ask(ours, ours_n)["best"],
                       lambda: harness.best_of(theirs, p.threads, theirs_n), floor,
                       f"{note}; eigsh {products} products")


def cases():
    def case(kind, group, problem, function, aim, quick):
        name = problem[0]
        make = lambda env, threads: function(Loaded(env, threads, *problem[:4]))
        return harness.Case(f"{kind}/{name}", group, TITLES[name], "PyTorch", make, aim,
                            quick and problem[4])

    for p in PROBLEMS:
        yield case("grad", "loss and gradient", p, grad, 10 if p[0] in SMALL else 3, True)
    for p in PROBLEMS:
        yield case("hv", "H v at a point already seen", p, hv, 10 if p[0] in SMALL else 3, True)
    for p in (p for p in PROBLEMS if p[0] in DENSE):
        yield case("hessian", "dense Hessian", p, hessian, 40, p[0] in SMALL)
    for p in (p for p in PROBLEMS if p[0] in DENSE):
        yield case("spectrum", "all eigenvalues", p, spectrum, None, p[0] == "p199")
    for p in PROBLEMS:
        yield case("max", "largest eigenvalue, residual 1e-10 |H|", p,
                   lambda p: end(p, "max", "LA"), None, p[0] in ("p199", "p2003"))
    for p in PROBLEMS:
        yield case("min", "smallest eigenvalue, residual 1e-10 |H|", p,
                   lambda p: end(p, "min", "SA"), 5, p[0] in ("p199", "p2003"))
