"""Everything that happens to pods, once, while admissions go on: nothing fails that should not, and nothing is wrong.

The long form is soak.py.
"""

import calls
import soak as soaks
from deployed import installed

RATE = 40


def test_whatever_happens_the_answers_are_right(cluster, tmp_path, capsys):
    with installed(cluster, tmp_path / "soak") as installation:
        soak = soaks.run(installation, 0, RATE)
        with capsys.disabled():
            print(f"\n{soaks.report(soak)}")
        assert not soak.faults(), "\n".join(soak.faults())
        assert soak.rotations == 1 and len(soak.load.killed_at) == len(soak.stopped) == 2
    seen = {call.phase for call in soak.load.of(calls.RIGHT)}
    assert seen == {calls.REST, "SIGTERM", "kill -9", "Secret deleted", "policy reloaded", "bad policy, and good again",
                    "clock set wrong", "SIGSTOP", "API server restarted", "certificate rotated"}
    assert not soak.load.of(calls.FAILED, "SIGTERM")
