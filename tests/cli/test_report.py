"""nadir report: well-formed pages that say what the atlas says, for every kind of input."""
import base64
import html.parser
import json
import re
import shlex
import struct
import time
import xml.etree.ElementTree as ElementTree

import many_minima
from support import NADIR, SANITIZED, Case

VOID = {"meta", "input", "br", "hr", "img", "link"}
SELF_CLOSED = re.compile(r"/>$")


class Page(html.parser.HTMLParser):
    """Tags must nest; ids are unique; nothing comes from elsewhere."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.stack, self.ids, self.wrong, self.text = [], [], [], {}
        self.feed(text)
        self.close()
        self.wrong += [f"not closed: {tag}" for tag in self.stack]

    def handle_starttag(self, tag, attrs):
        self.look(tag, dict(attrs))
        if tag not in VOID:
            self.stack.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.look(tag, dict(attrs))

    def handle_endtag(self, tag):
        if not self.stack or self.stack.pop() != tag:
            self.wrong.append(f"</{tag}> at {self.getpos()}")

    def handle_data(self, data):
        for tag in self.stack[-3:]:
            self.text[tag] = self.text.get(tag, "") + data

    def look(self, tag, attrs):
        self.ids += [attrs["id"]] if "id" in attrs else []
        for name in ("src", "href", "xlink:href", "action", "data"):
            if name in attrs and not attrs[name].startswith("#"):
                self.wrong.append(f"{tag} {name}={attrs[name]}")
        if any(name.startswith("on") for name in attrs):
            self.wrong.append(f"handler in {tag}")


def embedded(text):
    return json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', text,
                                re.S).group(1))


def floats(text):
    data = base64.b64decode(text)
    return struct.unpack(f"<{len(data) // 4}f", data)


class Report(Case):
    def page(self, name="report.html"):
        text = (self.folder / name).read_text()
        page = Page(text)
        self.assertEqual(page.wrong, [])
        self.assertEqual(len(page.ids), len(set(page.ids)))
        for svg in re.findall(r"<svg .*?</svg>", text, re.S):
            if "<symbol" not in svg and 'class="nd"' in svg:
                ElementTree.fromstring(svg)
        self.assertEqual(text.count("<h2>"), 8)
        self.assertNotRegex(text, r"[> ]-?nan\b|%z|\(null\)")
        self.assertNotRegex(re.sub(r"http://www.w3.org/\S+", "", text), r"https?://")
        return text, embedded(text)

    def explore(self, name="a.atlas", *more):
        self.run_nadir("explore", "gen:xor", "--net", "tanh:2", "--l2", 0.02, "--starts", 30,
                       "--saddles", "-o", name, "-q", *more)

    def test_atlas(self):
        self.explore()
        said = self.run_json("report", "a.atlas", "-o", "a.html")
        listed = self.run_json("atlas", "list", "a.atlas")
        text, data = self.page("a.html")
        self.assertEqual(said["report"]["points"], len(listed["points"]))
        self.assertEqual(said["report"]["bad_minima"], listed["minima"]["bad"])
        by_id = {p["id"]: p for p in data["points"]}
        self.assertEqual(set(by_id), {p["id"] for p in listed["points"]})
        for p in listed["points"]:
            self.assertEqual(by_id[p["id"]]["loss"], p["loss"])
            self.assertEqual(by_id[p["id"]]["errors"], p["errors"])
        first = [p for p in data["points"] if "theta" in p]
        self.assertEqual(len(first), 5)
        self.assertIn("of the minima", text)
        self.assertEqual(len(data["graph"]["edges"]), listed["graph"]["edges"])
        self.check_slice(data["slice"], by_id)
        self.check_commands(data["about"], listed)

    def check_slice(self, s, by_id):
        self.assertIs(s["proof"], False)
        self.assertEqual(len(floats(s["loss"])), s["across"][0] * s["across"][1])
        self.assertEqual(s["points"][0]["distance"], 0)
        self.assertEqual((s["points"][0]["s"], s["points"][0]["t"]), (0, 0))
        # the cell next to point 1 has about its loss, no lower than the lowest anywhere near
        i = round((0 - s["lo"][0]) / (s["hi"][0] - s["lo"][0]) * (s["across"][0] - 1))
        j = round((0 - s["lo"][1]) / (s["hi"][1] - s["lo"][1]) * (s["across"][1] - 1))
        loss = by_id[s["points"][0]["id"]]["loss"]
        self.assertTrue(loss - 1e-6 <= floats(s["loss"])[j * s["across"][0] + i] < loss + 0.2)

    def check_commands(self, about, listed):
        """'found by' makes the same atlas again."""
        words = shlex.split(about["found by"])
        self.assertEqual(words[:2], ["nadir", "explore"])
        words[words.index("a.atlas")] = "again.atlas"
        self.run_nadir(*words[1:], "-q")
        again = self.run_json("atlas", "list", "again.atlas")
        self.assertEqual([p["theta"] for p in again["points"]],
                         [p["theta"] for p in listed["points"]])
        self.assertEqual(about["command"], f"nadir report a.atlas -o a.html --json")
        self.assertRegex(about["SHA-256"], "^[0-9a-f]{64}$")

    def test_same_bytes(self):
        self.explore()
        for threads in (1, 2):
            self.run_nadir("report", "a.atlas", "--threads", threads, "-q")
            text = (self.folder / "report.html").read_text()
            (self.folder / f"{threads}.html").write_text(text.replace(f"--threads {threads}", ""))
        self.assertEqual((self.folder / "1.html").read_text(), (self.folder / "2.html").read_text())

    def test_chosen_point(self):
        self.explore()
        self.run_nadir("report", "a.atlas", "--point", 2, "--figures", 1, "-q")
        text, data = self.page()
        self.assertIn('data-first="2"', text)
        self.assertEqual(list(data["spectrum"]), ["2"])
        self.bad("report", "a.atlas", "--point", "999", "-o", "b.html", says="999")

    def test_one_feature(self):
        """EVIDENCE: theory 5, 'between': the neurons of the proved bad minimum sit at the bottom."""
        self.run_nadir("explore", "gen:between", "--net", "softplus:2", "--starts", 30, "-o",
                       "b.atlas", "-q")
        self.run_nadir("report", "b.atlas", "-o", "b.html", "-q")
        text, data = self.page("b.html")
        bad = [p for p in data["points"] if p["bad"] and p["proved"]]
        self.assertEqual(len(bad), 1)
        field = data["potential"][str(bad[0]["id"])]["falling"]
        self.assertIn("It sits at the bottom", text)
        self.assertLess(abs(field["least"]), 1e-12)
        self.assertGreater(field["most"], 0.01)
        for neuron in field["neurons"]:
            self.assertLess(neuron["a"], 0)
            self.assertLess(abs(neuron["G"]), 1e-12)
            self.assertLess(neuron["slope"], 1e-12)

    def test_model(self):
        self.run_nadir("train", "data/wdbc.csv", "--positive", "M", "--net", "softplus:4", "--l2",
                       0.001, "-o", "m.model.json", "-q")
        said = self.run_json("report", "m.model.json", "data/wdbc.csv", "-o", "m.html")
        self.assertEqual(said["verdict"]["kind"], "local-minimum")
        text, data = self.page("m.html")
        self.assertIn("principal component 1 (44.3 % of the variance)", text)  # known of wdbc
        self.assertTrue(data["plane"]["principal_components"])
        self.assertEqual(len(floats(data["regions"]["1"]["outputs"])), 569)
        self.assertEqual(data["points"][0]["loss"], said["verdict"]["loss"])
        self.assertNotIn('id="bar"', text)

    def test_hostile_names(self):
        """Names of columns and labels are text, not markup."""
        rows = ["<b>&amp;,\"x\"\"</script>\",label"] + [f"{k % 5},{k * 7 % 11},{'<i>' if k % 2 else '&b'}"
                                                    for k in range(12)]
        self.write("d.csv", "\n".join(rows) + "\n")
        self.run_nadir("train", "d.csv", "--positive", "<i>", "--net", "tanh:2", "--l2", 0.1, "-o",
                       "m.model.json", "-q", code=None)
        self.run_nadir("report", "m.model.json", "d.csv", "-q")
        text, _ = self.page()
        self.assertNotIn("<i>", text)
        self.assertIn("&lt;b&gt;&amp;amp;", text)

    def test_many_minima(self):
        """500 minima: under 3 MB, written in a few seconds."""
        self.explore()
        many_minima.fill(self.folder / "a.atlas", 500)
        begin = time.monotonic()
        self.run_nadir("report", "a.atlas", "-q")
        seconds = time.monotonic() - begin
        text, data = self.page()
        self.assertGreaterEqual(sum(p["verdict"] != "saddle" for p in data["points"]), 500)
        self.assertLess(len(text.encode()), 3e6)
        if not SANITIZED:
            self.assertLess(seconds, 10)

    def test_bad_input(self):
        self.explore()
        self.write("x.html", "mine")
        self.bad("report", "a.atlas", "-o", "a.pdf", says=".html")
        self.bad("report", "a.atlas", "gen:xor", says="an atlas brings its data along")
        self.bad("report", "gen:xor", says="no atlas")
        self.bad("report", "missing.atlas", says="no atlas")
        self.bad("report", "missing.model.json", "gen:xor", says="missing.model.json")
        self.bad("report", "a.atlas", "--grid", "3", says="grid")
        self.bad("report", "a.atlas", "-o", "nowhere/a.html", says="nowhere")
        self.bad("report", says="report")
        self.write("text.atlas", "SQLite format 3\0 but not really")
        self.bad("report", "text.atlas", "-o", "t.html", says="text.atlas")
