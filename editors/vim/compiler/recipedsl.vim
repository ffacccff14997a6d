" `recipedsl check` for `:make`.
if exists('current_compiler')
  finish
endif
let current_compiler = 'recipedsl'

CompilerSet makeprg=recipedsl\ check\ --format\ concise\ %:S
CompilerSet errorformat=%f:%l:%c:\ %trror%m,%f:%l:%c:\ %tarning%m,%f:%l:%c:\ %tnfo%m,%f:%l:%c:\ %tint%m
