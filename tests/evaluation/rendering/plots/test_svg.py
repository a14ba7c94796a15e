"""Drawing primitives."""

from polytask.evaluation.rendering.plots import svg


def test_a_picture_is_read_aloud():
    drawn = svg.picture(10, 20.5, 'a < "b"', svg.dot((1, 2), 3, "c", title="t"))
    assert drawn == (
        '<svg viewBox="0 0 10 20.5" width="10" height="20.5" class="plot" role="img" '
        'aria-label="a &lt; &quot;b&quot;"><title>a &lt; &quot;b&quot;</title>'
        '<circle cx="1" cy="2" r="3" class="c"><title>t</title></circle></svg>'
    )


def test_shapes():
    assert svg.line((0, 1), (2, 3.456), "g") == (
        '<line x1="0" y1="1" x2="2" y2="3.46" class="g"></line>'
    )
    assert svg.path([(0, 1), (2, 3)], "p") == '<polyline points="0,1 2,3" class="p"></polyline>'
    assert svg.label((1, 2), "<", anchor="end") == (
        '<text x="1" y="2" class="tick" text-anchor="end">&lt;</text>'
    )
    assert svg.box((0, 0), (1, 1), "b", fill_opacity="0.5", title="t") == (
        '<rect x="0" y="0" width="1" height="1" class="b" fill-opacity="0.5">'
        "<title>t</title></rect>"
    )


def test_coordinates_are_short():
    assert [svg.number(v) for v in (0.0, -0.001, 100.0, 1 / 3, -2.5)] == [
        "0",
        "0",
        "100",
        "0.33",
        "-2.5",
    ]
