"""Members about recordings."""
import json

from conftest import KEY
from effects import row


@row("record", "replay", "replay_match", "replay_speed")
def _(bench, tmp_path):
    file = tmp_path / "exchanges.jsonl"
    asked = bench.ask({"record": str(file)})
    [line] = file.read_text().splitlines()
    assert json.loads(line)["request"]["json"] == asked.only.body and KEY not in line
    for match, words, answered in (("strict", "hello there", True), ("strict", "others", False), ("loose", "others", True)):
        again = bench.ask({"replay": str(file), "replay_match": match, "replay_speed": 100}, messages=[{"role": "user", "content": words}])
        assert again.seen == [] and (again.outcome.status == 0) is answered, again.outcome
        assert not answered or again.outcome.content == asked.outcome.content
