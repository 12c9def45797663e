from typing import List

from openai import OpenAI
from pydantic import BaseModel


class Step(BaseModel):
    explanation: str
    output: str


class MathResponse(BaseModel):
    steps: List[Step]
    final_answer: int


def main():
    client = OpenAI()
    completion = client.chat.completions.parse(
        model="gpt-4o-mini",
        messages=[
            {"role": "system", "content": "You are a helpful math tutor."},
            {"role": "user", "content": "solve 8x + 31 = 2"},
        ],
        response_format=MathResponse,
    )
    message = completion.choices[0].message
    if message.refusal:
        raise AssertionError(message.refusal)
    assert isinstance(message.parsed, MathResponse) and message.parsed.final_answer == 7
    assert message.parsed.steps[0].explanation == "Paris"


def check(seen):
    schema = seen[-1]["body"]["response_format"]["json_schema"]
    assert schema["strict"] is True and schema["name"] == "MathResponse"
    assert schema["schema"]["additionalProperties"] is False and schema["schema"]["required"] == ["steps", "final_answer"]
    assert schema["schema"]["$defs"]["Step"]["additionalProperties"] is False
