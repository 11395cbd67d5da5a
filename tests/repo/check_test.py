#!/usr/bin/env python3
"""Each rule stays silent on a good tree and speaks up on a bad one."""

import json
import os
import shutil
import subprocess
import tempfile
import unittest

import binaries
import check
import layering
import layout
import source_rules
from tree import Tree

GOOD = {
    "CMakeLists.txt": "project(good)\n",
    "README.md": "# Good\n",
    ".gitignore": "/build/\n",
    "build/dev/utils.cc": "not of the project\n",
    "include/talaria/talaria.h": "#include <stdint.h>\n",
    "include/talaria/talaria.hpp": '#include "talaria/talaria.h"\n',
    "lib/base/README.md": "# base\n\n## Decisions\n",
    "lib/base/status.h": '#include <string>\n#include "absl/status/status.h"\n',
    "lib/base/platform.cc": "#include <unistd.h>\n",
    "lib/chat/README.md": "# chat\n\nIncludes sibling: grammar (schemas of tools)\n\n## Decisions\n",
    "lib/chat/prompt.cc": '#include "lib/base/status.h"\n#include "lib/chat/prompt.h"\n#include "lib/grammar/schema.h"\n',
    "lib/chat/prompt.h": "// One turn; its text is UTF-8.\nint Turn();\n",
    "lib/grammar/README.md": "# grammar\n\n## Decisions\n",
    "lib/grammar/schema.h": "int Schema();\n",
    "lib/engine/README.md": "# engine\n\n## Decisions\n",
    "lib/engine/engine.cc": '#include "lib/chat/prompt.h"\n',
    "lib/backend/README.md": "# backend\n\n## Decisions\n",
    "lib/backend/ops.h": "int Ops();\n",
    "backends/reference/README.md": "# reference\n\n## Decisions\n",
    "backends/reference/ops.cc": '#include "lib/backend/ops.h"\n',
    "capi/README.md": "# capi\n\n## Decisions\n",
    "capi/session.cc": '#include "backends/reference/ops.h"\n#include "talaria/talaria.h"\n',
    "backends/reference/ops.h": "int Reference();\n",
    "examples/cli/main.cc": '#include "print.h"\n#include "talaria/talaria.hpp"\n',
    "examples/cli/print.h": "int Print();\n",
    "tests/golden/manager.json": "{}\n",
}


class RuleTest(unittest.TestCase):
    def setUp(self):
        self.root = tempfile.mkdtemp(prefix="check_test_")
        self.addCleanup(shutil.rmtree, self.root)
        for path, text in GOOD.items():
            self.write(path, text)

    def write(self, path, text):
        full = os.path.join(self.root, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "w", encoding="utf-8") as file:
            file.write(text)
        return full

    def problems(self, rule):
        return rule(Tree(self.root))

    def assert_red(self, rule, path, text, says):
        """*rule* names *path* and says *says* once the file is written, and not before."""
        self.assertEqual(self.problems(rule), [])
        self.write(path, text)
        found = self.problems(rule)
        self.assertTrue(any(path in problem and says in problem for problem in found), f"{found}")
        if path in GOOD:
            self.write(path, GOOD[path])
        else:
            os.remove(os.path.join(self.root, path))

    def test_layering(self):
        for path, text, says in [
            ("lib/base/up.h", '#include "lib/engine/engine.h"\n', "no such file"),
            ("lib/base/up.h", '#include "lib/chat/prompt.h"\n', "base is below chat"),
            ("lib/grammar/side.h", '#include "lib/chat/prompt.h"\n', "grammar -> chat is not in"),
            ("lib/grammar/README.md", "Includes sibling: chat (why)\n## Decisions\n", "lead from"),
            ("lib/chat/README.md", "Includes sibling: engine (why)\n## Decisions\n", "no sibling"),
            ("lib/chat/README.md", "## Decisions\n", "chat -> grammar"),
            ("lib/engine/edge.cc", '#include "capi/session.h"\n', "no such file"),
            ("lib/engine/edge.cc", '#include "talaria/talaria.h"\n', "sees only lib/"),
            ("lib/engine/edge.cc", '#include "backends/reference/ops.h"\n', "sees only lib/"),
            ("lib/novel/x.cc", '#include "lib/base/status.h"\n', "no room"),
            ("backends/reference/up.cc", '#include "lib/chat/prompt.h"\n', "a backend sees"),
            ("backends/cpu/side.cc", '#include "backends/reference/ops.h"\n', "a backend sees"),
            ("include/talaria/in.h", '#include "lib/base/status.h"\n', "only public"),
            ("examples/cli/in.cc", '#include "lib/base/status.h"\n', "only include/"),
            ("examples/pocket/in.cc", '#include "examples/cli/print.h"\n', "only include/"),
            ("examples/pocket/in.cc", '#include "print.h"\n', "root-relative"),
            ("lib/chat/near.cc", '#include "prompt.h"\n', "root-relative"),
            ("lib/chat/near.cc", '#include "../base/status.h"\n', "root-relative"),
            ("lib/chat/near.cc", '  #  include <unistd.h>\n', "system headers"),
            ("lib/chat/near.cc", "#include <sys/mman.h>\n", "system headers"),
        ]:
            with self.subTest(path=path, text=text):
                if says.startswith(("lead", "no sibling", "chat ->")):
                    self.assertEqual(self.problems(layering.check), [])
                    self.write(path, text)
                    self.assertTrue(any(says in found for found in self.problems(layering.check)))
                    self.write(path, GOOD[path])
                else:
                    self.assert_red(layering.check, path, text, says)
        self.write("lib/chat/shown.cc", '// #include "lib/engine/x.h"\nconst char* k = "#include \\"lib/engine/x.h\\"";\n')
        self.assertEqual(self.problems(layering.check), [])

    def test_top_level(self):
        self.assert_red(layout.check_top_level, "setup.py", "x\n", "not an entry")
        self.write("docs/page.md", "x\n")
        self.assertEqual(self.problems(layout.check_top_level), ["docs: not an entry of the design"])

    def test_names(self):
        for path in ["lib/base/utils.h", "lib/base/file_util.cc", "lib/common/x.h", "lib/base/KeyManager.h",
                     "tests/helpers/x.py", "capi/session_impl.cc", "cmake/misc.cmake"]:
            with self.subTest(path=path):
                self.assert_red(layout.check_names, path, "\n", "says nothing")
        self.assert_red(layout.check_names, "lib/base/x.cpp", "\n", "expected .h")
        self.assert_red(layout.check_names, "lib/base/x.hpp", "\n", "headers end in .h")
        self.write("lib/base/commonplace.h", "\n")
        self.assertEqual(self.problems(layout.check_names), [])

    def test_length(self):
        self.write("lib/base/page.h", "x\n" * 300)
        self.write("lib/base/page.cc", "x\n" * 300)
        self.assertEqual(self.problems(layout.check_length), [])
        self.write("lib/base/page.cc", "x\n" * 301)
        self.assertIn("found 601", self.problems(layout.check_length)[0])
        os.remove(os.path.join(self.root, "lib/base/page.cc"))
        self.assert_red(layout.check_length, "cmake/long.cmake", "x\n" * 601, "found 601")
        self.assert_red(layout.check_length, "tests/base/page_test.py", "x\n" * 801, "found 801")
        marker = "// Generated by make_table.py; do not edit.\n"
        self.write("lib/base/table.cc", marker + "x\n" * 5000)
        self.assertIn("which is not there", self.problems(layout.check_length)[0])
        self.write("tests/golden/make_table.py", "\n")
        self.assertEqual(self.problems(layout.check_length), [])

    def test_readmes(self):
        self.write("lib/kv/page.h", "\n")
        self.assertEqual(self.problems(layout.check_readmes), ["lib/kv/README.md: missing"])
        self.write("lib/kv/README.md", "# kv\n")
        self.assertIn("## Decisions", self.problems(layout.check_readmes)[0])

    def test_calls(self):
        for line in ["std::abort();", "exit (1);", "_exit(1);", "std::quick_exit(0);", "assert(x);", "::raise(6);",
                     'printf("x");', 'std::fprintf(stderr, "x");', 'puts("x");', "std::cout << 1;", "std :: cerr << 1;",
                     "#include <iostream>", 'getenv("X");', 'std::getenv("X");', "std::regex r;", "#include <regex>",
                     "thread_local int x;", "throw 1;", "v.at(3);", "v->at(3);", "std::stoi(s);", "absl::Mutex m;", "std::thread t(f);", "std::async(f);",
                     "#pragma omp parallel", "absl::flat_hash_map<int, int> m;", "rand();", "longjmp(b, 1);", "std::terminate();"]:
            for path in ["lib/base/x.cc", "capi/x.h", "backends/reference/x.cc"]:
                with self.subTest(line=line, path=path):
                    self.assert_red(source_rules.check_calls, path, line + "\n", path + ":1")
        self.assert_red(source_rules.check_calls, "lib/base/x.h", "void F(absl::string_view x);\n", "string_view")
        self.assert_red(source_rules.check_calls, "lib/base/x.h", "using namespace std;\n", "every file")
        # In comments, strings, other folders and longer names they are no calls.
        self.write("lib/base/x.cc", '// abort() and exit(1)\n/* assert(x)\n printf( */ const char* k = "getenv(\\"X\\")";\n'
                   'static_assert(true); snprintf(b, 1, ""); Clear_exit(1); auto s = R"(throw 1;)"; int n = 1\'000;\n'
                   "std::thread::id id; std::this_thread::yield();\n"
                   "try { F(); } catch (...) { throw; }\n")
        self.write("examples/cli/x.cc", 'printf("x"); exit(1);\n')
        self.assertEqual(self.problems(source_rules.check_calls), [])

    def test_comments(self):
        for line in ["// TODO: later", "/* FIXME */", "// int x = 3;", "// return x;", "// Run(x);", "// if (x) {",
                     "// }", '// #include "lib/x.h"', "// x->y += 2;", "// for (int i = 0; i < n; ++i) x();"]:
            with self.subTest(line=line):
                self.assert_red(source_rules.check_comments, "lib/base/x.cc", line + "\n", "lib/base/x.cc:1")
        self.assert_red(source_rules.check_comments, "cmake/x.cmake", "# TODO\n", "unfinished")
        self.write("lib/base/x.cc", "// Returns x; the caller owns it.\n// A = B where both hold.\n"
                   "// If (as here) it is empty, *page* is unchanged; see model/README.\n// {x, y} pairs; sorted.\n"
                   'const char* k = "// int x = 3;";\n')
        self.assertEqual(self.problems(source_rules.check_comments), [])

    def test_words(self):
        places = ["/" + "work/main", "/" + "home/me/x", "file://" + "/x"]
        hosts = ["https://deb." + "debian.org/debian", "pypi" + ".org"]
        for word in places + hosts:
            with self.subTest(word=word):
                self.assert_red(source_rules.check_words, "README.md", f"see {word}\n", "README.md:1")
        self.write("README.md", "build/work/x, ./home/x, lib/opt/x, https://arxiv.org/abs/1\n")
        self.assertEqual(self.problems(source_rules.check_words), [])

    def test_scripts(self):
        run = self.write(".ci/run", "#!/usr/bin/env bash\nset -eu\necho ok\n")
        os.chmod(run, 0o755)
        self.assertEqual(self.problems(check.check_scripts), [])
        bad = self.write("tests/run.sh", "#!/usr/bin/env bash\nif true; then\n")
        os.chmod(bad, 0o755)
        self.assertTrue(any("bash" in found for found in self.problems(check.check_scripts)))
        self.write("tests/run.sh", "#!/usr/bin/env bash\nrm -r $1\n")
        self.assertTrue(any("shellcheck" in found for found in self.problems(check.check_scripts)))
        os.chmod(bad, 0o644)
        self.assertTrue(any("not executable" in found for found in self.problems(check.check_scripts)))

    def test_format(self):
        self.write(".clang-format", "{BasedOnStyle: Google, SortIncludes: Never}\n")
        self.write("lib/chat/prompt.cc", "int Turn();\n")
        self.assert_red(check.check_format, "lib/base/x.h", "int  x ( );\n", "run clang-format -i")

    def test_tidy(self):
        self.write(".clang-tidy", "{Checks: '-*,modernize-use-nullptr', WarningsAsErrors: '*'}\n")
        build = os.path.join(self.root, "build")
        sources = [self.write(f"lib/base/{name}.cc", f"int* {name} = nullptr;\n") for name in "wxy"]
        self.write("build/compile_commands.json", json.dumps(
            [{"directory": self.root, "file": path, "command": f"clang++ -o x.o -c {path}"} for path in sources]))
        for together in (1, 10):
            def problems(together=together):
                return self.problems(lambda tree: check.check_tidy(tree, build, together))

            self.assertEqual(problems(), [])
            self.write("lib/base/x.cc", "int* x = 0;\n")
            found = problems()
            self.assertEqual(len(found), 1)
            self.assertTrue(found[0].startswith("lib/base/x.cc:"))
            self.assertIn("modernize-use-nullptr", found[0])
            self.write("lib/base/x.cc", "int* x = nullptr;\n")
        self.write("build/compile_commands.json", "[]")
        self.assertIn("nothing", self.problems(lambda tree: check.check_tidy(tree, build, 1))[0])

    def test_sources_that_clash_are_read_apart(self):
        paths = ["lib/base/w.cc", "lib/base/x.cc", "lib/base/y.cc"]
        for path, text in zip(paths, ("int Twice(int a) {", "bool Twice(bool a) {", "constexpr int kOnce = 1;")):
            self.write(path, text)
        self.assertEqual(check.batches_of(Tree(self.root), paths, 10), [[paths[0], paths[2]], [paths[1]]])
        self.assertEqual(check.batches_of(Tree(self.root), paths, 1), [[path] for path in paths])

    def test_headers_alone(self):
        include = os.path.join(self.root, "include")
        self.assertEqual(binaries.check_headers(include, ["gcc", "clang"]), [])
        for name, text in [("talaria.h", "size_t x;\n"), ("talaria.h", "int f(void); int f(long);\n"),
                           ("talaria.h", "struct x { int a; };\n"), ("talaria.h", "#include <stdint.h>\nvoid f();\n"),
                           ("extra.hpp", "std::string F();\n")]:
            with self.subTest(text=text):
                self.write("include/talaria/" + name, text)
                found = binaries.check_headers(include, ["gcc", "clang"])
                self.assertTrue(any(name + ": gcc" in problem for problem in found), f"{found}")
                self.assertTrue(any(name + ": clang" in problem for problem in found), f"{found}")
                self.write("include/talaria/talaria.h", GOOD["include/talaria/talaria.h"])
        self.assertTrue(binaries.check_headers(os.path.join(self.root, "lib"), ["gcc"]))

    def library(self, code, exports, *flags):
        source = self.write("x.c", code)
        version = self.write("x.map", "TALARIA_1.0 { global: " + exports + " local: *; };\n")
        library = os.path.join(self.root, "libx.so")
        subprocess.run(["gcc", "-shared", "-fPIC", source, "-o", library, f"-Wl,--version-script={version}", *flags],
                       check=True)
        return library

    def test_exports(self):
        code = "int talaria_a(void) { return 1; } int other(void) { return 2; }\n"
        self.assertEqual(binaries.check_exports(self.library(code, "talaria_*;")), [])
        self.assertIn("exports other", binaries.check_exports(self.library(code, "talaria_*; other;"))[0])
        self.assertIn("nothing", binaries.check_exports(self.library(code, "none;"))[0])
        bare = os.path.join(self.root, "bare.so")
        subprocess.run(["gcc", "-shared", "-fPIC", self.write("y.c", "int talaria_a(void) { return 1; }\n"), "-o", bare],
                       check=True)
        self.assertIn("no version", binaries.check_exports(bare)[0])

    def test_needed(self):
        empty = self.write("empty.c", "int empty_symbol(void) { return 0; }\n")
        cuda = os.path.join(self.root, "libcudart_of_test.so")
        subprocess.run(["gcc", "-shared", "-fPIC", empty, "-o", cuda, "-Wl,-soname,libcudart.so.12"], check=True)
        code = "int talaria_a(void) { return 1; }\n"
        self.assertEqual(binaries.check_needed(self.library(code, "talaria_*;")), [])
        self.assertIn("libcudart", binaries.check_needed(self.library(code, "talaria_*;", "-Wl,--no-as-needed", cuda))[0])

    def compiled(self, code, *place):
        """*code* as an object file below the build folder "b"."""
        built = os.path.join(self.root, "b", *place)
        os.makedirs(os.path.dirname(built), exist_ok=True)
        subprocess.run(["g++", "-O1", "-std=c++17", "-c", self.write("x.cc", code), "-o", built], check=True)
        return built

    def references_of(self, code, edge="int E() { return 1; }\n"):
        built = self.compiled(code, "lib", "base", "x.o")
        subprocess.run(["ar", "rcs", built[:-len("x.o")] + "libx.a", built], check=True)
        self.compiled(edge, "capi", "CMakeFiles", "talaria.dir", "edge.cc.o")
        return binaries.check_references(binaries.objects_of(os.path.join(self.root, "b")))

    def test_references(self):
        self.assertEqual(self.references_of("int F() { return 1; }\n"), [])
        for code, name in [
            ("#include <cstdlib>\nvoid F() { std::abort(); }\n", "abort"),
            ("#include <cassert>\nvoid F(int x) { assert(x > 0); }\n", "__assert_fail"),
            ("#include <cstdlib>\nvoid F() { std::exit(1); }\n", "exit"),
            ("void F() { throw 1; }\n", "__cxa_throw"),
            ('#include <cstdio>\nvoid F(int x) { std::printf("%d", x); }\n', "printf"),
            ("#include <iostream>\nvoid F() { std::cout << 1; }\n", "_ZSt4cout"),
            ('#include <cstdlib>\nvoid* F() { return getenv("X"); }\n', "getenv"),
            ('#include <cstdio>\nvoid F() { std::fputc(1, stderr); }\n', "stderr"),
            ("#include <optional>\nint F(std::optional<int> x) { return x.value(); }\n", "bad_optional"),
            ("#include <string>\n#include \"absl/status/statusor.h\"\n"
             "int F(absl::StatusOr<int> x) { return x.value(); }\n", "ThrowBadStatusOrAccess"),
        ]:
            with self.subTest(name=name):
                found = self.references_of(code)
                self.assertTrue(any(name in problem for problem in found), f"{found}")
        self.assertEqual(self.references_of("int F() { return 1; }\n", "void F() { throw 1; }\n"),
                         ["edge.cc.o: refers to __cxa_throw"])
        for part in ("lib", "capi"):
            self.references_of("int F() { return 1; }\n")
            shutil.rmtree(os.path.join(self.root, "b", part))
            found = binaries.check_references(binaries.objects_of(os.path.join(self.root, "b")))
            self.assertEqual(len(found), 1, f"{found}")


if __name__ == "__main__":
    unittest.main()
