"""EVIDENCE: README, library.  cmake --install into an empty prefix; an outside program is
built against it by pkg-config and by find_package, shared and static, and runs; the
shared library exports the public functions and nothing else."""
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

SOURCE = pathlib.Path(os.environ["ND_SOURCE_DIR"])
BUILD = os.environ["ND_BUILD_DIR"]
CMAKE, CC = os.environ["ND_CMAKE"], os.environ["ND_CC"]
EXAMPLE = SOURCE / "examples" / "train.c"


def run(*args, **more):
    done = subprocess.run(list(map(str, args)), capture_output=True, text=True, **more)
    if done.returncode:
        raise AssertionError(f"{args}\n{done.stdout}{done.stderr}")
    return done.stdout


class Install(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.root = pathlib.Path(tempfile.mkdtemp(prefix="nadir-install-"))
        cls.addClassCleanup(shutil.rmtree, cls.root)
        first = cls.root / "first"
        run(CMAKE, "--install", BUILD, "--prefix", first)
        cls.prefix = cls.root / "moved"  # the tree may be moved as a whole
        first.rename(cls.prefix)
        cls.lib = next(cls.prefix.rglob("libnadir.so")).parent
        cls.env = {**os.environ, "PKG_CONFIG_PATH": str(cls.lib / "pkgconfig")}

    def check(self, program, shared):
        env = {**self.env, "LD_LIBRARY_PATH": str(self.lib)} if shared else self.env
        self.assertIn("global-minimum (proved): loss 0, 0 errors", run(program, env=env))
        linked = run("ldd", program, env=env)
        self.assertEqual("libnadir" in linked, shared, linked)

    def flags(self, *args):
        return run("pkg-config", *args, "nadir", env=self.env).split()

    def test_files(self):
        for name in ("bin/nadir", "include/nadir/nadir.h", "share/man/man1/nadir.1",
                     "share/man/man1/nadir-verify.1",
                     "share/doc/nadir/LICENSE"):
            self.assertTrue((self.prefix / name).is_file(), name)
        self.assertTrue((self.lib / "libnadir.a").is_file())
        run(self.prefix / "bin" / "nadir", "--version")

    def test_pkg_config_shared(self):
        program = self.root / "pc_shared"
        run(CC, EXAMPLE, "-o", program, *self.flags("--cflags", "--libs"))
        self.check(program, True)

    def test_pkg_config_static(self):
        program = self.root / "pc_static"
        flags = [f if f != "-lnadir" else str(self.lib / "libnadir.a")
                 for f in self.flags("--static", "--cflags", "--libs")]
        run(CC, EXAMPLE, "-o", program, *flags)
        self.check(program, False)

    def test_find_package(self):
        build = self.root / "build"
        run(CMAKE, "-S", SOURCE / "tests" / "install" / "outside", "-B", build,
            f"-DCMAKE_PREFIX_PATH={self.prefix}", f"-DEXAMPLE={EXAMPLE}",
            f"-DCMAKE_C_COMPILER={CC}")
        run(CMAKE, "--build", build)
        self.check(build / "with_shared", True)
        self.check(build / "with_static", False)

    def test_every_header_stands_alone(self):
        for header in sorted((self.prefix / "include" / "nadir").glob("*.h")):
            source = self.root / "alone.c"
            source.write_text(f"#include <nadir/{header.name}>\nint main(void) {{ return 0; }}\n")
            run(CC, "-std=c11", "-Wall", "-Wextra", "-pedantic", "-Werror", "-fsyntax-only",
                f"-I{self.prefix}/include", source)

    def test_exported_symbols(self):
        """What nm finds = what the headers declare."""
        text = "".join(p.read_text() for p in (self.prefix / "include").rglob("*.h"))
        text = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
        declared = set(re.findall(r"\b(nd_[a-z0-9_]+)\(", text))
        declared |= set(re.findall(r"extern const \w+ (nd_\w+)\[", text))
        table = run("nm", "-D", "--defined-only", self.lib / "libnadir.so")
        exported = {line.split()[-1] for line in table.splitlines()}
        self.assertEqual(exported, declared)


if __name__ == "__main__":
    unittest.main()
