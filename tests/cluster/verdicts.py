"""What a test expects of an answer."""


def denied(answer, *texts):
    """Refused by the gate, not by a typo or a missing right. The message, in one line."""
    if hasattr(answer, "code"):
        assert answer.code != 0, f"was let in: {answer}"
        text = answer.output
    else:
        assert not answer.passed, f"was let in: {answer}"
        text = answer.body["message"]
    assert "changegate.dev" in text and "denied the request" in text, f"refused by somebody else: {answer}"
    for expected in texts:
        assert expected in text, f"{expected!r} is not in {answer}"
    return text.strip()


def passed(answer):
    assert (answer.code == 0) if hasattr(answer, "code") else answer.passed, f"was refused: {answer}"
    return answer
