"""The examples and the commands of the README, asked to a server over TCP. (On the development provider they run in
their own suites.)"""
import json
import os
import re
import subprocess
import sys

import pytest
import servers
from conftest import KEY, ROOT, provider

PREFIX = os.path.realpath(os.environ["GATELET_PREFIX"])


@pytest.fixture(scope="module")
def environment(katan, tmp_path_factory):
    """A configuration file as a user would have it, named by GATELET_CONFIG."""
    path = tmp_path_factory.mktemp("config") / "gatelet.json"
    url = f"http://127.0.0.1:{katan.port}/v1"
    path.write_text(json.dumps({"providers": {"katan": provider(url, models={"form": "openai"})}, "default_provider": "katan",
                                "default_model": "katan"}))
    drop = re.compile(r"_API_KEY$|^DEV_MODE$|^GATELET_ENV_FILE$|^ONEROUTER_|^OPENROUTER_")
    clean = {name: value for name, value in os.environ.items() if not drop.search(name)}
    return {**clean, "GATELET_CONFIG": str(path), "EXAMPLE_MODEL": "katan/katan", "GATELET_PREFIX": PREFIX,
            "LD_LIBRARY_PATH": os.path.join(PREFIX, "lib"), "PKG_CONFIG_PATH": os.path.join(PREFIX, "lib", "pkgconfig"),
            "GATELET_LIBRARY": os.path.join(PREFIX, "lib", "libgatelet.so.0"),
            "PYTHONPATH": os.path.join(ROOT, "bindings", "python"), "PYTHONUNBUFFERED": "1"}


def run(command, environment, cwd=ROOT):
    done = subprocess.run(command, env=environment, cwd=cwd, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and done.stderr == "", (command, done.returncode, done.stdout[-1500:], done.stderr[-1500:])
    return done.stdout


def arguments(name):
    """The model to ask; 03 lists all models, 06 brings its own."""
    return [] if "models" in name or "failover" in name else ["katan/katan"]


C = {"01_chat": r"\[echo\] model=katan ", "02_stream": r"\[echo\] model=katan ", "03_models": r"katan", "04_epoll": r"\[echo\] model=katan ",
     "05_parallel": r"\b0 failed", "06_failover": r"main +overloaded(.|\n)*spare +ok ",
     "07_hook": r"search: \S+ of \S+: ok(.|\n)*refused: ", "08_test_models": r"\[1 of 1\] katan: success\n1 tested, 1 successful, "}


@pytest.mark.parametrize("name", sorted(C))
def test_c(name, environment, tmp_path):
    source = os.path.join(ROOT, "examples", "c", name + ".c")
    packages = ["gatelet"] + (["jansson"] if "jansson.h" in open(source).read() else [])
    flags = run(["pkg-config", "--cflags", "--libs", *packages], environment).split()
    program = str(tmp_path / name)
    run(["cc", "-Wall", "-Wextra", "-Werror", source, *flags, "-o", program], environment)
    assert re.search(C[name], run([program, *arguments(name)], environment))


PYTHON = {"01_chat": r"\[echo\] model=katan ", "02_stream": r"\[echo\] model=katan ", "03_models": r"katan", "04_async": r"\[echo\] model=katan ",
          "05_parallel": r"20 requests, 0 failed", "06_failover": r"main +overloaded(.|\n)*spare +ok ",
          "07_hook": r"search: \S+ of \S+: ok(.|\n)*refused: ", "08_test_models": r"\[1 of 1\] katan: success\n1\. katan: "}


@pytest.mark.parametrize("name", sorted(PYTHON))
def test_python(name, environment):
    source = os.path.join(ROOT, "examples", "python", name + ".py")
    assert re.search(PYTHON[name], run([sys.executable, source, *arguments(name)], environment))


def readme_blocks(language):
    with open(os.path.join(ROOT, "README.md")) as file:
        return re.findall(rf"^```{language}\n(.*?)^```", file.read(), re.MULTILINE | re.DOTALL)


def with_our_model(source):
    """The sample as printed, but for the model's name."""
    return re.sub(r'"[a-z-]+/[\w.:-]+"|(?<=\\")[a-z-]+/[\w.:-]+(?=\\")', lambda m: '"katan/katan"' if m[0][0] == '"' else "katan/katan", source)


@pytest.mark.parametrize("language, end", [("c", ".c"), ("python", ".py")])
def test_readme_samples(language, end, environment, tmp_path):
    blocks = readme_blocks(language)
    assert blocks, f"README.md has no {language} sample"
    for number, block in enumerate(blocks):
        source = tmp_path / f"sample{number}{end}"
        source.write_text(with_our_model(block))
        command = [sys.executable, str(source)]
        if language == "c":
            flags = run(["pkg-config", "--cflags", "--libs", "gatelet"], environment).split()
            command = [str(tmp_path / f"sample{number}")]
            run(["cc", str(source), *flags, "-o", command[0]], environment)
        assert re.search(r"\[echo\] model=katan ", run(command, environment))


def test_the_front_door_names_commands_that_exist():
    with open(os.path.join(ROOT, "Makefile")) as file:
        targets = set(re.findall(r"^([a-z-]+):", file.read(), re.MULTILINE))
    with open(os.path.join(ROOT, "README.md")) as file:
        named = set(re.findall(r"(?:^|`)make ([a-z-]+)", file.read(), re.MULTILINE))
    assert {"demo", "test"} <= named <= targets, (named, targets)


def test_the_demo(environment, katan, tmp_path):
    """What `make demo` does once everything is built, with a key: OpenRouter's address is that of the live server.
    OpenRouter's list is fetched without a key, which llm-katan refuses: nginx in between adds one."""
    front = servers.nginx(str(tmp_path), f"""server {{ listen 127.0.0.1:{{port}}; location / {{ proxy_buffering off;
        proxy_pass http://127.0.0.1:{katan.port}; proxy_set_header Authorization "Bearer front"; }} }}""")
    mine = {**environment, "OPENROUTER_API_KEY": KEY, "OPENROUTER_BASE_URL": f"http://127.0.0.1:{front.port}/v1"}
    del mine["GATELET_CONFIG"]
    try:
        out = run([os.path.join(ROOT, "scripts", "demo")], mine)
    finally:
        front.stop()
    assert out.count("[echo] model=katan ") == 4 and out.count("1 models") == 2, out


def test_no_key_leaks_into_what_examples_print(environment):
    out = run([sys.executable, os.path.join(ROOT, "examples", "python", "01_chat.py"), "katan/katan"], environment)
    assert KEY not in out
