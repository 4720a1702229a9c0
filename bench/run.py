#!/usr/bin/env python3
"""nadir against other programs, both sides in turn in one run: ratios.

    python3 bench/run.py BUILD_DIR [--quick] [--threads 1,2] [--only TEXT] [--out FOLDER]
    python3 bench/run.py BUILD_DIR --check        the quick cases against bench/baseline.json
    python3 bench/run.py BUILD_DIR --baseline     writes that file from them; the lower ratio stays,
                                                  unless --anew
    python3 bench/run.py --list [--quick]

`make bench` installs what is needed and calls this.  Writes results.md and results.json into
FOLDER (BUILD_DIR/bench).  The cases: bench/cases_*.py; how they are timed: bench/harness.py.
A case that cannot run (no FANN, say) is reported and left out.
"""
import argparse
import json
import os
import sys

for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ.setdefault(name, "2")   # at most; each case then says how many

import cases_linear
import cases_passes
import cases_train
import harness

BASELINE = os.path.join(harness.ROOT, "bench", "baseline.json")


def all_cases():
    return [*cases_passes.cases(), *cases_train.cases(), *cases_linear.cases()]


class Env:
    """What the cases share: folders, our process for each number of threads, peaks."""

    def __init__(self, build, folder):
        self.build, self.folder, self.processes, self.known = os.path.abspath(build), folder, {}, {}
        os.makedirs(folder, exist_ok=True)

    def ours(self, threads):
        if threads not in self.processes:
            self.processes[threads] = harness.Ours(self.build, threads)
        return self.processes[threads]

    def peaks(self):
        """Of one thread."""
        if not self.known:
            self.known = self.ours(1).ask("peaks")
        return self.known

    def path(self, name):
        return os.path.join(self.folder, name)

    def close(self):
        for process in self.processes.values():
            process.close()


def limit_threads(threads):
    import threadpoolctl
    import torch
    torch.set_num_threads(threads)
    threadpoolctl.threadpool_limits(threads)


def measured(env, case, threads, quick):
    limit_threads(threads)
    result = harness.measure(case.make(env, threads), quick, threads)
    suffix = "" if threads == 1 else f"@{threads}"
    result.update(name=case.name + suffix, group=case.group, what=case.what, peer=case.peer,
                  aim=case.aim, threads=threads,
                  command=f"bench/run.py BUILD_DIR --only {case.name} --threads {threads}")
    return result


def wanted(args, name):
    return any(part in name for part in args.only.split(","))


def chosen(args, case):
    quick = args.quick or args.check or args.baseline
    return wanted(args, case.name) and (case.quick or not quick)


def write_json(env, data):
    with open(env.path("results.json"), "w") as f:
        json.dump(data, f, indent=1)


def run_all(env, args):
    quick = args.quick or args.check or args.baseline
    results, left = [], []
    for case in all_cases():
        for threads in [t for t in args.threads if t in case.threads]:
            if not chosen(args, case):
                continue
            try:
                results.append(measured(env, case, threads, quick))
            except (OSError, RuntimeError, ImportError) as reason:
                left.append(f"{case.name}: {reason}")
                print(f"left out: {left[-1]}", flush=True)
                continue
            write_json(env, {"quick": quick, "cases": results})   # what is there, if it ends early
            r = results[-1]
            print(f"{r['name']:28} {harness.short(r['ours']):>9} / {harness.short(r['theirs']):>9}"
                  f"  {r['ratio']:8.3g} ({r['low']:.3g}-{r['high']:.3g})  {r['note']}", flush=True)
    return results, left


def check(env, args):
    """Every ratio of the baseline; what fell is measured once more before it counts."""
    baseline = {k: v for k, v in harness.read_baseline(BASELINE).items() if wanted(args, k)}
    results, _ = run_all(env, args)
    ratios = {r["name"]: r["ratio"] for r in results}
    known = {case.name: case for case in all_cases()}
    for name, _, _ in harness.fallen(ratios, baseline):
        if name in ratios:
            print(f"once more: {name}", flush=True)
            ratios[name] = max(ratios[name], measured(env, known[name], 1, True)["ratio"])
    bad = harness.fallen(ratios, baseline)
    for name, was, now in bad:
        print(f"fell by more than a third: {name} {was:g} -> {now if now is None else f'{now:.3g}'}")
    print(f"bench-check: {len(baseline) - len(bad)} of {len(baseline)} cases hold")
    return 1 if bad else 0


def report(env, args, results, left):
    p = env.peaks()
    text = (f"# nadir against other programs\n\nRatios of one run: theirs / ours; medians of rounds in "
            f"turn (two threads: the fastest of each).\n\nOne thread: GEMM {p['gflops']:.3g} Gflop/s, "
            f"triad {p['gbytes']:.3g} GB/s, softplus with derivative {p['softplus_ns']:.3g} ns, tanh "
            f"{p['tanh_ns']:.3g} ns ({p['simd']}).\n")
    text += harness.table(results)
    data = {"quick": args.quick, "peaks": p, "cases": results, "left_out": left}
    tables = [name for name in cases_train.TABLES if wanted(args, name)]
    if tables and not args.quick:
        more = cases_train.tables(env, tables)
        text += more["markdown"]
        data["tables"] = more["rows"]
    text += "".join(f"\nLeft out: {line}\n" for line in left)
    with open(env.path("results.md"), "w") as f:
        f.write(text)
    write_json(env, data)
    print(f"\n{text}\nwritten: {env.path('results.md')}, {env.path('results.json')}")


def main():
    ap = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ap.add_argument("build", nargs="?")
    ap.add_argument("--quick", action="store_true", help="a short run: fewer cases and rounds")
    ap.add_argument("--threads", type=lambda s: [int(t) for t in s.split(",")])
    ap.add_argument("--only", default="", help="cases whose name contains this, or one of these: grad,hv/wdbc")
    ap.add_argument("--out", help="folder of the results")
    ap.add_argument("--check", action="store_true")
    ap.add_argument("--baseline", action="store_true")
    ap.add_argument("--anew", action="store_true", help="--baseline: forget the old one")
    ap.add_argument("--list", action="store_true")
    args = ap.parse_args()
    if args.list:
        for case in filter(lambda c: chosen(args, c), all_cases()):
            print(f"{case.name:28} {'quick' if case.quick else '     '} aim "
                  f"{case.aim if case.aim else '-':<4} {case.group}: {case.what}, against {case.peer}")
        return 0
    if not args.build:
        ap.error("BUILD_DIR is missing")
    if not args.threads:
        args.threads = [1] if args.quick or args.check or args.baseline else [1, 2]
    env = Env(args.build, args.out or os.path.join(os.path.abspath(args.build), "bench"))
    try:
        if args.check:
            return check(env, args)
        results, left = run_all(env, args)
        if args.baseline:
            keep = {} if args.anew else harness.read_baseline(BASELINE)
            harness.write_baseline(BASELINE, results, "tools/bench.sh --baseline", keep)
        else:
            report(env, args, results, left)
    finally:
        env.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
