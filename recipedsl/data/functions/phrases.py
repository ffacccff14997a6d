"""Turns of phrase by which assistants refuse, and by which they speak of themselves.

Patterns in Rust-regex syntax. They are tried on texts that hold them and on texts that nearly do:
tests/data/test_data_quality.py.
"""

from __future__ import annotations

#: A refusal stands at the beginning: so many characters are looked at.
BEGINNING = 300

_BETWEEN = r"(?:[^\s.!?]+\s+){0,3}?"

_HELP = (
    r"(?:assist|provide|fulfil+|comply|create|generate|write|produce|offer|engage|participate|condone"
    r"|promote|encourage|endorse|facilitate|disclose|share|give\s+you|answer|respond|process|accommodate"
    r"|perform|book|order|retrieve|access|browse|support\s+(?:this|that|your|such|any)|discuss|complete\s+(?:this|that|your|the)|do\s+(?:that|this)\b"
    r"|help(?:\s+(?:you|with|him|her|them|anyone|in|by|out|create|write|to|on|this|that)\b|[.,!;]|$))"
)

_ENGLISH_REFUSALS = (
    rf"\b(?:I|we)\s+{_BETWEEN}(?:can(?:['’]?t|not|\s+not)|won['’]?t|will\s+not|must\s+not)\s+{_BETWEEN}{_HELP}",
    rf"\b(?:I|we)(?:['’]m|['’]re|\s+am|\s+are)\s+{_BETWEEN}"
    rf"(?:unable|not\s+(?:able|allowed|permitted|programmed|designed|going|comfortable|willing))\s+{_BETWEEN}{_HELP}",
    rf"\b(?:sorry|apologies)\W+(?:but\s+)?(?:can(?:['’]?t|not)|unable\s+to)\s+{_BETWEEN}{_HELP}",
    rf"\bI\s+{_BETWEEN}(?:do\s+not|don['’]?t)\s+{_BETWEEN}have\s+the\s+(?:ability|capability|capacity)\s+to\b",
    r"\bI\s+(?:must|have\s+to|need\s+to)\s+(?:\w+\s+)?(?:decline|refuse)\b",
    r"\bnot\s+(?:appropriate|possible|ethical)\s+for\s+me\s+to\b",
    r"\b(?:against|violates?)\s+(?:my|our)\s+(?:\w+\s+){0,2}?"
    r"(?:guidelines|policy|policies|programming|principles|ethics|terms)\b",
)

_OTHER_REFUSALS = (
    # German
    r"\b(?:tut\s+mir\s+leid|leider|entschuldigung)\b[^.!?\n]{0,40}?\b(?:kann|darf|werde)\s+ich\b[^.!?\n]{0,60}?"
    r"\b(?:nicht|keine[nrs]?)\b",
    r"\bich\s+(?:kann|darf|werde)\s+(?:\w+\s+){0,5}?(?:nicht|keine[nrs]?)\s+(?:\w+\s+){0,6}?"
    r"(?:helfen|weiterhelfen|unterstützen|beantworten|bereitstellen|erstellen|erfüllen|nachkommen|anbieten)\b",
    r"\bich\s+bin\s+(?:\w+\s+)?nicht\s+(?:in\s+der\s+Lage|befugt|berechtigt)\b",
    # French
    r"\bje\s+ne\s+(?:peux|puis|pourrai|suis)\s+(?:\w+\s+)?pas\s+(?:en\s+mesure\s+d|autorisée?\s+à|capable\s+d|(?:\S+\s+){0,3}?\S*"
    r"(?:aider|fournir|répondre|créer|écrire|générer|satisfaire|assister|accéder|donner))",
    # Spanish
    r"\bno\s+(?:puedo|podré|podemos|soy\s+capaz\s+de|estoy\s+(?:autorizad|capacitad)[oa]\s+\w+)\s+(?:\S+\s+){0,3}?"
    r"(?:ayudar|proporcionar|asistir|crear|escribir|generar|ofrecer|cumplir|responder|brindar|participar|darte|darle)",
    # Portuguese
    r"\bnão\s+(?:posso|consigo|podemos|sou\s+capaz\s+de|estou\s+autorizad[oa]\s+\w+)\s+(?:\S+\s+){0,3}?"
    r"(?:ajudar|ajudá|fornecer|auxiliar|criar|escrever|gerar|oferecer|cumprir|responder|atender|participar)",
    # Italian
    r"\bnon\s+(?:posso|possiamo|sono\s+in\s+grado\s+di|sono\s+autorizzat[oa]\s+a)\s+(?:\S+\s+){0,3}?"
    r"(?:aiutar|fornir|assister|creare|scrivere|generare|offrir|risponder|soddisfare|partecipare)",
    # Chinese
    r"(?:抱歉|对不起|對不起|很遗憾|很遺憾|不好意思)[^。！？\n]{0,15}?(?:无法|無法|不能|没办法|沒辦法|不可以)",
    r"我(?:无法|無法|不能|没办法|沒辦法)(?:为您|為您|为你|為你|向您|向你|帮|幫|协助|協助|提供|回答|满足|滿足|完成您|完成你|执行|生成|参与|支持)",
)

_AI = (
    r"(?:AI(?:\s+(?:language\s+)?(?:model|assistant|chatbot|program|system|bot))?|artificial\s+intelligence"
    r"|(?:large\s+)?language\s+model|chatbot|virtual\s+assistant)"
)
#: What may follow, so that an "AI engineer" is none.
_AND_NO_MORE = (
    r"(?:\s*[.,;:!)]|\s*$"
    r"|\s+(?:and|so|that|which|created|developed|trained|designed|without|but|who|made|built|here)\b)"
)

_ENGLISH_BOILERPLATE = (
    rf"\bas\s+an?\s+(?:\w+\s+)?{_AI}(?:\s*[,.;]|\s+I\b|\s+(?:developed|created|trained|made|designed)\b)",
    rf"\bI(?:['’]m|\s+am)\s+(?:just\s+|only\s+|simply\s+|merely\s+|actually\s+)?an?\s+(?:\w+\s+)?{_AI}{_AND_NO_MORE}",
    r"\bI(?:['’]m|\s+am|\s+was)\b[^.!?\n]{0,60}?\b(?:developed|created|trained|made|built)\s+by\s+"
    r"(?:OpenAI|Anthropic|Google|Meta|Microsoft|Alibaba|DeepSeek|Mistral)\b",
    r"\bmy\s+(?:knowledge|training)(?:\s+data)?\s+(?:cut-?\s?off|only\s+goes|goes\s+up|is\s+limited|extends|was\s+last)",
    r"\bas\s+of\s+my\s+(?:\w+\s+){0,3}?(?:update|cut-?\s?off|training)\b",
    r"\bmy\s+last\s+(?:knowledge\s+|training\s+)?(?:update|training|cut-?off)\b",
    r"\bI\s+(?:do\s+not|don['’]?t)\s+(?:\w+\s+){0,2}?have\s+(?:\w+\s+){0,2}?"
    r"(?:personal\s+(?:opinions?|feelings|beliefs|preferences|experiences?|emotions)"
    r"|(?:feelings|emotions|opinions|beliefs|consciousness)\s*(?:,|\s(?:or|and|like)\s)"
    r"|a\s+physical\s+(?:body|form)|access\s+to\s+(?:real[- ]time|current|the\s+internet|up-to-date)"
    r"|real[- ]time|the\s+(?:ability|capability)\s+to\s+(?:browse|access|feel|see))",
)

_OTHER_BOILERPLATE = (
    # German
    r"\bals\s+(?:eine?\s+)?(?:\w+\s+)?(?:KI\b|künstliche\s+Intelligenz|Sprachmodell)[^.!?\n]{0,30}?\b(?:ich|mir|habe|bin|kann)\b",
    r"\bich\s+bin\s+(?:nur\s+|lediglich\s+|bloß\s+)?eine?\s+(?:\w+\s+)?(?:KI\b|künstliche\s+Intelligenz|Sprachmodell|virtueller\s+Assistent)",
    # French
    r"\ben\s+tant\s+qu(?:e\s+|['’]\s?)(?:\w+\s+)?(?:IA\b|intelligence\s+artificielle|modèle\s+de\s+langage|assistant\s+(?:virtuel|IA))",
    r"\bje\s+(?:ne\s+)?suis\s+(?:qu['’])?(?:une?\s+)(?:\w+\s+)?(?:IA\b|intelligence\s+artificielle|modèle\s+de\s+langage|assistant\s+virtuel)",
    # Spanish and Portuguese
    r"\b(?:como|sou|soy)\s+(?:una?\s+|uma?\s+)?(?:IA|inteligencia\s+artificial|inteligência\s+artificial|modelo\s+de\s+(?:lenguaje|linguagem|IA)"
    r"|asistente\s+(?:virtual|de\s+IA)|assistente\s+(?:virtual|de\s+IA))(?:\s*[,.;]|\s+(?:no|não|carezco|y|e|que|de\s+IA)\b)",
    # Italian
    r"\b(?:come|in\s+quanto|sono(?:\s+solo)?)\s+(?:una?\s+|un['’]\s?)?(?:IA|intelligenza\s+artificiale|modello\s+(?:linguistico|di\s+linguaggio)"
    r"|assistente\s+virtuale)(?:\s*[,.;]|\s+(?:non|e|che)\b)",
    # Chinese
    r"作为(?:一个|一名|一种|一款)?(?:人工智能|AI|大型语言模型|大语言模型|语言模型|虚拟助手|聊天机器人)",
    r"我(?:只是|是)(?:一个|一名|一款|由)[^。！？\n]{0,15}?(?:人工智能|AI助手|语言模型|聊天机器人|大模型)",
)


def _any_of(*patterns: str) -> str:
    return "(?i)" + "|".join(patterns)


REFUSAL = _any_of(*_ENGLISH_REFUSALS, *_OTHER_REFUSALS)
BOILERPLATE = _any_of(*_ENGLISH_BOILERPLATE, *_OTHER_BOILERPLATE)
