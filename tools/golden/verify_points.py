#!/usr/bin/env python3
"""Golden values and certificates for the tests of nadir-verify: mpmath, 50 digits.

    python3 tools/golden/verify_points.py tests/verify

writes DIR/functions.json (activations and losses with their derivatives, numerical
differentiation of the definitions), DIR/nets/*.json (certificates whose hints hold
loss, gradient and Hessian) and DIR/points/*.json (certificates of true statements).
Derivatives of nets by second-order forward differentiation, so nothing is shared
with the checker's formulas.  Takes some minutes."""
import json
import os
import random
import sys
from mpmath import mp, mpf

mp.dps = 50
LEAK = mpf(float.fromhex("0x1.47ae147ae147bp-7"))
ACT = {
    "softplus": lambda z: mp.log1p(mp.exp(z)),
    "squareplus": lambda z: (z + mp.sqrt(z * z + 4)) / 2,
    "exp": mp.exp,
    "elu": lambda z: z if z > 0 else mp.expm1(z),
    "square": lambda z: z * z,
    "sigmoid": lambda z: 1 / (1 + mp.exp(-z)),
    "tanh": mp.tanh,
    "arctan": mp.atan,
    "relu": lambda z: z if z > 0 else mpf(0),
    "leakyrelu": lambda z: z if z > 0 else LEAK * z,
    "gelu": lambda z: z * mp.ncdf(z),
    "silu": lambda z: z / (1 + mp.exp(-z)),
}


def smoothhinge(z):
    u = max(mpf(0), 1 + z)
    return 2 * u**3 - u**4 if u <= 1 else 2 * u - 1


LOSS = {
    "logistic": ACT["softplus"],
    "square": lambda z: (1 + z) ** 2,
    "exponential": mp.exp,
    "smoothhinge": smoothhinge,
}


def loss_function(spec):
    if spec.startswith("polyhinge:"):
        q = int(spec[10:])
        return lambda z: max(mpf(0), 1 + z) ** q
    return LOSS[spec]


def derivative(f, z, k, digits=150):
    """50 digits from differences at more; points lie off the kinks by more than the
    step.  A second difference of rounding errors alone is 0."""
    with mp.workdps(digits):
        h = mpf(10) ** -30
        if k == 0:
            return f(z)
        if k == 1:
            return (f(z + h) - f(z - h)) / (2 * h)
        second = f(z + h) - 2 * f(z) + f(z - h)
        return second / h**2 if abs(second) > mpf(10) ** (20 - digits) * abs(f(z)) else mpf(0)


# ---- second-order forward differentiation ------------------------------------------------


class Jet:
    def __init__(self, v, g, H):
        self.v, self.g, self.H = v, g, H


def const(v, P):
    return Jet(v, [mpf(0)] * P, None)


def add(a, b):
    g = [x + y for x, y in zip(a.g, b.g)]
    H = b.H if a.H is None else a.H if b.H is None else \
        [[x + y for x, y in zip(r, s)] for r, s in zip(a.H, b.H)]
    return Jet(a.v + b.v, g, H)


def zeros(P):
    return [[mpf(0)] * P for _ in range(P)]


def mul(a, b):
    P = len(a.g)
    H = zeros(P)
    for i in range(P):
        for j in range(P):
            H[i][j] = a.g[i] * b.g[j] + a.g[j] * b.g[i]
            if a.H:
                H[i][j] += b.v * a.H[i][j]
            if b.H:
                H[i][j] += a.v * b.H[i][j]
    return Jet(a.v * b.v, [a.v * y + b.v * x for x, y in zip(a.g, b.g)], H)


def apply(f, a):
    P = len(a.g)
    d0, d1, d2 = (derivative(f, a.v, k) for k in range(3))
    H = zeros(P)
    for i in range(P):
        for j in range(P):
            H[i][j] = d2 * a.g[i] * a.g[j] + (d1 * a.H[i][j] if a.H else 0)
    return Jet(d0, [d1 * x for x in a.g], H)


def parameters(spec, d):
    return evaluate_net(spec, [mpf(0)] * d, None)


def evaluate_net(spec, x, theta):
    """f as a Jet; theta None: only the number of parameters."""
    at = 0
    P = len(theta) if theta else 0

    def par():
        nonlocal at
        at += 1
        if not theta:
            return None
        g = [mpf(0)] * P
        g[at - 1] = mpf(1)
        return Jet(theta[at - 1], g, None)

    def times(p, h):
        return mul(p, h) if theta else None

    def plus(a, b):
        return add(a, b) if theta else None

    f = None
    for term in spec.split("+"):
        h = [const(v, P) for v in x]
        for layer in [] if term == "linear" else term.split(","):
            res = layer.startswith("res(")
            act, width = layer[4:-1].split(":") if res else layer.split(":")[:2]
            W = [[par() for _ in h] for _ in range(int(width))]
            b = None if layer.endswith(":nobias") else [par() for _ in range(int(width))]
            new = []
            for u in range(int(width)):
                z = b[u] if b else const(mpf(0), P)
                for k in range(len(h)):
                    z = plus(z, times(W[u][k], h[k]))
                s = apply(ACT[act], z) if theta else None
                new.append(plus(s, h[u]) if res else s)
            h = new
        for u in h:
            t = times(par(), u)
            f = t if f is None else plus(f, t)
    t = par()
    return at if not theta else t if f is None else plus(f, t)


def evaluate(p, theta):
    """L as a Jet, margins."""
    n, P = len(p["y"]), len(theta)
    L = Jet(mpf(0), [mpf(0)] * P, zeros(P))
    l = loss_function(p["loss"])
    margins = []
    for i in range(n):
        f = evaluate_net(p["net"], [mpf(v) for v in p["X"][i]], theta)
        margins.append(p["y"][i] * f.v)
        z = mul(const(mpf(-p["y"][i]), P), f)
        w = const(mpf(p["weights"][i] if "weights" in p else 1) / n, P)
        L = add(L, mul(w, apply(l, z)))
    lam = mpf(p["l2"])
    for k in range(P):
        L.v += lam / 2 * theta[k] ** 2
        L.g[k] += lam * theta[k]
        L.H[k][k] += lam
    return L, margins


# ---- critical points ----------------------------------------------------------------------


def eigenvalues(H):
    return sorted(mp.eigsy(mp.matrix(H), eigvals_only=True))


def newton(p, theta, steps=12):
    """Pure Newton to full precision."""
    theta = [mpf(t) for t in theta]
    for _ in range(steps):
        L, _m = evaluate(p, theta)
        step = mp.lu_solve(mp.matrix(L.H), mp.matrix([-g for g in L.g]))
        theta = [t + s for t, s in zip(theta, step)]
        if max(abs(s) for s in step) < mpf(10) ** -35:
            return theta
    return None


def descend(p, theta, steps=300):
    """Levenberg-damped Newton descent at 20 digits to a minimum."""
    with mp.workdps(20):
        tau = mpf(1)
        L, _ = evaluate(p, theta)
        for _ in range(steps):
            A = mp.matrix(L.H)
            shift = max(mpf(0), -eigenvalues(L.H)[0]) + tau
            for k in range(len(theta)):
                A[k, k] += shift
            step = mp.lu_solve(A, mp.matrix([-g for g in L.g]))
            new = [t + s for t, s in zip(theta, step)]
            M, _ = evaluate(p, new)
            if M.v < L.v:
                theta, L, tau = new, M, tau / 10
            else:
                tau *= 10
            if max(abs(g) for g in L.g) < mpf(10) ** -10 or tau > 1e12:
                break
    return theta


# ---- files --------------------------------------------------------------------------------


def hexa(x):
    return float(x).hex()


def outward(lo, hi):
    """Doubles a little outside [lo, hi]."""
    w = abs(hi) * mpf(2) ** -40
    return [hexa(lo - w), hexa(hi + w)]


def certificate(p, theta, kind, claims, hints=None):
    c = {
        "format": "nadir-certificate", "version": 1,
        "problem": {"net": p["net"], "loss": p["loss"], "l2": hexa(p["l2"])},
        "data": {"n": len(p["y"]), "d": len(p["X"][0]),
                 "X": [[hexa(v) for v in r] for r in p["X"]], "y": p["y"]},
        "theta": [hexa(t) for t in theta], "kind": kind, "claims": claims,
    }
    if "weights" in p:
        c["problem"]["weights"] = [hexa(w) for w in p["weights"]]
    if hints:
        c["hints"] = hints
    return c


def write(folder, name, c):
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, name + ".json"), "w") as f:
        f.write("{\n" + ",\n".join(json.dumps(k) + ": " + json.dumps(v) for k, v in c.items()) +
                "\n}\n")


def errors(p, margins):
    return sum(1 for y, m in zip(p["y"], margins) if m < 0 or (m == 0 and y < 0))


def point(folder, name, p, theta, expect=0, kind=None):
    """The certificate of the critical point theta (full precision)."""
    c = [mpf(float(t)) for t in theta]
    L, m = evaluate(p, theta)
    e = eigenvalues(L.H)
    index = sum(1 for v in e if v < 0)
    assert index == expect, (name, index, e)
    radius = 2 * mp.sqrt(sum((a - b) ** 2 for a, b in zip(c, theta))) + mpf(2) ** -60
    claims = {"loss": outward(L.v, L.v), "errors": errors(p, m),
              "margin_min": hexa(min(m) - abs(min(m)) / 2**30), "radius": hexa(radius)}
    kind = kind or ("index" if index else "strict")
    if kind == "strict":
        claims["mu"] = hexa(e[0] * mpf("0.9"))
    elif kind == "index":
        claims["index"] = index
    else:
        claims["form"] = "curvature"
    write(folder, name, certificate(p, theta, kind, claims))
    print("%-28s L = %s errors %d eigenvalues %s .. %s radius %s" % (
        name, mp.nstr(L.v, 12), claims["errors"], mp.nstr(e[0], 4), mp.nstr(e[-1], 4),
        mp.nstr(radius, 3)), flush=True)


XOR = {"X": [[1., 1.], [-1., -1.], [1., -1.], [-1., 1.]], "y": [1, 1, -1, -1]}


def problem(net, loss="polyhinge:3", l2=0.0, **data):
    return dict(net=net, loss=loss, l2=l2, **data)


def random_data(seed, n, d):
    r = random.Random(seed)
    return {"X": [[r.randint(-24, 24) / 16 for _ in range(d)] for _ in range(n)],
            "y": [r.choice([1, -1]) for _ in range(n)]}


def start(p, seed, scale=1.0):
    r = random.Random(seed)
    return [mpf(r.gauss(0, scale)) for _ in range(parameters(p["net"], len(p["X"][0])))]


def functions(folder):
    out = []
    points = [-40, -9.5, -3.25, -1.5, -0.75, -2.0**-30, 2.0**-30, 0.3125, 1.75, 6.5, 30]
    for name, f in ACT.items():
        out += [(name, 0, f, mpf(z)) for z in points]
    losses = dict(LOSS)
    for q in (2, 3, 4, 7):
        losses["polyhinge:%d" % q] = loss_function("polyhinge:%d" % q)
    for name, f in losses.items():
        out += [(name, 1, f, mpf(z)) for z in points]
    rows = [{"name": n, "loss": k, "z": hexa(z), "value": [mp.nstr(derivative(f, z, j, 600), 36)
                                                           for j in range(3)]}
            for n, k, f, z in out]
    with open(os.path.join(folder, "functions.json"), "w") as f:
        f.write("[\n" + ",\n".join(json.dumps(r) for r in rows) + "\n]\n")


def nets(folder):
    specs = ["softplus:3", "tanh:2,sigmoid:3", "linear", "exp:2:nobias+linear",
             "res(arctan:2),softplus:2", "gelu:3,res(silu:3),res(tanh:3)",
             "square:2,squareplus:2:nobias+elu:2", "leakyrelu:3,relu:2+softplus:1,res(tanh:1)"]
    losses = ["polyhinge:3", "logistic", "square", "exponential", "smoothhinge", "polyhinge:2",
              "polyhinge:4", "polyhinge:3"]
    for k, (net, loss) in enumerate(zip(specs, losses)):
        p = problem(net, loss, 2.0**-5, **random_data(k, 5, 2))
        p["weights"] = [0.5, 1.0, 2.0, 1.0, 0.25]
        theta = [mpf(float(t)) for t in start(p, 100 + k, 0.7)]
        L, m = evaluate(p, theta)
        write(os.path.join(folder, "nets"), "net%d" % k, certificate(
            p, theta, "not-a-minimum",
            {"loss": outward(L.v, L.v), "errors": errors(p, m), "form": "gradient"},
            {"loss": mp.nstr(L.v, 36), "gradient": [mp.nstr(g, 36) for g in L.g],
             "hessian": [[mp.nstr(h, 36) for h in r] for r in L.H],
             "margins": [mp.nstr(v, 36) for v in m]}))


def xor_ridge(folder):
    """theory: losses .71286 (1 neuron); .00822, .01245 (2); .00717 (3)."""
    wanted = {"softplus:1": ["0.71286"], "softplus:2": ["0.00822", "0.01245"],
              "softplus:3": ["0.00717"]}
    for net, losses in wanted.items():
        p = problem(net, l2=1e-3, **XOR)
        seed, left = 0, set(losses)
        while left:
            theta = newton(p, descend(p, start(p, seed, 2.0)))
            seed += 1
            if theta is None:
                continue
            L, _ = evaluate(p, theta)
            key = mp.nstr(mp.floor(L.v * 10**5 + mpf(".5")) / 10**5, 5)
            if key in left and eigenvalues(L.H)[0] > 0:
                left.remove(key)
                point(folder, "xor-%s-%s" % (net.replace(":", ""), key[2:]), p, theta)


def xor_saddle(folder):
    p = problem("softplus:2", l2=1e-3, **XOR)
    for seed in range(10**6):
        try:
            theta = newton(p, start(p, seed), 40)
        except ZeroDivisionError:
            continue
        if theta is None or max(abs(t) for t in theta) > 50:
            continue
        L, _ = evaluate(p, theta)
        if sum(1 for v in eigenvalues(L.H) if v < 0) == 1:
            point(folder, "xor-saddle", p, theta, 1)
            point(folder, "xor-saddle-curvature", p, theta, 1, "not-a-minimum")
            return


def exact_examples(folder, shared):
    p = problem("softplus:1", X=[[.3, 0.], [-1.3, 0.], [-1.3, 0.], [-.3, 0.], [-2.3, 0.], [5.3, 0.],
                                 [0., 1.9], [0., -.1], [0., 1.5], [0., 2.5]], y=[1] * 6 + [-1] * 4)
    point(folder, "few-neurons-strict", p,
          newton(p, [-2.35070696, -2.2500707, .53430965, .31754396, -.22510478]))
    p = problem("exp:1:nobias", "square", X=[[v] for v in (-3., -2., -1., -.5, .2, .4, .6, 12.)],
                y=[-1] * 4 + [1] * 4)
    point(folder, "square-loss", p,
          newton(p, [-.31161771272198720, -1.0746548447771854, 1.2924941454987345]))
    plus = [(3, -1.05, 1), (4, -1.49, 1), (2, -2.52, 1), (1, -3.25, 1), (1, -4.86, 1), (7, .45, 1),
            (3, .87, 1), (4, 2.35, 1), (1, 4.48, 1.01)]
    minus = [(2, -1.49, -.99), (2, -2.88, -1), (1, -3.35, -1), (3, -5, -1), (1, .18, -1),
             (1, 1.6, -1.01), (1, 1.82, -1.01), (2, 3.81, -1), (3, 4.39, -1)]
    X, y = [], []
    for rows, label in ((plus, 1), (minus, -1)):
        for k, a, b in rows:
            X += [[float(a), float(b)]] * k
            y += [label] * k
    p = problem("softplus:1,softplus:2", X=X, y=y)
    point(folder, "no-shortcut", p, newton(p, [
        .5782937052864705, -.0018900667687564, .7973545189834755,
        1.7012339037895742, -4.1162255189210526, -.1964219849104412, 3.6981737301203149,
        -.2577060238817027, -.3722023059173395, 1.0933430088581279]))
    # the weighted examples: weights that sum to 1, so omega_i = 18 u_i
    for name, net, theta, X, y, u in shared:
        p = problem(net, X=X, y=y, weights=[len(y) * w for w in u])
        point(folder, name, p, newton(p, theta))


WEIGHTED = json.loads(r"""[
 ["deep-softplus-1", "softplus:1,softplus:2",
  [0.8198971549556937, 0.0, 0.7818717214143369, 0.9144849074279069, -2.7512170398892133, -4.48723892687298, 1.3969282512072967, 1.8883571455742894, 0.8413689513370013, -0.7240482445323395],
  [[-5.0, -1.0], [-4.5, 1.0], [-3.0, -1.0], [-2.5, -1.0], [-2.0, 1.0], [-1.0, -1.0], [-0.5, 1.0], [-0.5, -1.0], [0.0, 1.0], [1.0, 1.0], [1.0, -1.0], [1.5, -1.0], [3.0, 1.0], [3.5, -1.0], [4.0, -1.0], [4.5, 1.0], [5.0, 1.0], [5.0, -1.0]],
  [-1, 1, -1, -1, 1, -1, 1, -1, 1, 1, -1, -1, 1, -1, -1, 1, 1, -1],
  [0.0076853177766870616, 0.1812800494358533, 0.016477696093922117, 0.018085602489930245, 0.08624022498386952, 0.11585843545098004, 0.02846596375462272, 0.07472176219349151, 0.0007251813404998035, 0.00809962017225058, 0.012470055651694161, 0.21387820956836193, 0.037149859208045415, 0.07387423014363127, 0.03068230936049188, 0.07557884019773807, 0.012934921689167617, 0.005791720488762676]],
 ["deep-squareplus-2", "squareplus:1,squareplus:2",
  [1.103439468790389, 0.0, 0.8545561238351889, 0.6539569221973898, -3.5894242849494513, -3.6518351723468596, 2.840839631936952, 1.9029918524376708, 0.5812070332184711, -1.7151244120279898],
  [[-5.0, -1.0], [-4.0, 1.0], [-3.0, -1.0], [-2.5, 1.0], [-2.0, 1.0], [-2.0, -1.0], [-1.5, -1.0], [-1.0, 1.0], [-0.5, 1.0], [-0.5, -1.0], [1.0, 1.0], [1.5, -1.0], [2.0, -1.0], [3.5, 1.0], [3.5, -1.0], [4.0, -1.0], [4.5, 1.0], [5.0, -1.0]],
  [-1, 1, -1, 1, 1, -1, -1, 1, 1, -1, 1, -1, -1, 1, -1, -1, 1, -1],
  [0.022613717485753845, 0.12286123880696591, 0.09682018828273851, 0.013418398103113575, 0.046015056381164716, 0.04954557272823271, 0.10356152961598862, 0.002719012768684488, 0.0011813456349892189, 0.1439478960045882, 0.002234961093105113, 0.15964838547893412, 0.04437448777299977, 0.038334742543525535, 0.031418571028705766, 0.031171581032412906, 0.08872116009099903, 0.0014121551470980141]]
]""")


def others(folder):
    """Strict minima with ridge over the other activations and losses."""
    specs = [("tanh:2", "logistic"), ("arctan:2", "exponential"), ("gelu:2", "smoothhinge"),
             ("silu:2", "polyhinge:4"), ("sigmoid:2,tanh:1", "polyhinge:3"),
             ("res(tanh:2)+squareplus:1", "logistic"), ("elu:2", "polyhinge:2"),
             ("leakyrelu:1", "polyhinge:3")]
    for k, (net, loss) in enumerate(specs):
        p = problem(net, loss, 2.0**-4, **random_data(50 + k, 7, 2))
        if net == "leakyrelu:1":  # all samples on one side of the kink
            p.update(X=[[1.0], [2.0], [3.0]], y=[-1, 1, 1])
        for seed in range(100):
            theta = newton(p, descend(p, start(p, seed)))
            if theta is None or not 1e-3 < max(abs(t) for t in theta[:-1]) < 50:
                continue
            L, _ = evaluate(p, theta)
            if eigenvalues(L.H)[0] > 1e-6:
                point(folder, "other%d" % k, p, theta)
                break


def valley(folder):
    """XOR, softplus:1, no ridge: the infimum near here is not attained.  A false
    certificate: what an optimiser that trusts |g| ~ 1e-12 would write."""
    p = problem("softplus:1", **XOR)
    theta = [mpf(v) for v in (-1, -1, -.5, 1, 0)]
    theta = descend(p, theta, 400)
    L, m = evaluate(p, theta)
    g = mp.sqrt(sum(v * v for v in L.g))
    print("valley |g| = %s L = %s theta = %s" % (mp.nstr(g, 3), mp.nstr(L.v, 8),
                                               [mp.nstr(t, 5) for t in theta]))
    write(folder, "valley", certificate(p, theta, "strict", {
        "loss": outward(L.v, L.v), "errors": [0, 4], "radius": hexa(2.0**-10)}))


def zero_loss(folder):
    p = problem("relu:2", **XOR)  # f = relu(x1 + x2) + relu(-x1 - x2) - 1: margins exactly 1
    theta = [1., 1., -1., -1., 0., 0., 1., 1., -1.]
    write(folder, "xor-zero", certificate(p, theta, "zero-loss", {
        "loss": [hexa(0.0), hexa(0.0)], "errors": 0, "margin_min": hexa(1.0)}))
    p = problem("softplus:2", "smoothhinge", **XOR)
    theta = [4., 4., -4., -4., 0., 0., 1., 1., -4.]
    L, m = evaluate(p, [mpf(t) for t in theta])
    assert L.v == 0
    write(folder, "xor-zero-smooth", certificate(p, theta, "zero-loss", {
        "loss": [hexa(0.0), hexa(0.0)], "errors": 0, "margin_min": hexa(min(m) - 2**-20)}))


def lower(folder):
    p = problem("softplus:2", l2=1e-3, **XOR)
    c = [mpf(0)] * parameters(p["net"], 2)
    q = [mpf(v) for v in (2, 2, -2, -2, -1, -1, 1, 1, -1)]
    L, m = evaluate(p, c)
    M, _ = evaluate(p, q)
    print("lower", mp.nstr(L.v, 10), mp.nstr(M.v, 10))
    assert M.v < L.v
    write(folder, "xor-lower", certificate(p, c, "not-a-minimum", {
        "loss": outward(L.v, L.v), "errors": errors(p, m), "form": "lower",
        "point": [hexa(v) for v in q], "radius": hexa(5.0)}))


def main():
    folder = sys.argv[1]
    os.makedirs(folder, exist_ok=True)
    points = os.path.join(folder, "points")
    functions(folder)
    nets(folder)
    zero_loss(points)
    lower(points)
    valley(os.path.join(folder, "false"))
    exact_examples(points, WEIGHTED)
    xor_ridge(points)
    xor_saddle(points)
    others(points)


if __name__ == "__main__":
    main()
