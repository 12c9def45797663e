from __future__ import annotations

from typing import Any, Iterable, List

import instructor
import pytest
from common import HELLO
from instructor.core import InstructorRetryException
from pydantic import BaseModel

ASKED: Any = [{"role": "user", "content": HELLO}]


class City(BaseModel):
    name: str
    inhabitants: int


def is_paris(found: Any) -> bool:
    """It makes classes of its own from those that it is given."""
    return isinstance(found, BaseModel) and found.model_dump() == {"name": "Paris", "inhabitants": 7}


@pytest.mark.parametrize("mode", [instructor.Mode.TOOLS, instructor.Mode.JSON_SCHEMA])
def test_extraction(sdk: Any, mode: Any) -> None:
    client = instructor.from_openai(sdk, mode=mode)
    city, answer = client.create_with_completion(model="chat", messages=ASKED, response_model=City)
    assert is_paris(city) and answer.gatelet["provider"] == "up"


def test_parts_and_lists(sdk: Any) -> None:
    client = instructor.from_openai(sdk)
    parts = list(client.create_partial(model="chat", messages=ASKED, response_model=City))
    assert is_paris(parts[-1])
    cities: List[City] = client.create(model="chat", messages=ASKED, response_model=List[City])
    assert len(cities) == 1 and is_paris(cities[0])
    found: Iterable[City] = client.create_iterable(model="chat", messages=ASKED, response_model=City)
    assert [is_paris(one) for one in found] == [True]


async def test_async(async_sdk: Any) -> None:
    client = instructor.from_openai(async_sdk)
    assert is_paris(await client.create(model="chat", messages=ASKED, response_model=City))


def test_anthropic(claude: Any) -> None:
    client = instructor.from_anthropic(claude)
    assert is_paris(client.create(model="chat", max_tokens=50, messages=ASKED, response_model=City))


def test_errors(sdk: Any) -> None:
    client = instructor.from_openai(sdk)
    with pytest.raises(InstructorRetryException, match="told to fail with 400"):
        client.create(model="status:400", messages=ASKED, response_model=City, max_retries=1)
