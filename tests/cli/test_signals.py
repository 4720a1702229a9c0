"""Ctrl-C, closed pipes, full disks, and progress on a terminal."""
import json
import os
import pty
import select
import signal
import subprocess
import time
import unittest

from support import NADIR, Case

# Contradictory labels at random: no run is over before the signal comes.
LONG = ["train", "gen:noise,n=3000,d=20,seed=3", "--net", "softplus:40", "--starts", "1000"]


class Interrupt(Case):
    def interrupt(self, sig, *more):
        run = subprocess.Popen([NADIR, *LONG, *more], cwd=self.folder, text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        line = ""
        while not line.startswith("loss"):
            line = run.stdout.readline()
            self.assertTrue(line)
        time.sleep(1.0)
        start = time.monotonic()
        run.send_signal(sig)
        out, err = run.communicate(timeout=120)
        self.assertEqual(run.returncode, 2, err)
        self.assertLess(time.monotonic() - start, 60)
        self.assertEqual(err, "")  # no progress: stderr is no terminal
        return out

    def test_interrupt_keeps_the_best_point(self):
        for sig in (signal.SIGINT, signal.SIGTERM):
            out = self.interrupt(sig, "-o", "m.model.json")
            self.assertIn("verdict ", out)
            self.assertIn("wrote ", out)
            json.loads((self.folder / "m.model.json").read_text())
            self.run_nadir("predict", "m.model.json", LONG[1], "-o", "p.csv")

    def test_interrupt_without_output(self):
        self.assertIn("verdict ", self.interrupt(signal.SIGINT))
        self.assertEqual(self.files(), [])

    def test_interrupt_of_writing(self):
        """A million rows: stopped on the way, and no file."""
        for delay in (1.0, 0.6, 0.4, 0.2):  # a fast machine is done before the signal comes
            run = subprocess.Popen([NADIR, "data", "gen:moons,n=2000000", "-o", "d.csv"],
                                   cwd=self.folder, text=True, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE)
            time.sleep(delay)
            run.send_signal(signal.SIGINT)
            err = run.communicate(timeout=120)[1]
            if run.returncode != 0:
                break
            (self.folder / "d.csv").unlink()
        self.assertEqual((run.returncode, err), (2, "nadir: stopped on request\n"))
        self.assertEqual(self.files(), [])


class Pipes(Case):
    def test_reader_goes_away(self):
        """nadir ... | head -1: no message, and the files are still written."""
        done = subprocess.run(
            f'"{NADIR}" train data/wdbc.csv --positive M --net softplus:4 -o m.model.json '
            "2>err | head -n 1; exit ${PIPESTATUS[0]}",
            shell=True, executable="/bin/bash", cwd=self.folder, capture_output=True, text=True)
        self.assertEqual(done.returncode, 0)
        self.assertEqual(done.stdout.count("\n"), 1)
        self.assertEqual((self.folder / "err").read_text(), "")
        self.assertIn("m.model.json", self.files())

    def test_closed_pipe_at_once(self):
        for args in (["help", "train"], ["data", "--list"], ["train", "gen:xor", "--json"]):
            read, write = os.pipe()
            os.close(read)
            done = subprocess.run([NADIR, *args], cwd=self.folder, stdout=write,
                                  stderr=subprocess.PIPE, text=True)
            os.close(write)
            self.assertEqual(done.returncode, 0, args)
            self.assertNotIn("nadir:", done.stderr)

    def test_full_disk(self):
        with open("/dev/full", "w") as full:
            done = subprocess.run([NADIR, "help"], stdout=full, stderr=subprocess.PIPE, text=True)
        self.assertEqual(done.returncode, 1)
        self.assertIn("standard output", done.stderr)


class Terminal(Case):
    def on_terminal(self, *more):
        """What a run writes to stderr when that is a terminal."""
        ours, theirs = pty.openpty()
        run = subprocess.Popen([NADIR, *LONG, *more], cwd=self.folder, stdout=subprocess.DEVNULL,
                               stderr=theirs)
        os.close(theirs)
        seen, end = b"", time.monotonic() + 2.5
        while time.monotonic() < end:
            if select.select([ours], [], [], 0.1)[0]:
                seen += os.read(ours, 65536)
        run.send_signal(signal.SIGINT)
        try:
            while chunk := os.read(ours, 65536):
                seen += chunk
        except OSError:  # the other side has closed
            pass
        os.close(ours)
        self.assertEqual(run.wait(timeout=120), 2)
        return seen.decode()

    def test_progress_is_one_rewritten_line(self):
        seen = self.on_terminal()
        self.assertIn("\r\033[K", seen)
        self.assertIn("loss", seen)
        self.assertNotIn("\n", seen)
        self.assertNotIn("\033[3", seen)  # no colours
        self.assertTrue(seen.endswith("\r\033[K"))

    def test_quiet_is_quiet(self):
        self.assertEqual(self.on_terminal("--quiet"), "")


if __name__ == "__main__":
    unittest.main()
