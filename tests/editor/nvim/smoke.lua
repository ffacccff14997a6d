-- What a person does in Neovim, done by its own language client: open a recipe, see what is wrong with it,
-- complete a column, rename a dataset, apply a fix, format. What was seen is written as JSON.
-- RECIPEDSL_SERVER: the server's command; RECIPEDSL_SEEN: the file for what was seen.

local seen = {}
local is_new = vim.fn.has("nvim-0.8") == 1
-- Milliseconds; a busy machine is slow, and what never comes is told all the same.
local patience = 150000

local function finish()
  local file = assert(io.open(os.getenv("RECIPEDSL_SEEN"), "w"))
  file:write(vim.fn.json_encode(seen))
  file:close()
  vim.cmd("qall!")
end

local function text()
  return table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false), "\n") .. "\n"
end

local function wait(what, condition)
  if not vim.wait(patience, condition, 20) then
    error("nothing happened while waiting for " .. what)
  end
end

--- Puts the cursor on the first letter of a text, or behind it.
local function go(word, behind)
  vim.fn.cursor(1, 1)
  assert(vim.fn.search("\\V" .. vim.fn.escape(word, "\\"), "cW") > 0, "not there: " .. word)
  if behind then
    local place = vim.api.nvim_win_get_cursor(0)
    vim.api.nvim_win_set_cursor(0, { place[1], place[2] + #word })
  end
end

local function messages()
  local found = {}
  for _, each in ipairs(vim.diagnostic.get(0)) do
    table.insert(found, { line = each.lnum + 1, message = vim.split(each.message, "\n")[1], code = each.code })
  end
  table.sort(found, function(one, other) return one.line < other.line end)
  return found
end

local function smoke()
  -- An editor with room for the cursor behind the last letter of a line.
  vim.o.virtualedit = "onemore"
  local client = vim.lsp.start_client({
    name = "recipedsl",
    cmd = vim.fn.json_decode(os.getenv("RECIPEDSL_SERVER")),
    root_dir = vim.fn.getcwd(),
  })
  vim.lsp.buf_attach_client(0, client)

  wait("diagnostics", function() return #vim.diagnostic.get(0) >= 3 end)
  seen.problems = messages()

  -- A fix: the first that is offered for the misspelt setting.
  vim.ui.select = function(items, options, choose)
    seen.offered = {}
    for _, each in ipairs(items) do
      table.insert(seen.offered, options.format_item and options.format_item(each) or tostring(each))
    end
    choose(items[1], 1)
  end
  go("epoch ")
  local context = { only = { "quickfix" }, diagnostics = vim.lsp.diagnostic.get_line_diagnostics() }
  vim.lsp.buf.code_action(is_new and { context = context } or context)
  wait("the fix", function() return text():find("epochs = 1", 1, true) ~= nil end)

  -- A column, completed where the misspelt one stands.
  go("answr")
  vim.cmd("normal! cwans")
  go("ans)", false)
  local place = vim.api.nvim_win_get_cursor(0)
  vim.api.nvim_win_set_cursor(0, { place[1], place[2] + 3 })
  local encoding = vim.lsp.get_client_by_id(client).offset_encoding
  local here = vim.lsp.util.make_position_params(0, encoding)
  local answer = vim.lsp.buf_request_sync(0, "textDocument/completion", here, patience)[client].result
  local items = answer.items or answer
  seen.completed = {}
  for _, each in ipairs(items) do table.insert(seen.completed, each.label) end
  for _, each in ipairs(items) do
    if each.label == "answer" then
      vim.lsp.util.apply_text_edits({ each.textEdit }, vim.api.nvim_get_current_buf(), encoding)
    end
  end
  wait("the column", function() return text():find("chars(answer)", 1, true) ~= nil end)

  go("lessons")
  vim.lsp.buf.rename("worked")
  wait("the new name", function() return text():find("data = worked", 1, true) ~= nil end)

  go("bacth")
  vim.cmd("normal! cwbatch")
  wait("no errors", function()
    return #vim.diagnostic.get(0, { severity = vim.diagnostic.severity.ERROR }) == 0
  end)
  if is_new then
    vim.lsp.buf.format({ timeout_ms = patience })
  else
    vim.lsp.buf.formatting_sync(nil, patience)
  end
  seen.text = text()
  seen.left = messages()
end

local fine, problem = xpcall(smoke, debug.traceback)
if not fine then
  seen.problem = problem
  seen.text = text()
end
finish()
