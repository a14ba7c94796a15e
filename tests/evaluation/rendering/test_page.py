"""The HTML page: whole, self-contained, escaped, the same for the same report."""

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from polytask.evaluation.rendering import html
from polytask.evaluation.report import Finding, Mistake, Report, TaskReport

VOID = {"meta", "img", "br", "hr", "link"}
HOSTILE = "<script>alert(1)</script>\"'&\x1b[31m\u202ermal\x00\ud800 مرحبا"


class Reader(HTMLParser):
    """Collects tags, attributes and text; fails on tags that do not nest."""

    def __init__(self):
        super().__init__()
        self.open, self.tags, self.attributes, self.text = [], [], [], ""

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open[-1:] != ["style"]:
            self.text += data


def read(page):
    reader = Reader()
    reader.feed(page)
    reader.close()
    assert reader.open == []
    return reader


@pytest.fixture(params=["nine", "single", "medical"])
def any_report(request):
    return request.getfixturevalue(request.param)


def test_every_page_nests_and_asks_nothing_of_the_network(any_report):
    page = html(any_report)
    reader = read(page)
    assert "script" not in reader.tags and "link" not in reader.tags and "iframe" not in reader.tags
    assert not [name for name, _ in reader.attributes if name.startswith("on")]
    sources = [value for name, value in reader.attributes if name in {"src", "href", "action"}]
    assert all(value.startswith("data:image/") for value in sources)
    assert "url(" not in page and "@import" not in page
    assert "http:" not in page and "https:" not in page
    assert "default-src 'none'" in page


def test_the_same_report_gives_the_same_page(any_report):
    assert html(any_report) == html(any_report)


def test_every_plot_has_a_text_in_its_place(nine):
    drawn = re.findall(r"<svg[^>]*>", html(nine))
    assert len(drawn) > 20
    assert all(
        'role="img"' in one and 'aria-label="' in one for one in drawn if "hidden" not in one
    )


def test_the_sentence_stands_on_top(nine):
    text = read(html(nine)).text
    first, *rest = nine.timing.sentence.replace("× ", "×\u00a0").split("; ")
    assert first in text
    assert "; ".join(rest).replace("×\u00a0", "× ") in text


def test_all_that_is_known_is_shown(nine):
    text = read(html(nine)).text
    for shown in (
        "外卖评论情感",
        "failed: no test row has a label",
        "97.9–99.5",  # interval
        "+1.6…+2.6",  # gain
        "about 1,450 more rows would decide",
        "All right at once",
        "Most confused",
        "SearchCreativeWork instead of PlayMusic",
        "temperature of 1.3",
        "new_label (2)",
        "FineTune(epochs=3, learning_rate=2e-4)",
        "needs 400 s",
        "26 test rows also stand in train",
        "nine tasks on six tables",
        "10 min 40 s",
        "polytask run tasks.yaml --budget 30m --seed 0 --out run",
        "bfloat16",
        "sst_binary was still improving",
    ):
        assert shown in text, shown


def test_few_tasks_are_unfolded_many_are_not(nine, medical):
    assert html(medical).count('class="task-detail" open') + html(medical).count(
        'open class="task-detail"'
    ) == len(medical.tasks)
    assert not re.search(
        r"<details[^>]*task-detail[^>]* open|<details open[^>]*task-detail", html(nine)
    )


def test_one_task_shows_no_empty_gain(single):
    text = read(html(single)).text
    assert "control" not in text and ">gain<" not in html(single)
    assert "alone" in text


def test_hostile_text_stays_text():
    task = TaskReport(
        "binary",
        "accuracy",
        value=0.5,
        why=HOSTILE,
        unseen={HOSTILE: 1},
        worst=(Mistake(HOSTILE, HOSTILE, HOSTILE, image="data:image/svg+xml,<svg onload=x>"),),
    )
    report = Report(
        0,
        None,
        {HOSTILE: task, "f": TaskReport("a", "b", status="failed", reason=HOSTILE)},
        source=HOSTILE,
        findings=(Finding(HOSTILE, HOSTILE, HOSTILE, 1),),
        said=(HOSTILE,),
        warnings=(HOSTILE,),
        settings={HOSTILE: HOSTILE},
        command=HOSTILE,
    )
    page = html(report)
    reader = read(page)
    assert "script" not in reader.tags and "img" not in reader.tags
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\ud800-\udfff]", page)
    assert "␛[31m[U+202E]rmal␀" in reader.text
    assert "مرحبا" in reader.text
    page.encode("utf-8")


def test_an_empty_report_is_still_a_page():
    reader = read(html(Report(0, None, {})))
    assert "Do it again" in reader.text


def test_a_damaged_thumbnail_is_left_out(medical):
    plane = medical.tasks["plane"]
    worst = tuple(replace(one, image='data:image/png;base64,AA=="onerror=x') for one in plane.worst)
    page = html(replace(medical, tasks={"plane": replace(plane, worst=worst)}))
    assert "onerror" not in page
