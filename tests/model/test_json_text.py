"""The documents are what Python's ``json`` writes."""

import json

from hypothesis import given
from hypothesis import strategies as st

from awscreds.model.json_text import json_of

SCALARS = st.none() | st.booleans() | st.integers() | st.text() | st.floats(allow_nan=False)
DOCUMENTS = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner) | st.lists(inner).map(tuple) | st.dictionaries(st.text(), inner),
)


@given(DOCUMENTS)
def test_a_document_is_the_one_that_json_indents(document):
    assert json_of(document) == json.dumps(document, indent=2)


@given(DOCUMENTS)
def test_a_part_of_a_document_is_as_deep_as_it_is_said_to_be(document):
    whole = json.dumps([[document]], indent=2)
    assert whole == f"[\n  [\n    {json_of(document, '    ')}\n  ]\n]"
