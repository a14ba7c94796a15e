"""Which desk a request to a voice assistant goes to: one step, from what is wanted."""

from typing import Any

from polytask.program import predict

DESKS = {
    "AddToPlaylist": "music",
    "PlayMusic": "music",
    "BookRestaurant": "food",
    "GetWeather": "weather",
    "RateBook": "ratings",
    "SearchCreativeWork": "search",
    "SearchScreeningEvent": "search",
}


def desk(row: dict[str, Any]) -> dict[str, Any]:
    """The desk for a request (`tokens`), as sure as its intent is."""
    intent = predict("intent", row)
    return {"desk": DESKS[intent["label"]], "probability": intent["probability"]}
