"""What to do with a request to a voice assistant: which queue, how urgent, and what to reply.

Two steps: what is wanted (intent), and what was said of it (slots). A request that lacks what its
queue needs is answered by a question; one that is not understood goes to a person.
"""

from typing import Any

from polytask.program import predict

# By intent the queue, what a request must name (one of each line), and the question if it does not.
QUEUES = {
    "AddToPlaylist": ("music", [["playlist"]], "Which playlist?"),
    "PlayMusic": ("music", [["artist", "track", "album", "music_item", "genre"]], "Play what?"),
    "BookRestaurant": (
        "booking",
        [["party_size_number", "party_size_description"], ["city", "state", "restaurant_name"]],
        "A table for how many, and where?",
    ),
    "GetWeather": ("weather", [["city", "state", "country", "current_location"]], "Where?"),
    "RateBook": ("ratings", [["object_name", "object_select"], ["rating_value"]], "Rate what?"),
    "SearchCreativeWork": ("search", [["object_name"]], "Search for what?"),
    "SearchScreeningEvent": (
        "search",
        [["movie_name", "movie_type"], ["location_name", "spatial_relation", "timeRange"]],
        "Which film, where or when?",
    ),
}
SURE = 0.5  # below it a person decides


def triage(row: dict[str, Any]) -> dict[str, Any] | None:
    """Queue, priority and reply for a request (`tokens`); `None` for a person."""
    intent = predict("intent", row)
    if intent["probability"] < SURE:
        return None
    slots = predict("slots", row)
    queue, needed, question = QUEUES[intent["label"]]
    said = {span["label"]: span["text"] for span in slots["spans"]}
    complete = all(any(name in said for name in names) for names in needed)
    mood = predict("sentiment", " ".join(row["tokens"]))
    return {
        "queue": queue if complete else "ask back",
        "probability": intent["probability"] * slots["probability"],
        "priority": "high" if mood["label"] == "negative" and mood["sure"] else "normal",
        "reply": "On its way: " + ", ".join(said.values()) if complete else question,
    }
