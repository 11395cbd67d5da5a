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
    environment = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=["jinja2.ext.loopcontrols"]
    )
    environment.filters["tojson"] = lambda value, **options: json.dumps(value, ensure_ascii=False, **options)
    return environment.from_string(text)


class Renderer:
    def __init__(self):
        self.default = compile_template(template_text("hermes3_default"))
        self.tool_use = compile_template(template_text("hermes3_tool_use"))

    def text(self, messages, tools, add_generation_prompt=False):
        """The prompt's text, BOS included; *tools* None selects the default template."""
        template = self.default if tools is None else self.tool_use
        return template.render(
            messages=messages, tools=tools, add_generation_prompt=add_generation_prompt, bos_token=BOS
        )
