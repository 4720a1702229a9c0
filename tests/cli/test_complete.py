"""nadir complete: from the search to the checker."""
import json
import unittest

from support import VERIFY, Case


class Complete(Case):
    def complete(self, *options, code=0):
        return self.run_nadir("complete", "gen:between", *options, code=code)

    def test_proved_and_checked(self):
        for threads in ("1", "2"):
            self.complete("--net", "softplus:1", "--l2", "1", "--threads", threads, "-o",
                          threads + ".json")
        first = (self.folder / "1.json").read_text()
        self.assertEqual(first, (self.folder / "2.json").read_text())
        if not VERIFY:
            return
        self.run_nadir("verify", "1.json")
        cert = json.loads(first)
        cert["claims"]["tree"] = "aEK"
        self.write("false.json", json.dumps(cert))
        self.run_nadir("verify", "false.json", code=3)

    def test_json(self):
        got = self.run_json("complete", "gen:between", "--net", "softplus:1", "--l2", "0.01",
                            "--box", "0.12")["complete"]
        self.assertEqual(got["truth"], "proved")
        self.assertFalse(got["everywhere"])
        self.assertEqual([p["index"] for p in got["points"]], [1])
        self.assertTrue(0.915 < got["points"][0]["loss_lo"] <= got["points"][0]["loss_hi"] < 0.916)
        self.assertIsNone(got["audit"])

    def test_empty_box(self):
        """The only critical point has a_0 = 0.1."""
        got = self.complete("--net", "softplus:1", "--l2", "1", "--box", "0.05")
        self.assertIn("there is no critical point in the box", got.stdout)

    def test_limits_and_refusals(self):
        self.complete("--net", "softplus:1", "--l2", "0.1", "--boxes", "1000", "-o", "x.json",
                      code=2)
        self.assertEqual(self.files(), [])
        for options, word in ((("--net", "softplus:1"), "ridge"),
                              (("--net", "relu:1", "--l2", "1"), "differentiable"),
                              (("--net", "tanh:1,tanh:1", "--l2", "1"), "hidden layer")):
            self.bad("complete", "gen:between", *options, says=word)


if __name__ == "__main__":
    unittest.main()
