"""Renders conversations as Hermes 3 does, with its two published Jinja templates."""

import json
import pathlib

import jinja2
from jinja2.sandbox import ImmutableSandboxedEnvironment

TEMPLATES = pathlib.Path(__file__).parent / "templates"
BOS = "<|begin_of_text|>"


def template_text(name):
    return (TEMPLATES / (name + ".jinja")).read_text()


def compile_template(text):
    """As Hugging Face compiles a chat template: trim_blocks, lstrip_blocks, and its own tojson."""
    environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=["jinja2.ext.loopcontrols"])
    environment.filters["tojson"] = lambda value, **options: json.dumps(value, ensure_ascii=False, **options)
    return environment.from_string(text)


class Renderer:
    def __init__(self):
        self.default = compile_template(template_text("hermes3_default"))
        self.tool_use = compile_template(template_text("hermes3_tool_use"))

    def text(self, messages, tools, add_generation_prompt=False):
        """The prompt's text, BOS included; *tools* None selects the default template."""
        template = self.default if tools is None else self.tool_use
        return template.render(messages=messages, tools=tools, add_generation_prompt=add_generation_prompt, bos_token=BOS)


PYTHON_TYPES = {"string": "str", "integer": "int", "number": "float", "boolean": "bool"}


def card_messages(messages, tools):
    """The same conversation as Hermes' model card writes it: tools in the system message, arguments before the name."""
    written = [{"role": "system", "content": card_system(tools) + "\n" + messages[0]["content"]}]
    for message in messages[1:]:
        if message["role"] == "tool":
            response = "<tool_response>\n" + message["content"] + "\n</tool_response>\n"
            if written[-1]["role"] == "tool":
                written[-1]["content"] += response
            else:
                written.append({"role": "tool", "content": response})
        elif message.get("tool_calls"):
            calls = [{"arguments": call["function"]["arguments"], "name": call["function"]["name"]}
                     for call in message["tool_calls"]]
            texts = ["<tool_call>\n" + json.dumps(call, ensure_ascii=False) + "\n</tool_call>" for call in calls]
            written.append({"role": "assistant", "content": "\n".join(texts)})
        else:
            written.append(message)
    return written


def card_system(tools):
    declared = []
    for tool in tools:
        function = tool["function"]
        properties = function["parameters"]["properties"]
        signature = ", ".join("{}: {}".format(key, PYTHON_TYPES[spec["type"]]) for key, spec in properties.items())
        lines = ["{}({}) -> dict - {}".format(function["name"], signature, function["description"]), "", "    Args:"]
        lines += ["        {} ({}): {}".format(key, PYTHON_TYPES[spec["type"]], spec.get("description", key))
                  for key, spec in properties.items()]
        plain = {key: {"type": spec["type"]} for key, spec in properties.items()}
        parameters = {"type": "object", "properties": plain, "required": function["parameters"]["required"]}
        declared.append(json.dumps({"type": "function", "function": {
            "name": function["name"], "description": "\n".join(lines), "parameters": parameters}}, ensure_ascii=False))
    schema = {"properties": {"arguments": {"title": "Arguments", "type": "object"}, "name": {"title": "Name", "type": "string"}},
              "required": ["arguments", "name"], "title": "FunctionCall", "type": "object"}
    return ("You are a function calling AI model. You are provided with function signatures within <tools></tools> XML tags. "
            "You may call one or more functions to assist with the user query. Don't make assumptions about what values to plug "
            "into functions. Here are the available tools: <tools> " + " ".join(declared) + "  </tools> Use the following pydantic "
            "model json schema for each tool call you will make: " + json.dumps(schema) + " For each function call return a json "
            "object with function name and arguments within <tool_call></tool_call> XML tags as follows:\n<tool_call>\n"
            '{"arguments": <args-dict>, "name": <function-name>}\n</tool_call>')

