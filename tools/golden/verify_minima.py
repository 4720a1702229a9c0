#!/usr/bin/env python3
"""Certificates of minima that are not isolated, for the tests of nadir-verify: mpmath, 50
digits, with the functions and derivatives of verify_points.py.

    python3 tools/golden/verify_minima.py tests/verify

writes DIR/minima/*.json: true statements of the kinds flat, region, constant-neuron, dual,
strict ones and minima at kinks of relu nets with ridge.  The examples are those of docs/theory.md."""
import os
import random
import sys
from mpmath import mp, mpf
from verify_points import (LEAK, XOR, certificate, eigenvalues, errors, evaluate, hexa, outward,
                           parameters, problem, write)


def newton_on(p, theta, free, steps=60):
    """A zero of the gradient by the coordinates free, the others as they are."""
    theta = [mpf(t) for t in theta]
    for _ in range(steps):
        L, _m = evaluate(p, theta)
        H = mp.matrix([[L.H[i][j] for j in free] for i in free])
        step = mp.lu_solve(H, mp.matrix([-L.g[i] for i in free]))
        for k, i in enumerate(free):
            theta[i] += step[k]
        if max(abs(s) for s in step) < mpf(10) ** -40:
            return theta
    raise ArithmeticError("no convergence")


def emit(folder, name, p, theta, kind, free, claims):
    """theta to full precision; c is its double, theta* agrees with c outside free."""
    c = [mpf(float(t)) for t in theta]
    start = list(theta)
    for k in range(len(c)):
        if k not in free:
            start[k] = c[k]
    star = newton_on(p, start, free)
    L, m = evaluate(p, star)
    H = [[L.H[i][j] for j in free] for i in free]
    e = eigenvalues(H)
    assert e[0] > 0, (name, e)
    assert max(abs(L.g[i]) for i in free) < mpf(10) ** -30
    distance = mp.sqrt(sum((a - b) ** 2 for a, b in zip(star, c)))
    print("%-28s L = %s lambda_min = %s errors = %d distance = %s" % (
        name, mp.nstr(L.v, 12), mp.nstr(e[0], 5), errors(p, m), mp.nstr(distance, 3)))
    claims = dict({"loss": outward(L.v, L.v), "errors": errors(p, m),
                   "margin_min": hexa(min(m) - mpf(2)**-40),
                   "radius": hexa(distance * 2 + mpf(2)**-60)}, **claims)
    if kind in ("flat", "strict"):
        claims["mu"] = hexa(e[0] * mpf("0.99"))
    write(folder, name, certificate(p, c, kind, claims))
    return star


def others(P, fixed):
    return [k for k in range(P) if k not in fixed]


def dead_relu(folder):
    """Every neuron dead, and a_0 the minimum of a problem in one dimension."""
    X = [[1., .5], [-1., 2.], [.25, -1.], [3., 1.], [-2., -.5], [.5, .5], [1.5, -2.]]
    y = [1, 1, -1, 1, -1, -1, 1]
    p = problem("relu:3", X=X, y=y)
    theta = [1., 2., -1., .5, 0., 1., -20., -30., -25., 1., -2., .5, 0.]
    P = parameters(p["net"], 2)
    emit(folder, "dead-relu", p, newton_on(p, theta, [P - 1]), "flat", [P - 1],
         {"idle": list(range(P - 1)), "gauge": []})
    p = problem("relu:2+linear", "logistic", X=X, y=y)
    theta = [1., 2., -1., .5, -20., -30., 1., -2., .1, .1, .1]
    free = [8, 9, 10]
    emit(folder, "dead-relu-linear", p, newton_on(p, theta, free), "flat", free,
         {"idle": list(range(8)), "gauge": []})
    # the second layer is dead, so the first one is idle too
    p = problem("tanh:2,relu:2", X=X, y=y)
    P = parameters(p["net"], 2)
    theta = [1., 2., -1., .5, .25, -.5, 1., -1., 2., .5, -4., -5., 1., 3., 0.]
    assert len(theta) == P
    emit(folder, "dead-deep", p, newton_on(p, theta, [P - 1]), "flat", [P - 1],
         {"idle": list(range(P - 1)), "gauge": []})
    # samples beyond the hinge may sit on a kink: relu(-8 + 8) = 0 exactly
    p = problem("relu:1", X=[[1.], [2.], [3.], [4.], [-8.]], y=[-1, 1, -1, 1, -1])
    theta = newton_on(p, [1., 8., .3, -5.], [0, 3])
    emit(folder, "hinge-kink-flat", p, theta, "region", [0, 3], {"free": [0, 3]})


def gauges(folder):
    """One neuron with a scaling: w, b or a is held; with the rest, also a region of relu."""
    X = [[v] for v in (-3., -2., -1.5, -1., .5, 1., 2., 3.5, 4.)]
    p = problem("relu:1", X=X, y=[1, 1, 1, -1, -1, 1, 1, -1, -1])
    s, t, k = -0.17799539, 0.25616995, 0.26794763  # slope and intercept for x > 0; constant
    theta = newton_on(p, [2., 2. * (t - k) / s, s / 2, k], [1, 2, 3])
    theta = newton_on(p, theta, [1, 2, 3])
    for g, name in ((0, "w"), (1, "b"), (2, "a")):
        emit(folder, "gauge-relu-" + name, p, theta, "flat", others(4, [g]),
             {"idle": [], "gauge": [g]})
    emit(folder, "region-relu", p, theta, "region", [0, 1, 3], {"free": [0, 1, 3]})
    p = problem("square:1", X=[[v] for v in (-2., -1., 0., .5, 1., 2., 3.)],
                y=[1, -1, 1, -1, 1, -1, 1])
    theta = newton_on(p, [1., -.5, .1, 0.], [1, 2, 3])
    for g, name in ((0, "w"), (1, "b"), (2, "a")):
        emit(folder, "gauge-square-" + name, p, theta, "flat", others(4, [g]),
             {"idle": [], "gauge": [g]})
    p = problem("exp:1", "square", X=[[v] for v in (-3., -2., -1., -.5, .2, .4, .6, 12.)],
                y=[-1] * 4 + [1] * 4)
    a = -1.0746548447771854
    theta = newton_on(p, [-.31161771272198720, .5, a * float(mp.exp(-.5)), 1.2924941454987345],
                      [0, 2, 3])
    for g, name in ((1, "b"), (2, "a")):
        emit(folder, "gauge-exp-" + name, p, theta, "flat", others(4, [g]),
             {"idle": [], "gauge": [g]})


def linear_leaky(folder):
    """XOR, every preactivation > 0: f is affine, and 0 is the best affine function."""
    for M in (1, 3):
        p = problem("leakyrelu:%d" % M, **XOR)
        a = [1.] if M == 1 else [2., -1., .5]
        w = [[0., 0.]] if M == 1 else [[.25, 0.], [.5, .5], [0., 1.]]
        b = [4.] * M
        f = sum(x * y for x, y in zip(a, b))
        u = [sum(a[j] * w[j][k] for j in range(M)) for k in range(2)]
        assert M == 1 or u == [0., 0.], u
        theta = [v for r in w for v in r] + b + a + [-f]
        P = len(theta)
        emit(folder, "linear-leaky-%d" % M, p, theta, "region", [0, 1, P - 1],
             {"free": [0, 1, P - 1]})
    p = problem("leakyrelu:1+linear", "logistic", X=[[0.], [1.], [2.], [3.]], y=[1, -1, -1, 1])
    theta = newton_on(p, [.5, 4., 1., -.5, -4.], [3, 4])
    emit(folder, "linear-term", p, theta, "region", [3, 4], {"free": [3, 4]})


def constant(folder):
    """between (every M), few-neurons: |a| above the bound; class means equal."""
    for M in (1, 4, 16):
        p = problem("softplus:%d" % M, X=[[-1.], [0.], [1.]], y=[1, -1, 1])
        a = [-1. - .125 * j for j in range(M)]
        b = [.25 * (j % 5) - .5 for j in range(M)]
        theta = [0.] * M + b + a + [0.]
        theta = newton_on(p, theta, [3 * M])
        emit(folder, "between-%d" % M, p, theta, "constant-neuron", [3 * M], {})
    for a in (.75, -.75):  # |a| > (1 - S)/(2 S) = 1/2 for b = 0
        p = problem("softplus:1", **XOR)
        theta = newton_on(p, [0., 0., 0., a, 0.], [4])
        emit(folder, "few-neurons%+g" % a, p, theta, "constant-neuron", [4], {})
    # weighted: 3 (1) + 1 (5) = 4 (2), and .5 (2) = .5 (2)
    p = problem("tanh:1", X=[[1.], [5.], [2.]], y=[1, 1, -1], weights=[3., 1., .5])
    theta = newton_on(p, [0., -.5, 4., 0.], [3])
    emit(folder, "weighted-means", p, theta, "constant-neuron", [3], {})


def copies(p, theta, M, share, d, bias=True):
    """theta of the net with one neuron, its neuron M times with the shares of a."""
    w, b, a, rest = theta[:d], theta[d:d + 1], theta[d + 1], theta[d + 2:]
    return w * M + (b if bias else []) * M + [a * s for s in share] + rest


def dual(folder):
    plus = [(.5, .2, 0), (-.8, -.1, 0), (2, 3.4, 0), (2, -6.2, 0), (-3, .75, 0)]
    X = [[float(v) for v in r] for r in plus] + [[-float(t), 0., -float(q)] for t, q, _ in plus]
    p = problem("tanh:1", X=X, y=[1] * 5 + [-1] * 5)
    w2 = 6.64134026836638e-4
    theta = newton_on(p, [1.188357449898873147, w2, w2, 0., .1019703509666280, 0.], range(6))
    emit(folder, "not-convex-1", p, theta, "dual", list(range(6)), {"groups": [0]})
    five = problem("tanh:5", X=X, y=p["y"])
    share = [.5, .125, .125, .1875, .0625]
    whole(folder, "not-convex-5", p, theta, five, copies(p, theta, 5, share, 3), [0] * 5)


def designed(folder):
    """Two groups, by design (theory.md 8): samples anywhere, c_i such that sum c_i = sum c_i x_i
    = 0 and G, G' vanish at both w; labels and weights that give these c_i for small a of the
    sign of G''."""
    name, w = "designed-linear", [mpf(.5), mpf(1.75)]
    shares, pick = [.25, .5, .125, .75, .375], [0, 1, 1, 0, 1]
    r = random.Random(7)

    def slope(z):
        return 1 - mp.tanh(z) ** 2

    while True:
        x = [mpf(v) / 4 for v in sorted(r.sample(range(-16, 17), 7))]
        rows = [[mpf(1)] * 7, x]
        for g in w:
            rows += [[mp.tanh(g * v) for v in x], [v * slope(g * v) for v in x]]
        c = mp.lu_solve(mp.matrix([q[:-1] for q in rows]), mp.matrix([-q[-1] for q in rows]))
        c = list(c) + [mpf(1)]
        second = [sum(ci * -2 * mp.tanh(g * v) * slope(g * v) * v * v for ci, v in zip(c, x))
                  for g in w]
        if min(abs(s) for s in second) < mpf("1e-3") * max(abs(v) for v in c):
            continue
        a = [mp.sign(s) / 4 for s in second]
        y = [-int(mp.sign(v)) for v in c]
        f = [sum(ag * mp.tanh(g * v) for ag, g in zip(a, w)) for v in x]
        p = problem("linear+tanh:2:nobias", X=[[float(v)] for v in x], y=y, weights=[
            float(abs(ci) / (1 - yi * fi) ** 2) for ci, yi, fi in zip(c, y, f)])
        try:
            theta = newton_on(p, [mpf(0)] + w + a + [mpf(0)], range(6))
            break
        except (ArithmeticError, ZeroDivisionError):
            continue
    print(name, mp.nstr(eigenvalues(evaluate(p, theta)[0].H), 3))
    u, w, a, a0 = theta[0], theta[1:3], theta[3:5], theta[5]
    whole(folder, name, p, theta, dict(p, net="linear+tanh:5:nobias"), [u] + [w[g] for g in pick] +
          [a[g] * mpf(q) for g, q in zip(pick, shares)] + [a0], pick)


def whole(folder, name, p, star, full, theta, groups):
    """The certificate of theta for full, with the figures of the reduced problem p at star."""
    L, m = evaluate(full, theta)
    R, _m = evaluate(p, star)
    assert abs(L.v - R.v) < mpf(10) ** -30 and max(abs(g) for g in L.g) < mpf(10) ** -30
    c = [mpf(float(t)) for t in theta]
    distance = mp.sqrt(sum((a - b) ** 2 for a, b in zip(theta, c)))
    claims = {"loss": outward(L.v, L.v), "errors": errors(full, m),
              "margin_min": hexa(min(m) - mpf(2)**-40), "radius": hexa(distance * 2 + mpf(2)**-50),
              "groups": groups}
    write(folder, name, certificate(full, c, "dual", claims))


def ridge(folder):
    """relu with ridge has isolated minima off its kinks."""
    X = [[v] for v in (-3., -2., -1.5, -1., .5, 1., 2., 3.5, 4.)]
    p = problem("relu:1", "logistic", 2.0**-6, X=X, y=[1, -1, -1, -1, -1, 1, -1, -1, 1])
    theta = newton_on(p, [.46662835, .03507562, .46794477, -.91991188], range(4))
    emit(folder, "relu-ridge", p, theta, "strict", list(range(4)), {})


# ---- kinks ---------------------------------------------------------------------------

def smooth_gradient(p, theta, pairs):
    """The gradient of L_0 (s(z) := 0 on the pairs), dL/df_i and the a_j of "ACT:M" on d = 2."""
    name, M = p["net"].split(":")
    M, n, g = int(M), len(p["y"]), [p["l2"] * t for t in theta]
    W, b, a, slopes = theta[:2 * M], theta[2 * M:3 * M], theta[3 * M:4 * M], []
    for i, (x, y) in enumerate(zip(p["X"], p["y"])):
        z = [W[2 * j] * x[0] + W[2 * j + 1] * x[1] + b[j] for j in range(M)]
        s1 = [mpf(0) if (j, i) in pairs else mpf(1) if z[j] > 0 else
              mpf(0) if name == "relu" else LEAK for j in range(M)]
        f = theta[-1] + sum(a[j] * s1[j] * z[j] for j in range(M))
        c = -y * 3 * max(mpf(0), 1 - y * f)**2 / n  # polyhinge:3
        slopes.append(c)
        for j in range(M):
            for k in range(2):
                g[2 * j + k] += c * a[j] * s1[j] * x[k]
            g[2 * M + j] += c * a[j] * s1[j]
            g[3 * M + j] += c * s1[j] * z[j]
        g[-1] += c
    return g, slopes, a


def kink(folder, name, net, theta, pairs):
    """theta, lambda: a zero of grad L_0 + A' lambda, A theta, by Newton's method with
    differences; lambda strictly between alpha kappa and kappa; H_0 > 0 on the kernel of A."""
    X, y = XOR["X"], XOR["y"]
    p = problem(net, l2=2.0**-10, X=X, y=y)
    M, P, k = len(theta) // 4, len(theta), len(pairs)
    A = mp.matrix(k, P)
    for e, (j, i) in enumerate(pairs):
        A[e, 2 * j], A[e, 2 * j + 1], A[e, 2 * M + j] = X[i][0], X[i][1], 1

    def system(v):
        g = smooth_gradient(p, v[:P], pairs)[0]
        for e in range(k):
            for i in range(P):
                g[i] += A[e, i] * v[P + e]
        return g + [sum(A[e, i] * v[i] for i in range(P)) for e in range(k)]

    v, h = [mpf(t) for t in theta] + [mpf(0)] * k, mpf(10)**-25
    for _ in range(40):
        F, J = system(v), mp.matrix(P + k)
        for c in range(P + k):
            G = system([t + (h if i == c else 0) for i, t in enumerate(v)])
            for r in range(P + k):
                J[r, c] = (G[r] - F[r]) / h
        step = mp.lu_solve(J, mp.matrix([-t for t in F]))
        v = [t + s for t, s in zip(v, step)]
    assert max(abs(t) for t in system(v)) < mpf(10)**-40
    e, alpha = sorted(mp.eigsy(J, eigvals_only=True)), LEAK if net.startswith("leaky") else 0
    assert e[k - 1] < -mpf(10)**-6 and e[k] > mpf(10)**-6, e  # exactly k negative
    _g, slopes, a = smooth_gradient(p, v[:P], pairs)
    for q, (j, i) in enumerate(pairs):
        kappa = slopes[i] * a[j]
        assert alpha * kappa + mpf(10)**-6 < v[P + q] < kappa - mpf(10)**-6, (name, q)
    L, m = evaluate(p, v[:P])
    c = [mpf(float(t)) for t in v[:P]]
    distance = mp.sqrt(sum((s - t)**2 for s, t in zip(v[:P], c)))
    print("%-28s L = %s multipliers = %s" % (name, mp.nstr(L.v, 12),
                                             [mp.nstr(t, 4) for t in v[P:]]))
    write(folder, name, certificate(p, c, "kink", {
        "loss": outward(L.v, L.v), "errors": errors(p, m), "margin_min": hexa(min(m) - mpf(2)**-40),
        "radius": hexa(distance * 2 + mpf(2)**-60), "kinks": [list(q) for q in pairs]}))


def kinks(folder):
    kink(folder, "kink-relu", "relu:2",
         [1.1627, -1.1627, .6221, -.6221, 0., 1.2443, -1.6443, 1.5239, -.9381],
         [(0, 0), (0, 1), (1, 3)])
    kink(folder, "kink-leaky", "leakyrelu:2",
         [1.0261, -1.0261, 5.1990, -5.1990, 0., -10.3981, -1.4511, 12.7350, 2.0293],
         [(0, 0), (0, 1), (1, 2)])


def main():
    folder = os.path.join(sys.argv[1], "minima")
    dead_relu(folder)
    gauges(folder)
    linear_leaky(folder)
    constant(folder)
    dual(folder)
    designed(folder)
    ridge(folder)
    kinks(folder)


main()
