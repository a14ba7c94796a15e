"""What to do after a chest CT and a physician's note; a physician decides what is not sure.

For showing what a program does, and no medical advice: see SOURCE.md on what is real here.
"""

from typing import Any

from polytask.program import predict

SURE = 0.4  # below it a physician decides


def advice(row: dict[str, Any]) -> dict[str, Any] | None:
    """Advice for a scan (`image`) and a note (`text`); `None` for a physician."""
    scan = predict("ct", row["image"])
    note = predict("note", row["text"])
    probability = scan["probability"] * note["probability"]
    if probability < SURE:
        return None
    abnormal = scan["label"] == "abnormal"
    tumour = note["label"] == "neoplasms"
    if abnormal:
        found = "oncologist" if tumour else "second reading"
    else:
        found = "scan again" if tumour else "no action"
    return {"advice": found, "probability": probability}
