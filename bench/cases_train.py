"""Training: to a small gradient, to zero errors; hops and saddles; the hard sets; certificates.

Lbfgs: the same function (softplus:32, polyhinge:3, no ridge), the same start, |g| < 1e-6, against
PyTorch's L-BFGS; the floor is that of the gradients taken, every sample active.
Zero: the time to no training errors; ours includes the proof that the point is a global
minimum. Scikit-learn's MLPClassifier(32, lbfgs) and FANN (32 neurons, RPROP) as they come.
"""
import json
import os
import statistics
import time

import harness

SETS = {"wdbc": ("data/wdbc.csv", "M"), "digits": ("data/digits.csv.gz", "0,2,4,6,8"),
        "mnist_3v5": ("data/mnist_3v5.csv.gz", "5"), "pima": ("data/pima.csv", "pos")}
HARD = [("two_spirals", "data/two_spirals.csv", "1"), ("spam", "data/spam.csv.gz", "spam"),
        ("letter", "data/letter.csv.gz", "A,B,C,D,E,F,G,H,I,J,K,L,M")]
LIMIT = 60      # seconds for a hard set
MOONS = "gen:moons,n=200,seed=1"
HOPS, CLIMBS = 40, 20             # of bench_peer
TOPSEARCH_SADDLE = 1.1            # seconds, recorded once: the program is not in Debian


def load(env, threads, name, source, positive):
    ours = env.ours(threads)
    shape = ours.ask("load", source, "softplus:32", "polyhinge:3", 0, "standard", positive)
    ours.ask("dump", env.path(name))
    return ours, shape


def lbfgs(env, threads, name):
    import peer_torch
    ours, shape = load(env, threads, name, *SETS[name])
    torch_net = peer_torch.Net(env.path(name), shape, "softplus", "polyhinge:3")
    stop = lambda params, size: size < 1e-6
    first = ours.ask("lbfgs", 1e-6, 1)
    evaluations, size, errors = torch_net.lbfgs(stop)
    peaks, units = env.peaks(), shape["n"] * 32
    floor = (4e-9 * units * shape["d"] / peaks["gflops"]
             + 1e-9 * units * peaks["softplus_ns"]) / threads * first["evaluations"]
    repeats = harness.repeats_for(first["best"])
    note = (f"{first['evaluations']} evaluations, {first['errors']} errors; PyTorch {evaluations}, "
            f"{errors} errors")
    if size >= 1e-6:
        note += f", stopped at |g| = {size:.1e}"
    return harness.Run(lambda: ours.ask("lbfgs", 1e-6, repeats)["best"],
                       lambda: harness.best_of(lambda: torch_net.lbfgs(stop), threads, 1),
                       floor, note)


def zero(env, threads, name, theirs):
    """theirs(shape, prefix, threads) -> function giving (seconds, errors)."""
    ours, shape = load(env, threads, name, *SETS[name])
    first = ours.ask("train", 1)
    if first["errors"] or not first["proved"]:
        raise RuntimeError(f"{name}: nadir ended with {first['errors']} errors, or without proof")
    repeats = harness.repeats_for(first["best"])
    run = theirs(env, shape, env.path(name), threads)
    errors = []

    def once():
        seconds, wrong = run()
        errors.append(wrong)
        worst = max(errors)
        result.note = f"nadir 0 errors, proved; theirs {worst if worst else 0} errors at most"
        return seconds

    result = harness.Run(lambda: ours.ask("train", repeats)["best"], once)
    return result


def arrays(prefix, shape):
    import numpy as np
    return (np.fromfile(prefix + ".x").reshape(shape["n"], shape["d"]), np.fromfile(prefix + ".y"))


def sklearn_mlp(env, shape, prefix, threads):
    import warnings
    import numpy as np
    from sklearn.neural_network import MLPClassifier
    warnings.simplefilter("ignore")
    X, y = arrays(prefix, shape)
    seeds = iter(range(10 ** 6))

    def once():
        net = MLPClassifier((32,), solver="lbfgs", alpha=0, max_iter=1000,
                            random_state=next(seeds))
        seconds = harness.best_of(lambda: net.fit(X, y), threads, 1)
        return seconds, int(np.sum(net.predict(X) != y))

    once()
    return once


def fann_run(env, shape, prefix, how, limit):
    _, run = harness.whole([os.path.join(env.build, "peer_fann"), prefix, str(shape["n"]),
                            str(shape["d"]), how, str(limit)])
    answer = json.loads(run.stdout)
    return answer["best"], answer["errors"]


def fann(env, shape, prefix, threads):
    return lambda: fann_run(env, shape, prefix, "32", 30)


# ---- hops and saddles ----------------------------------------------------------------------


class Moons:
    """The potential of the comparison with TopSearch in NumPy: tanh:3, logistic, ridge 1e-2."""

    def __init__(self, prefix, shape):
        import numpy as np
        self.np = np
        self.X, self.y = arrays(prefix, shape)

    def grad(self, t):
        np, X, y = self.np, self.X, self.y
        W, b, a, a0 = t[:6].reshape(3, 2), t[6:9], t[9:12], t[12]
        h = np.tanh(X @ W.T + b)
        m = y * (h @ a + a0)
        c = -y / (1 + np.exp(np.clip(m, -700, 700))) / len(y)
        e = c[:, None] * (1 - h * h) * a
        g = np.concatenate([(e.T @ X).ravel(), e.sum(0), h.T @ c, [c.sum()]])
        return np.logaddexp(0, -m).mean() + 5e-3 * t @ t, g + 1e-2 * t


def moons(env, threads):
    ours = env.ours(threads)
    shape = ours.ask("load", MOONS, "tanh:3", "logistic", 1e-2, "standard")
    ours.ask("dump", env.path("moons"))
    return ours, Moons(env.path("moons"), shape)


def hops(env, threads):
    import numpy as np
    from scipy.optimize import basinhopping
    ours, potential = moons(env, threads)
    start = np.fromfile(env.path("moons.theta"))
    jump = lambda: basinhopping(potential.grad, start, niter=HOPS, seed=1, stepsize=0.5,
                                minimizer_kwargs={"jac": True, "method": "L-BFGS-B"})
    best = jump().fun
    note = (f"least loss {ours.ask('hops', 1)['value']:.6f} and {best:.6f}; ours ends with a verdict; "
            "TopSearch: 21 ms a hop, recorded")
    return harness.Run(lambda: ours.ask("hops", 2)["best"],
                       lambda: harness.best_of(jump, threads, 1), note=note, unit=HOPS)


def saddles(env, threads):
    ours, _ = moons(env, threads)
    found = ours.ask("follow", 1)["evaluations"]
    return harness.Run(lambda: ours.ask("follow", 2)["best"], lambda: TOPSEARCH_SADDLE * found,
                       note=f"{found} of {CLIMBS} climbs end at one; theirs as recorded, not run",
                       unit=max(found, 1))


# ---- tables of the full run --------------------------------------------------------------------


def nadir_train(env, source, positive, *options):
    """Seconds of processor time and the report of a whole command."""
    used, run = harness.whole([os.path.join(env.build, "nadir"), "train",
                               os.path.join(harness.ROOT, source), "--positive", positive,
                               "--threads", "1", "--json", "--quiet", "-o",
                               env.path("t.model.json"), *options])
    return used, json.loads(run.stdout)


def torch_restarts(env, shape, prefix, width):
    """Least errors of PyTorch's L-BFGS from its own starts within LIMIT."""
    import peer_torch
    net = peer_torch.Net(prefix, shape, "softplus", "polyhinge:3")
    net.width = width
    end, least, seed = time.perf_counter() + LIMIT, shape["n"], 0
    while least and time.perf_counter() < end:
        right = lambda params, size: size < 1e-9 or net.errors(params) == 0
        least = min(least, net.descend(net.random_start(seed), right, 10 ** 6,
                                       lambda: time.perf_counter() > end)[2])
        seed += 1
    return least


def sklearn_restarts(env, shape, prefix, layers):
    import warnings
    import numpy as np
    from sklearn.neural_network import MLPClassifier
    warnings.simplefilter("ignore")     # every hundred steps one says that it is not over
    X, y = arrays(prefix, shape)
    end, least, seed = time.perf_counter() + LIMIT, shape["n"], 0
    while least and time.perf_counter() < end:
        net = MLPClassifier(layers, solver="lbfgs", alpha=0, max_iter=100, random_state=seed,
                            warm_start=True)
        last = None
        while time.perf_counter() < end:
            net.fit(X, y)
            least = min(least, int(np.sum(net.predict(X) != y)))
            if least == 0 or last == net.loss_:
                break
            last = net.loss_
        seed += 1
    return least


def hard_row(env, name, source, positive):
    """Errors left after LIMIT seconds, one thread."""
    _, report = nadir_train(env, source, positive, "--net", "softplus:32", "--grow",
                            "--time-limit", str(LIMIT))
    _, shape = load(env, 1, name, source, positive)
    prefix = env.path(name)
    proof = " (proved least)" if report["verdict"]["evidence"] == "proved" else ""
    return {"set": name,
            "unavoidable": report["train"]["unavoidable_errors"],
            "nadir --grow": f"{report['verdict']['errors']}{proof} in "
                            f"{report['train']['seconds']:.2g} s, {report['train']['net']}",
            "PyTorch softplus:32": torch_restarts(env, shape, prefix, 32),
            "PyTorch softplus:256": torch_restarts(env, shape, prefix, 256),
            "scikit-learn relu 32": sklearn_restarts(env, shape, prefix, (32,)),
            "scikit-learn relu 256": sklearn_restarts(env, shape, prefix, (256,)),
            "FANN RPROP 32": fann_run(env, shape, prefix, "32", LIMIT)[1],
            "FANN cascade": fann_run(env, shape, prefix, "cascade", LIMIT)[1]}


def proof_row(env, name):
    """Processor time of a whole training, of training with proof alone (data in memory), and of
    the separate checker."""
    source, positive = SETS[name]
    runs = [nadir_train(env, source, positive) for _ in range(5)]
    cert = env.path("t.cert.json")
    check = [harness.whole([os.path.join(env.build, "nadir-verify"), cert]) for _ in range(5)]
    alone = load(env, 1, name, source, positive)[0].ask("train", 5)["median"]
    return {"set": name, "verdict": runs[0][1]["verdict"]["kind"] + ", "
                                    + runs[0][1]["verdict"]["evidence"],
            "whole command": harness.short(statistics.median(u for u, _ in runs)),
            "training and proof in memory": harness.short(alone),
            "nadir-verify": harness.short(statistics.median(u for u, _ in check)),
            "it says": check[0][1].stdout.split(":")[0]}


def markdown(rows):
    head = list(rows[0])
    return "\n".join(["| " + " | ".join(head) + " |", "|---" * len(head) + "|"]
                     + ["| " + " | ".join(str(r[k]) for k in head) + " |" for r in rows]) + "\n"


TABLES = ("hard", "certificates")


def tables(env, wanted):
    rows, text = {}, ""
    if "hard" in wanted:
        rows["hard"] = [hard_row(env, *case) for case in HARD]
        text += f"\n### errors left after {LIMIT} s, one thread\n\n" + markdown(rows["hard"])
    if "certificates" in wanted:
        rows["certificates"] = [proof_row(env, name) for name in ("wdbc", "digits", "mnist_3v5")]
        text += "\n### what a proof costs\n\n" + markdown(rows["certificates"])
    return {"rows": rows, "markdown": text}


def cases():
    for name in SETS:
        yield harness.Case(f"lbfgs/{name}", "to |g| < 1e-6, softplus:32, polyhinge:3", name,
                           "PyTorch L-BFGS", lambda env, t, name=name: lbfgs(env, t, name),
                           10 if name == "wdbc" else 3, name in ("wdbc", "digits"))
    peers = [("sklearn", "scikit-learn MLP lbfgs", sklearn_mlp), ("fann", "FANN RPROP", fann)]
    for key, title, peer in peers:
        for name in ("wdbc", "digits", "mnist_3v5"):
            yield harness.Case(f"zero-{key}/{name}", "to zero errors (ours: proved)", name, title,
                               lambda env, t, name=name, peer=peer: zero(env, t, name, peer),
                               10 if name == "wdbc" else 3, name == "wdbc",
                               (1,) if key == "fann" else (1, 2))
    yield harness.Case("hop/moons", "the map", "a hop, tanh:3, 200 samples, ridge 1e-2",
                       "SciPy basinhopping", hops, 10, True, (1,))
    yield harness.Case("saddle/moons", "the map", "a saddle, the same problem",
                       "TopSearch (recorded)", saddles, None, False, (1,))
