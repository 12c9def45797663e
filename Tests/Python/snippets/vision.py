import base64

from openai import OpenAI


def main():
    client = OpenAI()
    picture = base64.b64encode(b"\x89PNG").decode()
    completion = client.chat.completions.create(
        model="gpt-4o-mini",
        messages=[
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "what is in this image?"},
                    {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{picture}", "detail": "low"}},
                ],
            }
        ],
    )
    assert completion.choices[0].message.content == "You said what is in this image? [image_url]"
