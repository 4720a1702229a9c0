"""An atlas of many minima, made from a small one by copying its rows with other parameters.

    python3 many_minima.py ATLAS COUNT     adds COUNT minima and a saddle between neighbours

Nothing about the copies is true: they are for measuring what a large atlas costs."""
import random
import sqlite3
import struct
import sys


class Filler:
    def __init__(self, path):
        self.db = sqlite3.connect(path)
        self.rng = random.Random(1)
        self.trial = self.top("ask")
        self.point = self.top("point")
        self.rows = {kind: self.sample(kind) for kind in (0, 1)}  # saddle, minimum

    def top(self, table):
        return self.db.execute(f"SELECT max(id) FROM {table}").fetchone()[0]

    def dict_of(self, sql, *args):
        cursor = self.db.execute(sql, args)
        return dict(zip([c[0] for c in cursor.description], cursor.fetchone()))

    def sample(self, minimum):
        point = self.dict_of("SELECT * FROM point WHERE minimum = ? LIMIT 1", minimum)
        return point, self.dict_of("SELECT * FROM answer WHERE ask = ?", point["trial"])

    def insert(self, table, row):
        marks = ", ".join("?" * len(row))
        self.db.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})",
                        list(row.values()))

    def ask(self, kind, answer, point, **more):
        self.trial += 1
        self.insert("ask", {"id": self.trial, "round": 0, "kind": kind, "state": 2, **more})
        self.insert("answer", {**answer, "ask": self.trial, "point": point})

    def add(self, minimum, loss, errors):
        """A point with its own trial; returns (trial, point, answer)."""
        point, answer = self.rows[minimum]
        count = len(point["theta"]) // 8
        theta = struct.pack(f"<{count}d", *(self.rng.uniform(-2, 2) for _ in range(count)))
        answer = {**answer, "theta": theta, "loss": loss, "errors": errors, "bad": errors > 0,
                  "cert_loss_lo": loss, "cert_loss_hi": loss, "cert_errors_lo": errors,
                  "cert_errors_hi": errors}
        self.point += 1
        self.ask("start" if minimum else "follow", answer, self.point,
                 **({"scale": 1.0} if minimum else {"mode": 0, "side": 1, "wanted": 1, "a": 1}))
        self.insert("point", {**point, "id": self.point, "trial": self.trial, "theta": theta,
                              "found": 1})
        return self.trial, self.point, answer

    def fill(self, count):
        before = None
        for k in range(count):
            loss = 0.1 + 0.8 * self.rng.random()
            _, here, answer = self.add(1, loss, self.rng.randrange(3))
            if before:
                trial, _, _ = self.add(0, max(loss, before[2]) + 0.3 * self.rng.random(), 1)
                self.ask("down", before[1], before[0], a=trial, side=-1)
                self.ask("down", answer, here, a=trial, side=1)
            before = here, answer, loss
        self.db.commit()
        self.db.close()


def fill(path, count):
    Filler(path).fill(count)


if __name__ == "__main__":
    fill(sys.argv[1], int(sys.argv[2]))
