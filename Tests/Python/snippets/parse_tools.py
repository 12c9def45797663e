import openai
from openai import OpenAI
from pydantic import BaseModel


class GetWeather(BaseModel):
    """Tells the weather."""

    city: str
    days: int


def main():
    client = OpenAI()
    completion = client.chat.completions.parse(
        model="gpt-4o-mini", messages=[{"role": "user", "content": "weather?"}], tools=[openai.pydantic_function_tool(GetWeather)]
    )
    call = completion.choices[0].message.tool_calls[0]
    assert isinstance(call.function.parsed_arguments, GetWeather) and call.function.parsed_arguments.city == "Paris"


def check(seen):
    function = seen[-1]["body"]["tools"][0]["function"]
    assert function["name"] == "GetWeather" and function["strict"] is True and function["description"] == "Tells the weather."
    assert function["parameters"]["required"] == ["city", "days"]
