" Syntax of recipes (.ftr). Written by `recipedsl docs grammars`: do not edit.
if exists('b:current_syntax')
  finish
endif

" A text may span lines, and what stands in one line decides what the next ones are.
syntax sync fromstart
syntax case match

syntax match ftrName /\v\h\w*/
syntax match ftrPunctuation /\v[][(){}:,.]/
syntax match ftrOperator /\v\!\=|\.\.|\<\=|\=\=|\>\=|\%|\*|\+|\-|\/|\<|\=|\>|\?|\|/
syntax match ftrField /\v[A-Za-z0-9_.`]@1<!<\h\w*>(\s*:)@=/
syntax match ftrSetting /\v[A-Za-z0-9_.`]@1<!<\h\w*>(\s*\=\=@!)@=/
syntax match ftrFunction /\v[A-Za-z0-9_.`]@1<!<%(abs|adafactor|adamw|adamw_8bit|agreement|all|any|aware|benchmark|blocks_ok|brackets_ok|bytes|chars|chat|clip|coalesce|code_blocks|code_ok|completion|concat|constant|constraints|contains|contains_all|contains_any|content|cosine|count|count_of|ddp|different|distinct|each|ended|ends_well|ends_with|env|equation|every|exact|extract|features|feedback|fences_ok|file|first|floor|format|fp4|fsdp|galore|gated|generate|hash|hub|if|int4|int8|interleave|inverse_root|is_boilerplate|is_clean|is_not_null|is_null|is_refusal|item_at|join|json_ok|lang|lang_score|last|latest|layers|lead_of|length|linear|lines|lion|lists_ok|local|lora|loss|lower|matches|max|max_of|maximum|mean|mean_of|median|min|min_of|minimum|mix|month|most_common|muon|nf4|number|numeric|online_merging|overlap|overlong|paged_adamw|pass_at|pass_rate|passes|piecewise|place_of_max|place_of_min|polynomial|preference|previous|prompt|pypi|python|ratio|read|repeated_share|repeats|repetition|replace|reward|rmsprop|role|round|rows|rubric|sgd|sglang|share|share_of|share_of_lines|share_of_words|similarity|slice_text|split|spread_of|stable|starts_with|stop_words|sum_of|tensorboard|text|top_share|total|trackio|trajectory|trim|turns|upper|vllm|wandb|whiten|win_rate|word_length|words|year|zero)>(\s*\()@=/
syntax match ftrStep /\v(\|\s*)@<=<%(where|derive|select|drop|rename|explode|dedup|take|sample|repeat|shuffle|sort|split|join|as|decontaminate|redact|spread|score|band|best|pair|rank)>/
syntax match ftrOperator /\v[A-Za-z0-9_.`]@1<!<%(and|or|not|in)>/
syntax match ftrConstant /\v[A-Za-z0-9_.`]@1<!<%(true|false|none)>/
syntax match ftrKeyword /\v[A-Za-z0-9_.`]@1<!<%(by|else|expect|ftr|import|let|param|rounds|type)>/
syntax match ftrKeyword /\v[A-Za-z0-9_.`]@1<!<with>(\s*\{)@=/
syntax match ftrNumber /\v\w@1<![0-9][0-9_]*%(\.[0-9][0-9_]*)?%([eE][+\-]?[0-9]+)?%(%(\%%([A-Za-z0-9_(])@!|[A-Za-z_][A-Za-z0-9_]*))?/
syntax match ftrQuoted /\v`[^`\r\n]+`/
syntax match ftrKeyword /\v[A-Za-z0-9_.`]@1<!<%(data|model|template|stage|eval|profile|run)>(\s+<\h\w*>\s*[:={]|\s*\{)@=/
syntax match ftrDeclaration /\v([A-Za-z0-9_.`]@1<!%(<%(data|model|template|stage|eval|profile|run)>|<%(import|type|param|let)>)\s+)@<=<\h\w*>(\s*[:={])@=/
syntax match ftrMethod /\v([A-Za-z0-9_.`]@1<!<%(model|template|stage|eval|profile|run)>\s+\h\w*\s*:\s*)@<=<%(sft|reward|dpo|kto|grpo|rloo|orpo|simpo|cpo|tpo|online_dpo|distill|merge|expand|export)>(\s*[={])@=/
syntax region ftrTyped matchgroup=ftrOperator start=/\v([A-Za-z0-9_.`]@1<!<type>\s+\h\w*\s*)@<=\=/ end=/\v$|\}@=/ contains=@ftrTypes
syntax region ftrTyped matchgroup=ftrPunctuation start=/\v([A-Za-z0-9_.`]@1<!%(<param>\s+\h\w*|<%(data|model|template|stage|eval|profile|run)>\s+\h\w*)\s*)@<=:(\s*<%(sft|reward|dpo|kto|grpo|rloo|orpo|simpo|cpo|tpo|online_dpo|distill|merge|expand|export)>\s*[={])@!(\s*\h\w*\s*\{)@!/ end=/\v\=@=|$|\}@=/ contains=@ftrTypes
syntax match ftrType /\v\h\w*/ contained
syntax region ftrRecord matchgroup=ftrPunctuation start=/\v\{/ end=/\v\}/ contained contains=ftrFieldOfType,@ftrTypes
syntax region ftrList matchgroup=ftrPunctuation start=/\v\[/ end=/\v\]/ contained contains=@ftrTypes
syntax match ftrFieldOfType /\v<\h\w*>(\s*:)@=/ contained
syntax match ftrMark /[:,.]/ contained
syntax match ftrOptional /?/ contained
syntax region ftrWithin matchgroup=ftrOperator start=/\v[A-Za-z0-9_.`]@1<!<in>/ excludenl end=/\v[=?,}\])#]@=|$/ contained contains=@ftrExpression
highlight default link ftrFieldOfType ftrField
highlight default link ftrMark ftrPunctuation
highlight default link ftrOptional ftrOperator
highlight default link ftrUnknownEscape ftrString
syntax match ftrUnknownEscape /\\./ contained
syntax match ftrEscape /\v\\%(["\\nt]|u\{[0-9A-Fa-f]{1,6}\})/ contained
syntax region ftrString start=/"/ skip=/\\./ end=/"\|$/ oneline contains=ftrUnknownEscape,ftrEscape
syntax region ftrString start=/"""/ skip=/\\./ end=/"""/ contains=ftrUnknownEscape,ftrEscape
syntax match ftrComment /\v#[^\r\n]*/ contains=@Spell
syntax match ftrDoc /\v##%(#)@![^\r\n]*/ contains=@Spell
syntax cluster ftrTypes contains=ftrComment,ftrDoc,ftrString,ftrNumber,ftrQuoted,ftrType,ftrRecord,ftrList,ftrMark,ftrOptional,ftrWithin
syntax cluster ftrExpression contains=ftrComment,ftrDoc,ftrString,ftrNumber,ftrQuoted,ftrName,ftrOperator,ftrPunctuation,ftrField,ftrSetting,ftrFunction,ftrConstant,ftrKeyword

highlight default link ftrComment Comment
highlight default link ftrDoc SpecialComment
highlight default link ftrKeyword Statement
highlight default link ftrDeclaration Identifier
highlight default link ftrMethod Type
highlight default link ftrStep Function
highlight default link ftrFunction Function
highlight default link ftrSetting PreProc
highlight default link ftrField PreProc
highlight default link ftrType Type
highlight default link ftrNumber Number
highlight default link ftrString String
highlight default link ftrEscape SpecialChar
highlight default link ftrQuoted Identifier
highlight default link ftrConstant Constant
highlight default link ftrOperator Operator
highlight default link ftrPunctuation Delimiter

let b:current_syntax = 'ftr'
