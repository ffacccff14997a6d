-- Recipes in Neovim, 0.7 to 0.11 and newer: the language server for buffers of the file type `ftr`.
--
--   require("recipedsl").setup()                                   -- `recipedsl` is on the PATH
--   require("recipedsl").setup({ cmd = { ".venv/bin/recipedsl", "lsp" } })
--
-- Options, all of which may be left out:
--   cmd           how the server is started; { "recipedsl", "lsp" }
--   on_attach     function(client, buffer), called when a buffer is served
--   capabilities  what the client can do, as completion plugins give it
--   root_dir      function(path) -> folder; the nearest one that holds a sign of a project
--   settings, init_options, flags  handed to Neovim as they are

local recipedsl = {}

--- What makes a folder a project's root, as the command line has it.
recipedsl.signs = { "recipedsl.toml", ".recipedsl", "pyproject.toml", ".git" }

recipedsl.defaults = { cmd = { "recipedsl", "lsp" } }

local filetype = "ftr"
local options = recipedsl.defaults
local clients = {} -- by root, where Neovim does not keep them itself
local has_told = false

local function parent(path)
  local above = vim.fn.fnamemodify(path, ":h")
  return above ~= path and above or nil
end

--- The nearest folder at or above a file's that is a project's root; else the file's own folder.
function recipedsl.root(path)
  local own = vim.fn.fnamemodify(path, ":p:h")
  local folder = own
  while folder do
    for _, sign in ipairs(recipedsl.signs) do
      if vim.loop.fs_stat(folder .. "/" .. sign) then
        return folder
      end
    end
    folder = parent(folder)
  end
  return own
end

--- The configuration of a client for a project, as `vim.lsp.start` takes it.
function recipedsl.config(root)
  return {
    name = "recipedsl",
    cmd = options.cmd,
    root_dir = root,
    workspace_folders = { { uri = vim.uri_from_fname(root), name = root } },
    capabilities = options.capabilities or vim.lsp.protocol.make_client_capabilities(),
    on_attach = options.on_attach,
    settings = options.settings,
    init_options = options.init_options,
    flags = options.flags,
    get_language_id = function() return filetype end,
  }
end

local function is_installed()
  if vim.fn.executable(options.cmd[1]) == 1 then
    return true
  end
  if not has_told then
    has_told = true
    vim.notify(
      ("recipedsl: `%s` cannot be started; `pip install recipedsl`, or name it: "
        .. "require('recipedsl').setup({ cmd = { '/path/to/recipedsl', 'lsp' } })"):format(options.cmd[1]),
      vim.log.levels.WARN
    )
  end
  return false
end

-- Neovim 0.7 has no `vim.lsp.start`, which starts one client a root and hands it out again.
local function start_once(config)
  local known = clients[config.root_dir]
  if known and vim.lsp.get_client_by_id(known) then
    return known
  end
  clients[config.root_dir] = vim.lsp.start_client(config)
  return clients[config.root_dir]
end

--- Serves a buffer; gives the client's number, or nil where the server is not installed.
function recipedsl.start(buffer)
  buffer = (buffer == nil or buffer == 0) and vim.api.nvim_get_current_buf() or buffer
  local path = vim.api.nvim_buf_get_name(buffer)
  if vim.bo[buffer].buftype ~= "" or not is_installed() then
    return nil
  end
  local config = recipedsl.config((options.root_dir or recipedsl.root)(path))
  if vim.lsp.start then
    return vim.lsp.start(config, { bufnr = buffer })
  end
  local client = start_once(config)
  if client then
    vim.lsp.buf_attach_client(buffer, client)
    -- Newer versions set these by themselves.
    vim.bo[buffer].omnifunc = "v:lua.vim.lsp.omnifunc"
    vim.bo[buffer].tagfunc = "v:lua.vim.lsp.tagfunc"
    vim.bo[buffer].formatexpr = "v:lua.vim.lsp.formatexpr()"
  end
  return client
end

local server_commands = { "recipedsl.check", "recipedsl.plan", "recipedsl.preview", "recipedsl.run" }

local function in_terminal(words, folder)
  vim.cmd("botright new")
  vim.fn.termopen(words, { cwd = folder })
end

-- What stands over a declaration calls commands of the server, which answer with a command line.
local function carry_out(command, context)
  local client = vim.lsp.get_client_by_id(context.client_id)
  if not client then
    return
  end
  local params = { command = command.command, arguments = command.arguments }
  local function answered(problem, line)
    if problem or type(line) ~= "table" or type(line.argv) ~= "table" then
      vim.notify("recipedsl: " .. (problem and problem.message or "no answer"), vim.log.levels.ERROR)
      return
    end
    if line.unsaved then
      vim.api.nvim_buf_call(context.bufnr, function() vim.cmd("silent write") end)
    end
    in_terminal(line.argv, line.cwd)
  end
  if vim.fn.has("nvim-0.11") == 1 then
    client:request("workspace/executeCommand", params, answered, context.bufnr)
  else
    client.request("workspace/executeCommand", params, answered, context.bufnr)
  end
end

local function add_commands()
  for name, command in pairs({ RecipeCheck = "check", RecipePlan = "plan", RecipeRun = "run" }) do
    local function start(call)
      local file = vim.fn.expand("%:p")
      in_terminal(vim.list_extend({ options.cmd[1], command, file }, call.fargs), recipedsl.root(file))
    end
    local about = ("`recipedsl %s` of this recipe, in a terminal"):format(command)
    vim.api.nvim_create_user_command(name, start, { nargs = "*", desc = about })
  end
  for _, command in ipairs(server_commands) do
    vim.lsp.commands[command] = carry_out
  end
end

--- Serves every recipe from now on, those that are open already too; see the top of the file.
function recipedsl.setup(given)
  options = vim.tbl_extend("force", recipedsl.defaults, given or {})
  has_told = false
  add_commands()
  vim.api.nvim_create_autocmd("FileType", {
    group = vim.api.nvim_create_augroup("recipedsl", { clear = true }),
    pattern = filetype,
    callback = function(event) recipedsl.start(event.buf) end,
  })
  for _, buffer in ipairs(vim.api.nvim_list_bufs()) do
    if vim.api.nvim_buf_is_loaded(buffer) and vim.bo[buffer].filetype == filetype then
      recipedsl.start(buffer)
    end
  end
end

return recipedsl
