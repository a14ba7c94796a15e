"""A Turing machine whose table is a model: an unbounded tape, and three questions a step.

The row gives the first tape (`tape`, a list of symbols), the cell of the `head`, the `start` state,
the `blank`, the sentence that asks (`question`, with places for state and symbol), and whether the
model is asked `live`, at every step, or once for each state and symbol.
"""

from typing import Any

from polytask.program import predict


class Tape:
    """Cells on both sides of the head, as many as are needed."""

    def __init__(self, symbols: list[str], head: int, blank: str) -> None:
        self.blank = blank
        self.left = symbols[:head]
        self.right = symbols[head:][::-1]  # the last is under the head

    def read(self) -> str:
        """The symbol under the head."""
        return self.right[-1] if self.right else self.blank

    def write(self, symbol: str, move: str) -> None:
        """Write under the head, then move it."""
        if self.right:
            self.right.pop()
        if move == "R":
            self.left.append(symbol)
        else:
            self.right.append(symbol)
            self.right.append(self.left.pop() if self.left else self.blank)

    def symbols(self) -> list[str]:
        """All cells that were ever read or written."""
        return self.left + self.right[::-1]


def turing(row: dict[str, Any]) -> dict[str, Any]:
    """Run until the next state is "halt"; gives the last tape and what was done at each step."""
    tape = Tape(row["tape"], row["head"], row["blank"])
    state = row["start"]
    states: list[str] = []
    done: list[tuple[str, str, str]] = []
    known: dict[tuple[str, str], tuple[str, str, str]] = {}
    while True:
        at = (state, tape.read())
        if row["live"]:
            answer = ask(row, at, len(states))
        else:
            if at not in known:
                known[at] = ask(row, at, 0)
            answer = known[at]
        symbol, move, following = answer
        if following == "halt":
            break
        states.append(state)
        done.append(answer)
        tape.write(symbol, move)
        state = following
    return {
        "tape": tape.symbols(),
        "states": " ".join(states),
        "written": " ".join([symbol for symbol, _, _ in done]),
        "moves": " ".join([move for _, move, _ in done]),
    }


def ask(row: dict[str, Any], at: tuple[str, str], step: int) -> tuple[str, str, str]:
    """What to write, where to move and the next state, as the three tasks answer.

    The step makes it another question each time: what was asked before is not asked again.
    """
    text = row["question"].format(state=at[0], symbol=at[1])
    question = {"text": text, "step": step}
    symbol = predict("written_symbol", question)["label"]
    move = predict("move", question)["label"]
    return symbol, move, predict("next_state", question)["label"]
