import os

import openai
from openai import OpenAI


def main():
    client = OpenAI(api_key="sk-test", base_url=os.environ["OPENAI_BASE_URL"])
    try:
        client.chat.completions.create(model="missing", messages=[{"role": "user", "content": "Hi"}])
    except openai.NotFoundError as error:
        assert error.status_code == 404 and error.code == "model_not_found" and error.param == "model"
        assert error.type == "invalid_request_error" and error.request_id == "req_123"
        assert error.body["message"] == "The model `missing` does not exist" and error.body["code"] == "model_not_found"
        assert error.response.headers["x-request-id"] == "req_123" and error.response.status_code == 404
        assert "does not exist" in str(error) and "does not exist" in error.message
    else:
        raise AssertionError
