"""Problems of tokenizers, chat templates and labels (M300 to M399)."""

from __future__ import annotations

from recipedsl.diagnostics.code import Code


class NoChatTemplate(Code):
    """The model has no chat template.

    What: the rows are conversations and the model's tokenizer says nothing of how a conversation is
    written as text.
    Why: base models are trained on running text. Which marks separate the turns is a choice that
    the trained model keeps for good, so it is not made silently.
    Bad: `model base { from = hub("EleutherAI/pythia-70m") }`
    Good: `model base { from = hub("EleutherAI/pythia-70m"), template = plain }`
    """

    code = "M300"
    name = "no-chat-template"


class UnknownTemplate(Code):
    """No template of that name is shipped.

    What: the name stands for none of the templates that come along.
    Why: a template is looked up by its exact name; a family has several versions.
    Bad: `template = lama3`
    Good: `template = llama3`
    """

    code = "M301"
    name = "unknown-template"


class TemplateFile(Code):
    """The template file cannot be read.

    What: the path names no readable file inside the project root.
    Why: recipes read only what they declare, and nothing outside the project.
    Bad: `template own { jinja = file("../chat.jinja") }`
    Good: `template own { jinja = file("templates/chat.jinja") }`
    """

    code = "M302"
    name = "template-file"


class TemplateParts(Code):
    """A part of the template is not usable.

    What: a part lacks `{content}`, or the template lacks a part that it needs.
    Why: `{content}` is where the text of a message goes; without it the text would be lost.
    Bad: `template own { user = "User: ", assistant = "Bot: {content}{eos}" }`
    Good: `template own { user = "User: {content}\\n", assistant = "Bot: {content}{eos}" }`
    """

    code = "M303"
    name = "template-parts"


class TemplateBroken(Code):
    """The chat template is not valid Jinja.

    What: the text of the template cannot be compiled.
    Why: nothing can be rendered with it.
    Bad: `{% for message in messages %}{{ message.content }}`
    Good: `{% for message in messages %}{{ message.content }}{% endfor %}`
    """

    code = "M304"
    name = "template-broken"


class TemplateRefuses(Code):
    """The chat template cannot render a row.

    What: the template raised an error on a conversation, by itself or by a value that it does not
    expect.
    Why: templates refuse what their model was not trained on: two user turns in a row, a system
    message, tools.
    Bad: a conversation with a system message, through a template without system messages
    Good: `where first(messages).role != "system"`, or another template
    """

    code = "M305"
    name = "template-refuses"


class TemplateLimit(Code):
    """The chat template asks for too much.

    What: rendering one row passed a limit on steps, sizes or reach.
    Why: templates come with models and are programs of strangers; they run in a sandbox with limits.
    Bad: `{% for a in range(100000) %}{% for b in range(100000) %}{% endfor %}{% endfor %}`
    Good: a template whose work grows with its messages
    """

    code = "M306"
    name = "template-limit"


class NoStopToken(Code):
    """The chat template does not end a turn of the assistant.

    What: after the assistant's text there is no token that a generation could stop at.
    Why: a model that never saw an end of its turn never stops writing.
    Bad: `{{ 'Bot: ' + message.content + '\\n' }}`
    Good: `{{ 'Bot: ' + message.content + eos_token }}`
    """

    code = "M310"
    name = "no-stop-token"


class StopUntrained(Code):
    """The token that ends a turn bears no label.

    What: the end of the assistant's turn is in the text but outside of what is trained.
    Why: the model learns what to say and not when to stop.
    Bad: `{% generation %}{{ message.content }}{% endgeneration %}<|im_end|>`
    Good: `{% generation %}{{ message.content }}<|im_end|>{% endgeneration %}`
    """

    code = "M311"
    name = "stop-untrained"


class StopDiffers(Code):
    """The declared stop token is not the one that the template writes.

    What: `stop` names a text that does not follow the assistant's text, or is no single token.
    Why: generation would wait for a token that was never trained.
    Bad: `template own { shipped = "chatml", stop = "</s>" }`
    Good: `template own { shipped = "chatml", stop = "<|im_end|>" }`
    """

    code = "M312"
    name = "stop-differs"


class DoubleBos(Code):
    """A sequence begins with two begin-of-sequence tokens.

    What: the first token stands twice.
    Why: the model never saw that; answers get worse without a word. It happens when template and
    tokenizer both write it, or the data hold it already.
    Bad: `{{ bos_token }}{{ bos_token }}`
    Good: `{{ bos_token }}`
    """

    code = "M313"
    name = "double-bos"


class SpansUnknown(Code):
    """What the assistant writes cannot be told from the rendered text.

    What: the prompt as it is rendered for an answer does not begin the conversation as it is
    rendered for training, and the template does not mark what is generated.
    Why: training would show the model another prompt than it gets when it is asked. Some templates
    put marks of thinking into the prompt, or take thoughts out of earlier turns.
    Bad: a template whose generation prompt ends in `<think>` while its turns do not begin so
    Good: the `_training` version of the template, or one with `{% generation %}` marks
    """

    code = "M314"
    name = "spans-unknown"


class NothingTrained(Code):
    """No row has a token to train on.

    What: after rendering and cutting, every row is without a label.
    Why: the loss would be 0 or not a number, and the adapter would be noise.
    Bad: `max_length = 64` where prompts alone have hundreds of tokens
    Good: `max_length = 2Ki`
    """

    code = "M315"
    name = "nothing-trained"


class NothingLeft(Code):
    """Every row was dropped.

    What: no row is left after tokenising.
    Why: rows that are too long, or whose two answers are the same, cannot be trained on.
    Bad: `max_length = 16`
    Good: `max_length = 1Ki`
    """

    code = "M316"
    name = "nothing-left"


class NotRendered(Code):
    """The chat template leaves something out.

    What: rows hold something (tools, thinking, messages of a role) that does not show in the
    rendered text.
    Why: it would be lost without a word, and the model would be trained on something else.
    Bad: rows with `thinking`, through a template that knows only `content`
    Good: a template that writes it, or rows without it
    """

    code = "M317"
    name = "not-rendered"


class TokenizerUnreadable(Code):
    """The tokenizer of the model cannot be read.

    What: a file of the tokenizer is missing or broken.
    Why: rows become token ids before anything is trained.
    Bad: a model folder without `tokenizer.json`
    Good: a folder written by `save_pretrained`
    """

    code = "M320"
    name = "tokenizer-unreadable"


class BadConversation(Code):
    """A row is no conversation.

    What: a message lacks what it must have, has a weight between 0 and 1, or calls of tools that are no JSON.
    Why: it cannot be rendered; and a token is trained or it is not, as the loss has no weights.
    Bad: `{"role": "assistant", "tool_calls": "get_weather(Paris)"}`
    Good: `{"role": "assistant", "tool_calls": [{"name": "get_weather", "arguments": {"city": "Paris"}}]}`
    """

    code = "M321"
    name = "bad-conversation"


class NoEndToken(Code):
    """The tokenizer has no end-of-sequence token.

    What: rows of plain text end with this token, and the tokenizer names none.
    Why: a model that never saw an end never stops.
    Bad: a `tokenizer_config.json` without `eos_token`
    Good: `"eos_token": "<|endoftext|>"`
    """

    code = "M322"
    name = "no-end-token"


CODES: tuple[type[Code], ...] = (
    NoChatTemplate,
    UnknownTemplate,
    TemplateFile,
    TemplateParts,
    TemplateBroken,
    TemplateRefuses,
    TemplateLimit,
    NoStopToken,
    StopUntrained,
    StopDiffers,
    DoubleBos,
    SpansUnknown,
    NothingTrained,
    NothingLeft,
    NotRendered,
    TokenizerUnreadable,
    BadConversation,
    NoEndToken,
)
