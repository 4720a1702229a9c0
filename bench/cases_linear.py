"""LIBLINEAR -s 2 is the linear net with polyhinge:2 and l2 = 1/(C n), bias regularised (-B 1).
At equal objective: tolerances are loosened by powers of ten as far as the result stays within
1e-8 (relative) of the optimum.

linear/: the optimisers alone, data in memory: nadir's L-BFGS or Newton by products, whichever is
faster, against LIBLINEAR inside scikit-learn (LinearSVC).  Floor: two passes over the data for
an evaluation, two for a product, at the bandwidth of memory (in cache: less).
command/: whole commands, reading and writing included; nadir goes on to its verdict and proof.

Reading: the same file as a table in memory, against scikit-learn's reader and NumPy's.
Floor of a reading: none but memory, so MB/s are given.
"""
import csv
import gzip
import json
import os

import harness

TEXT = "text-like 6,000 x 26,000, 0.6 %"
DENSE = {"wdbc": ("data/wdbc.csv", "M"), "digits": ("data/digits.csv.gz", "0,2,4,6,8"),
         "mnist_3v5": ("data/mnist_3v5.csv.gz", "5")}
EQUAL = 1e-8
LOOSE = [10.0 ** -k for k in range(1, 13)]
ROWS = 12000          # of the table that is read


def standardised(env, name, source, positive):
    """The table with mean 0 and deviation 1 as svmlight, so that both read the same numbers."""
    import numpy as np
    file = env.path(name + ".svm")
    opener = gzip.open if source.endswith(".gz") else open
    with opener(os.path.join(harness.ROOT, source), "rt") as f:
        rows = list(csv.reader(f))[1:]
    X = np.array([[float(v) for v in r[:-1]] for r in rows])
    s = X.std(0)
    X = (X - X.mean(0)) / np.where(s == 0, 1, s)
    with open(file, "w") as out:
        for r, x in zip(rows, X):
            cells = (f"{k}:{v!r}" for k, v in enumerate(x.tolist(), 1) if v != 0)
            out.write(("+1 " if r[-1] in positive.split(",") else "-1 ") + " ".join(cells) + "\n")
    return file


def text_like(env):
    import textlike
    file = env.path("text.svm")
    textlike.write(file)
    return file


def objective(file, model):
    """C sum max(0, 1 - y f)^2 + |w|^2 / 2 at C = 1, bias in w, of LIBLINEAR's model file."""
    import numpy as np
    from sklearn.datasets import load_svmlight_file
    X, y = load_svmlight_file(file)
    with open(model) as f:
        lines = f.read().split("\n")
    first = [int(v) for line in lines if line.startswith("label ") for v in line.split()[1:]][0]
    w = np.array([float(v) for v in lines[lines.index("w") + 1:] if v.strip()])
    margin = y * first * (X @ w[:-1] + w[-1])
    return float(np.sum(np.maximum(0, 1 - margin) ** 2) + 0.5 * w @ w), len(y)


def commands(env, threads, name):
    file = file_of(env, name)
    model = env.path("liblinear.model")
    command = lambda e: ["liblinear-train", "-s", "2", "-c", "1", "-B", "1", "-e", repr(e), "-q",
                         file, model]
    harness.whole(command(0.1))
    n = objective(file, model)[1]
    ours = [os.path.join(env.build, "nadir"), "train", file, "--net", "linear", "--loss",
            "polyhinge:2", "--l2", repr(1.0 / n), "--scale", "none", "--threads", str(threads),
            "--json", "--quiet", "-o", env.path("linear.model.json")]
    report = json.loads(harness.whole(ours)[1].stdout)
    best = report["verdict"]["loss"] * n
    for e in LOOSE:
        harness.whole(command(e))
        above = objective(file, model)[0] / best - 1
        if above <= EQUAL:
            break
    note = (f"LIBLINEAR -e {e:.0e}: {above:.0e} above; nadir: {report['verdict']['kind']}, "
            f"{report['verdict']['evidence']}")
    return harness.Run(lambda: harness.whole(ours, threads)[0],
                       lambda: harness.whole(command(e), threads)[0], note=note)


def file_of(env, name):
    return text_like(env) if name == "text" else standardised(env, name, *DENSE[name])


def loosest(tries, best):
    """The first of tries, (how, function giving an objective), that comes near best."""
    for how, objective_of in tries:
        above = objective_of() / best - 1
        if above <= EQUAL:
            return how, above
    raise RuntimeError("no tolerance reaches the objective")


def memory(env, threads, name):
    import warnings
    from sklearn.datasets import load_svmlight_file
    from sklearn.svm import LinearSVC
    warnings.simplefilter("ignore")
    file = file_of(env, name)
    X, y = load_svmlight_file(file)
    X = X if name == "text" else X.toarray()
    n, ours = len(y), env.ours(threads)
    ours.ask("load", file, "linear", "polyhinge:2", 1.0 / n, "none")
    best = ours.ask("newton", 1e-9, 1)["value"]
    found = {}
    for word in ("lbfgs", "newton"):
        how, _ = loosest([(e, lambda e=e: ours.ask(word, e, 1)["value"]) for e in LOOSE], best)
        found[word] = ours.ask(word, how, 5) | {"tolerance": how}
    word = min(found, key=lambda w: found[w]["best"])
    svc = lambda e: LinearSVC(loss="squared_hinge", dual=False, tol=e, max_iter=10 ** 5)

    def value(e):
        net = svc(e).fit(X, y)
        margin = y * net.decision_function(X)
        w = (net.coef_ ** 2).sum() + net.intercept_[0] ** 2
        return ((margin < 1) * (1 - margin) ** 2).sum() / n + w / (2 * n)

    e, above = loosest([(e, lambda e=e: value(e)) for e in LOOSE], best)
    repeats = harness.repeats_for(found[word]["best"])
    floor = (found[word]["evaluations"] * 2e-9 * bytes_of(X) / env.peaks()["gbytes"])
    note = (f"{word} to {found[word]['tolerance']:.0e}, {found[word]['evaluations']} passes; "
            f"LinearSVC tol {e:.0e}, {above:.0e} above")
    return harness.Run(lambda: ours.ask(word, found[word]["tolerance"], repeats)["best"],
                       lambda: harness.best_of(lambda: svc(e).fit(X, y), threads, 1), floor, note)


def bytes_of(X):
    """Of the matrix; a sparse entry has an index of 4 bytes beside its value."""
    return X.nbytes if hasattr(X, "nbytes") else 12 * X.nnz


def reading(env, threads, file, theirs):
    ours = env.ours(threads)
    size = 1e-6 * os.path.getsize(file)
    first = ours.ask("parse", file, 1)
    their_time = harness.best_of(theirs, threads, 1)
    return harness.Run(lambda: ours.ask("parse", file, 2)["best"],
                       lambda: harness.best_of(theirs, threads, 1),
                       note=f"{size:.0f} MB: {size / first['best']:.0f} against "
                            f"{size / their_time:.0f} MB/s")


def read_svm(env, threads):
    from sklearn.datasets import load_svmlight_file
    file = text_like(env)
    return reading(env, threads, file, lambda: load_svmlight_file(file))


def read_csv(env, threads):
    import numpy as np
    file = env.path("table.csv")
    rng = np.random.default_rng(1)
    X = rng.standard_normal((ROWS, 30))
    np.savetxt(file, np.column_stack([X, np.where(X[:, 0] > 0, 1, -1)]), "%.17g", ",")
    return reading(env, threads, file, lambda: np.loadtxt(file, delimiter=","))


def cases():
    sets = [*((name, name) for name in DENSE), ("text", TEXT)]
    for name, what in sets:
        yield harness.Case(f"linear/{name}", "linear, equal objective, data in memory", what,
                           "LIBLINEAR (LinearSVC)", lambda env, t, name=name: memory(env, t, name),
                           1, name != "mnist_3v5", (1,))
    for name, what in sets:
        yield harness.Case(f"command/{name}", "linear, equal objective, whole commands", what,
                           "liblinear-train -s 2", lambda env, t, name=name: commands(env, t, name),
                           1, name == "text", (1,))
    yield harness.Case("read/svmlight", "reading a file", TEXT, "scikit-learn's load_svmlight_file",
                       read_svm, 1, True, (1,))
    yield harness.Case("read/csv", "reading a file", "numbers of 17 digits",
                       "NumPy's loadtxt", read_csv, 1, True, (1,))
