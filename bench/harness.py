"""What bench/run.py stands on: our side as a process, clocks, cases measured in turn, tables,
the baseline.  Standard library only.

One thread is timed by processor time on both sides, so that other programs on the machine
disturb less; two threads by the clock, and there the fastest of all rounds counts on each side,
since whoever else runs shows at every barrier.  A ratio is theirs / ours: above 1 nadir is faster.
"""
import json
import os
import resource
import statistics
import subprocess
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
FALL = 2.0 / 3.0          # of the baseline: a ratio below fails
ROUNDS, QUICK_ROUNDS = 9, 5
BUDGET, QUICK_BUDGET = 40.0, 8.0   # seconds for the rounds of one case; at least LEAST rounds
LEAST = 3
SLICE = 0.02              # seconds that one round of a short operation takes


class Case:
    """One comparison.  make(env, threads) gives a Run; aim: the ratio that is wanted."""

    def __init__(self, name, group, what, peer, make, aim=None, quick=False, threads=(1, 2)):
        self.name, self.group, self.what, self.peer, self.make = name, group, what, peer, make
        self.aim, self.quick, self.threads = aim, quick, threads


class Run:
    """Two functions that do the work once and return its seconds; floor in seconds."""

    def __init__(self, ours, theirs, floor=None, note="", unit=1.0):
        self.ours, self.theirs, self.floor, self.note, self.unit = ours, theirs, floor, note, unit


class Ours:
    """bench_peer: one command a line, one JSON object back."""

    def __init__(self, build, threads):
        self.process = subprocess.Popen([os.path.join(build, "bench_peer")], cwd=ROOT, text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.ask("threads", threads)

    def ask(self, *words):
        self.process.stdin.write(" ".join(str(w) for w in words) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline() or '{"error": "bench_peer died"}')
        if "error" in answer:
            raise RuntimeError(f"{words}: {answer['error']}")
        return answer

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def clock(threads):
    return time.process_time if threads == 1 else time.perf_counter


def best_of(f, threads, repeats):
    now, least = clock(threads), float("inf")
    for _ in range(repeats):
        begin = now()
        f()
        least = min(least, now() - begin)
    return least


def repeats_for(seconds):
    return max(1, min(200, round(SLICE / max(seconds, 1e-7))))


def whole(command, threads=1):
    """Seconds of a whole command (processor time with one thread), and what it printed."""
    before, begin = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    run = subprocess.run(command, capture_output=True, text=True)
    after, wall = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter() - begin
    if run.returncode not in (0, 2):
        raise RuntimeError(f"{' '.join(command)}: {run.stderr}")
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return (used if threads == 1 else wall), run


def measure(run, quick, threads=1):
    """Rounds of ours, theirs; the medians, the median ratio and its range."""
    ours, theirs = [], []
    begin = time.perf_counter()
    while len(ours) < (QUICK_ROUNDS if quick else ROUNDS):
        if (len(ours) >= LEAST
                and time.perf_counter() - begin > (QUICK_BUDGET if quick else BUDGET)):
            break
        ours.append(run.ours())
        theirs.append(run.theirs())
    ratios = sorted(t / o for t, o in zip(theirs, ours))
    middle = statistics.median if threads == 1 else min
    a, b = middle(ours), middle(theirs)
    result = {"ours": a / run.unit, "theirs": b / run.unit,
              "ratio": statistics.median(ratios) if threads == 1 else b / a,
              "low": ratios[0], "high": ratios[-1],
              "rounds": len(ours), "note": run.note}
    if run.floor:
        result["floor"] = run.floor / run.unit
        result["over_floor"] = result["ours"] / result["floor"]
    return result


# ---- tables ----------------------------------------------------------------------------


def short(seconds):
    for unit, scale in (("s", 1.0), ("ms", 1e-3), ("us", 1e-6)):
        if seconds >= scale:
            return f"{seconds / scale:.3g} {unit}"
    return f"{seconds * 1e9:.3g} ns"


def table(results):
    """Markdown: one table a group."""
    lines = []
    for group in dict.fromkeys(r["group"] for r in results):
        lines += [f"\n### {group}\n",
                  "| case | threads | nadir | floor | over it | peer | theirs / ours | range "
                  "| aim | |", "|---|---|---|---|---|---|---|---|---|---|"]
        for r in (r for r in results if r["group"] == group):
            floor = short(r["floor"]) if "floor" in r else ""
            over = f"{r['over_floor']:.2f}" if "floor" in r else ""
            aim = f"{r['aim']:g}" if r["aim"] else ""
            mark = "" if not r["aim"] or r["ratio"] >= r["aim"] else "**below** "
            lines.append(
                f"| {r['what']} | {r['threads']} | {short(r['ours'])} | {floor} | {over} "
                f"| {r['peer']} {short(r['theirs'])} | {r['ratio']:.3g} "
                f"| {r['low']:.3g}-{r['high']:.3g} | {mark}{aim} | {r['note']} |")
    return "\n".join(lines) + "\n"


# ---- the baseline ---------------------------------------------------------------------------


def read_baseline(file):
    with open(file) as f:
        return json.load(f)["ratios"]


def fallen(ratios, baseline):
    """Cases whose ratio fell by more than a third, or that are gone: [(name, was, is)]."""
    out = []
    for name, was in baseline.items():
        now = ratios.get(name)
        if now is None or not now >= FALL * was:
            out.append((name, was, now))
    return out


def write_baseline(file, results, command, before=None):
    """Where a ratio was lower before, that one stays: the lowest of several good runs."""
    ratios = {r["name"]: float(f"{r['ratio']:.3g}") for r in results if r["threads"] == 1}
    for name in ratios:
        ratios[name] = min(ratios[name], (before or {}).get(name, ratios[name]))
    with open(file, "w") as f:
        json.dump({"what": "theirs / ours, one thread: make bench-check fails when one falls by "
                           "more than a third; the lowest median of several runs", "command": command, "ratios": ratios}, f, indent=2)
        f.write("\n")
