#!/usr/bin/env python3
"""Writes tests/data/files: one small file per dialect of each data format, written by
other programs (csv, numpy, scikit-learn, scipy, gzip), and expected.tsv, which says for
each file how to read it and what must come out: rows, features, rows of class +, the
SHA-256 of the canonical form (docs/data-formats.md), computed here from the arrays the
file was made of.  scale.tsv has the scalers of data/wdbc.csv by NumPy.

    /usr/bin/python3 tools/make_data_fixtures.py        (needs numpy, scikit-learn)
"""
import csv
import gzip
import hashlib
import io
import os
import struct

import numpy as np
from sklearn.datasets import dump_svmlight_file

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
OUT = os.path.join(ROOT, "tests", "data", "files")
EXPECTED = []


def canonical(X, y):
    """n, d as 64-bit little endian, then row by row the features and the label."""
    h = hashlib.sha256(struct.pack("<QQ", *X.shape))
    for i, row in enumerate(X):
        row = [float(v) + 0.0 for v in row] + ([] if y is None else [float(y[i])])
        h.update(struct.pack("<%dd" % len(row), *row))
    return h.hexdigest()


def save(name, data, X, y, label="", positive="", note=""):
    path = os.path.join(OUT, name)
    if name.endswith(".gz"):
        data = gzip.compress(data, mtime=0)
    with open(path, "wb") as f:
        f.write(data)
    if X is not None:
        expect(name, X, y, label, positive, note)


def expect(name, X, y, label="", positive="", note=""):
    X = np.asarray(X, dtype=np.float64)
    plus = 0 if y is None else int(np.sum(np.asarray(y) > 0))
    EXPECTED.append([name, label, positive, "0" if y is None else "1", str(X.shape[0]),
                     str(X.shape[1]), str(plus), canonical(X, y), note])


def rows_of(X, labels, first=False):
    for x, l in zip(X, labels):
        cells = [repr(float(v)) for v in x]
        yield [str(l)] + cells if first else cells + [str(l)]


def text_csv(rows, **kw):
    out = io.StringIO()
    csv.writer(out, **kw).writerows(rows)
    return out.getvalue().encode()


def separated(X, y):
    names = ["x%d" % (k + 1) for k in range(X.shape[1])]
    text = ["yes" if v > 0 else "no" for v in y]
    header = names + ["class"]
    num = [int(v) for v in y]
    lf = dict(lineterminator="\n")
    save("plain.csv", text_csv([header] + list(rows_of(X, num)), **lf), X, y)
    save("plain.csv.gz", text_csv([header] + list(rows_of(X, num)), **lf), X, y)
    save("no_header.csv", text_csv(rows_of(X, num), **lf), X, y, note="no header")
    save("semicolon_crlf_bom.csv", b"\xef\xbb\xbf" +
         text_csv([header] + list(rows_of(X, text)), delimiter=";", lineterminator="\r\n"),
         X, y, positive="yes")
    save("tab.csv", text_csv([header] + list(rows_of(X, text)), delimiter="\t", **lf), X, y,
         positive="yes")
    save("tab.tsv", text_csv([header] + list(rows_of(X, text)), delimiter="\t", **lf), X, y,
         positive="yes")
    save("old_mac.csv", text_csv([header] + list(rows_of(X, num)), lineterminator="\r"), X, y)
    quoted = ['a "quoted" name', "two\nlines", "comma, semicolon;", " blank ", "", "target"]
    assert X.shape[1] == 5
    odd = ["yes,\n\"sure\"" if v > 0 else "no;" for v in y]
    save("quoted.csv", text_csv([quoted] + list(rows_of(X, odd)), quoting=csv.QUOTE_ALL,
                                lineterminator="\r\n"), X, y, positive='yes,\n"sure"')
    save("label_first.csv", text_csv([["kind"] + names] + list(rows_of(X, text, True)), **lf),
         X, y, label="kind", positive="yes")
    save("label_by_number.csv", text_csv(rows_of(X, num, True), **lf), X, y, label="1")
    spaced = b"\n \n" + b"\n\n".join(b" , ".join(s.encode() for s in r)
                                     for r in rows_of(X, num)) + b"  "
    save("blanks.csv", spaced, X, y)
    save("not_last.csv", text_csv([["y"] + names] + list(rows_of(X, num, True)), **lf), X, y)
    three = np.array([0, 3, 7, 3, 0, 7, 7])[np.arange(len(y)) % 7]
    save("three_classes.csv", text_csv([header] + list(rows_of(X, three)), **lf), X,
         np.where(three == 3, -1, 1), positive="0,7.0")
    save("x_only.csv", text_csv([names] + [[repr(float(v)) for v in x] for x in X], **lf), X, None)
    exact = np.array([[5e-324, -0.0, 1.7976931348623157e308], [0.1, 2.2250738585072011e-308, 1e22],
                      [9007199254740993.0, 123456789012345678.0, 1e-23]])
    # more digits than 64 bits hold: 2^64 + 1 and 3 (2^64 + 1) / 10^5 must not wrap round
    wide = b"18446744073709551617,1\n553402322211286.54851,0\n2,1\n"
    save("wide.csv", wide, np.array([[2.0 ** 64], [553402322211286.54851], [2]]),
         np.array([1, -1, 1]))
    save("extreme.csv", text_csv([[("%.17g" % v) for v in x] + [l] for x, l in zip(exact, "010")],
                                 **lf), exact, np.array([-1, 1, -1]))


def sparse(X, y):
    S = np.round(np.where(np.abs(X) > 0.7, X, 0.0), 6)  # scikit-learn writes %.16g
    S[:, 0] = np.where(S[:, 0] == 0, 1.5, S[:, 0])
    S[0, -1] = 2.0
    for zero in (False, True):
        out = io.BytesIO()
        dump_svmlight_file(S, y, out, zero_based=zero, comment="made by scikit-learn")
        save("from%d.svm" % (not zero), out.getvalue(), S, y,
             note="indices from %d" % (not zero))
    out = io.BytesIO()
    dump_svmlight_file(S, y, out, zero_based=False)
    save("gz.libsvm.gz", out.getvalue(), S, y)
    lines = [b"# a comment", b""] + [l + b"  # trailing 5:6" for l in out.getvalue().split(b"\n")
                                     if l and not l.startswith(b"#")]
    save("comments.svmlight", b"\r\n".join(lines), S, y)


def npy_bytes(a, version=None):
    out = io.BytesIO()
    np.lib.format.write_array(out, a, version=version)
    return out.getvalue()


def numpy_files(X, y):
    for t in "<f4 >f4 <f8 >f8 |i1 <i2 >i2 <i4 >i4 <i8 >i8 |u1 <u2 >u4 >u8 |b1".split():
        A = np.column_stack([np.round(10 * X) if t[1] in "iu" else X, y])
        if t[1] == "u":
            A = np.abs(A) + np.where(np.arange(A.shape[1]) == A.shape[1] - 1, y[:, None], 0)
        A = A > 0 if t[1] == "b" else A.astype(t)
        name = {"<": "le", ">": "be", "|": "b"}[t[0]] + "_" + t[1:]
        last = np.asarray(A[:, -1], dtype=float)
        save(name + ".npy", npy_bytes(A), A[:, :-1], np.where(last == last.max(), 1, -1))
    A = np.column_stack([X, y])
    save("fortran.npy", npy_bytes(np.asfortranarray(A)), X, y)
    save("v2.npy", npy_bytes(A, (2, 0)), X, y)
    save("v3.npy.gz", npy_bytes(A, (3, 0)), X, y)
    save("label1.npy", npy_bytes(np.column_stack([y, X])), X, y, label="1")
    for name, write in (("stored.npz", np.savez), ("deflated.npz", np.savez_compressed)):
        out = io.BytesIO()
        write(out, X=X, y=y.astype(np.int64), other=np.arange(3))
        save(name, out.getvalue(), X, y)
    out = io.BytesIO()
    np.savez_compressed(out, X=np.asfortranarray(X), y=np.where(y > 0, "größer", "kleiner"))
    save("text_y.npz", out.getvalue(), X, y, positive="größer")
    out = io.BytesIO()
    np.savez(out, X=X[:, :4].reshape(-1, 2, 2).astype(np.float32), y=np.where(y > 0, b"m", b"b"))
    save("cubes.npz", out.getvalue(), X[:, :4].astype(np.float32), y, positive="m")
    out = io.BytesIO()
    np.savez(out, X=X)
    save("x_only.npz", out.getvalue(), X, None)


def idx_bytes(a, code):
    return (bytes([0, 0, code, a.ndim]) + struct.pack(">%dI" % a.ndim, *a.shape) +
            a.astype(a.dtype.newbyteorder(">")).tobytes())


def idx_files(rng):
    pixels = rng.integers(0, 256, (12, 3, 4), dtype=np.uint8)
    digits = np.arange(12, dtype=np.uint8) % 10
    even = np.where(digits % 2 == 0, 1, -1)
    flat = pixels.reshape(12, 12)
    save("t-images-idx3-ubyte", idx_bytes(pixels, 8), flat, even, positive="0,2,4,6,8")
    save("t-labels-idx1-ubyte", idx_bytes(digits, 8), None, None)
    save("z-images.idx3-ubyte.gz", idx_bytes(pixels, 8), flat, even, positive="0,2,4,6,8")
    save("z-labels.idx1-ubyte.gz", idx_bytes(digits, 8), None, None)
    for code, t in ((0x09, "i1"), (0x0B, "i2"), (0x0C, "i4"), (0x0D, "f4"), (0x0E, "f8")):
        a = (100 * rng.standard_normal((6, 5))).astype(t)
        y = np.array([0, 1, 1, 0, 1, 0], dtype=np.uint8)
        save("%s-images.idx" % t, idx_bytes(a, code), a.astype(float), np.where(y, 1, -1))
        save("%s-labels.idx" % t, idx_bytes(y, 8), None, None)


def arff_files(X, y):
    n = len(y)
    head = ("% a comment\n@RELATION 'made up'\n\n@attribute 'first one' REAL\n"
            "@Attribute second numeric\n@attribute sex {male, 'fe male'}\n"
            "@attribute colour {red,green,'dark \\'blue\\''}\n@attribute only {one}\n"
            "@attribute class {no,yes}\n@data\n% another\n")
    sex, colour = np.arange(n) % 2, np.arange(n) % 3
    names = ["male", "'fe male'"], ["red", "green", "'dark \\'blue\\''"]
    M = np.column_stack([X[:, :2], sex] + [colour == v for v in range(3)] + [np.zeros(n)])
    body = "".join("%r, %r,\t%s,%s,one,%s\n" % (float(X[i, 0]), float(X[i, 1]), names[0][sex[i]],
                                              names[1][colour[i]], "yes" if y[i] > 0 else "no")
                   for i in range(n))
    save("dense.arff", (head + body).encode(), M, y, positive="yes", note="0/1")
    lines = []
    for i in range(n):
        cells = ["0 %r" % float(X[i, 0])] if X[i, 0] > 0 else []
        cells += ["2 'fe male'"] if sex[i] else []
        cells += ["3 " + names[1][colour[i]]] if colour[i] else []
        cells += ["5 yes"] if y[i] > 0 else []
        lines.append("{" + ", ".join(cells) + "}\r\n")
    M = M.copy()
    M[:, 0] = np.where(X[:, 0] > 0, X[:, 0], 0)
    M[:, 1] = 0
    save("sparse.arff.gz", (head + "".join(lines)).encode(), M, y, positive="yes")
    head = "@relation r\n@attribute y numeric\n@attribute a real\n@attribute t string\n@data\n"
    body = "".join("%d,%r,'s %d'\n" % (y[i], float(X[i, 0]), y[i]) for i in range(n))
    save("string_label.arff", (head.replace("@attribute y", "@attribute b") + body).encode(),
         np.column_stack([y, X[:, 0]]), y, positive="s 1")


def scalers():
    with open(os.path.join(ROOT, "data", "wdbc.csv")) as f:
        X = np.array([[float(v) for v in r[:-1]] for r in list(csv.reader(f))[1:]])
    exact = X.astype(np.longdouble)
    cols = [exact.mean(0), exact.std(0), exact.min(0), exact.max(0),
            np.sqrt((exact ** 2).mean(0)), np.abs(exact).max(0)]
    with open(os.path.join(OUT, "scale.tsv"), "w") as f:
        f.write("mean\tstd\tmin\tmax\trms\tabs\tlabel\n")
        for k in range(X.shape[1]):
            f.write("\t".join(repr(float(c[k])) for c in cols) + "\t%d\n" % (k % 2))


def main():
    os.makedirs(OUT, exist_ok=True)
    rng = np.random.default_rng(20)
    X = rng.standard_normal((23, 5)) * np.array([1, 1e-3, 1e5, 1, 7])
    X[:, 3] = np.round(X[:, 3], 2)
    y = np.where(rng.random(23) < 0.4, 1.0, -1.0)
    separated(X, y)
    sparse(X / np.array([1, 1e-3, 1e5, 1, 7]), y)
    numpy_files(X, y)
    idx_files(rng)
    arff_files(X, y)
    scalers()
    with open(os.path.join(OUT, "expected.tsv"), "w") as f:
        f.write("\t".join("file label positive labelled n d plus sha256 note".split()) + "\n")
        for row in EXPECTED:
            f.write("\t".join(c.replace("\n", "\\n") for c in row) + "\n")


main()
