from enum import Enum

from openai import OpenAI
from pydantic import BaseModel, Field


class Colour(str, Enum):
    red = "red"
    blue = "blue"


class Car(BaseModel):
    """A car."""

    colour: Colour = Field(description="of the paint")
    doors: int


def main():
    client = OpenAI()
    parse = client.beta.chat.completions.parse if hasattr(client.beta, "chat") else client.chat.completions.parse
    message = parse(model="gpt-4o-mini", messages=[{"role": "user", "content": "a car"}], response_format=Car).choices[0].message
    assert message.parsed.colour is Colour.red and message.parsed.doors == 7
