"""What is written can be read, is the same, and has one text."""

from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.properties.model_values import model_types, values_of
from xcp_reconciler.model.codec import Codec, CodecError
from xcp_reconciler.model.decision import Decision
from xcp_reconciler.model.desired import Desired
from xcp_reconciler.model.digest import digest_of
from xcp_reconciler.model.observed import Absent, ObservedVm, Present, Unknown
from xcp_reconciler.model.ops import Op
from xcp_reconciler.model.outcome import Outcome
from xcp_reconciler.model.placement import Assignment

UNIONS = [Op, Decision, Assignment, Outcome, Present[ObservedVm] | Absent | Unknown]
TYPES = [Present[ObservedVm] if each is Present else each for each in model_types()]


@pytest.mark.parametrize("hint", [*TYPES, *UNIONS], ids=str)
@settings(max_examples=10, deadline=None)
@given(data=st.data())
def test_reads_what_it_wrote(hint: object, data: st.DataObject) -> None:
    value = data.draw(values_of(hint))
    codec = Codec[object](hint)
    text = codec.text(value)
    back = codec.parse(text)
    assert back == value
    assert type(back) is type(value)
    assert text.isascii()
    assert codec.text(back) == text


@pytest.mark.parametrize("hint", TYPES, ids=str)
@settings(max_examples=2, deadline=None)
@given(data=st.data())
def test_unknown_fields_are_refused(hint: object, data: st.DataObject) -> None:
    codec = Codec[object](hint)
    encoded = cast("dict[str, object]", codec.encode(data.draw(values_of(hint))))
    with pytest.raises(CodecError, match="no field"):
        codec.decode({**encoded, "nonsense": 1})


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_digest_is_equal_where_the_declaration_is(data: st.DataObject) -> None:
    one = cast("Desired", data.draw(values_of(Desired)))
    other = cast("Desired", data.draw(st.one_of(values_of(Desired), st.just(one))))
    assert (digest_of(one) == digest_of(other)) == one.declares_the_same(other)
