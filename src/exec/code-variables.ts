/** Variables that make programs run code, or look for it elsewhere: whoever may choose them, commands the program. */

/** By what reads them; each is documented there. */
const NAMES: ReadonlySet<string> = new Set([
  // Shells
  ...['PATH', 'BASH_ENV', 'ENV', 'ZDOTDIR', 'PROMPT_COMMAND', 'PS4', 'SHELLOPTS', 'BASHOPTS', 'IFS', 'CDPATH', 'SHELL'],
  // glibc beside LD_…
  ...['GCONV_PATH', 'LOCPATH', 'NLSPATH', 'GETCONF_DIR', 'GLIBC_TUNABLES', 'HOSTALIASES', 'RESOLV_HOST_CONF'],
  // Node, Deno, Bun
  ...['NODE_OPTIONS', 'NODE_PATH', 'NODE_EXTRA_CA_CERTS', 'NODE_TLS_REJECT_UNAUTHORIZED', 'NODE_REPL_EXTERNAL_MODULE'],
  ...['BUN_OPTIONS', 'BUN_INSPECT_PRELOAD', 'DENO_TLS_CA_STORE', 'OPENSSL_CONF', 'OPENSSL_MODULES', 'OPENSSL_ENGINES'],
  // Python
  ...[
    'PYTHONSTARTUP',
    'PYTHONPATH',
    'PYTHONHOME',
    'PYTHONINSPECT',
    'PYTHONUSERBASE',
    'PYTHONWARNINGS',
    'PYTHONBREAKPOINT',
  ],
  ...['PYTHONEXECUTABLE', 'PYTHONPLATLIBDIR', 'PYTHONPYCACHEPREFIX'],
  // Perl, Ruby, PHP, Lua, Erlang, R
  ...['PERL5OPT', 'PERL5LIB', 'PERLLIB', 'PERL5DB', 'RUBYOPT', 'RUBYLIB', 'RUBYSHELL', 'GEM_PATH', 'GEM_HOME'],
  ...['BUNDLE_GEMFILE', 'PHPRC', 'PHP_INI_SCAN_DIR', 'LUA_INIT', 'LUA_PATH', 'LUA_CPATH', 'ERL_FLAGS', 'ERL_AFLAGS'],
  ...['ERL_ZFLAGS', 'ELIXIR_ERL_OPTIONS', 'R_PROFILE', 'R_PROFILE_USER', 'R_ENVIRON', 'R_ENVIRON_USER'],
  // Java, .NET, Go
  ...['JAVA_TOOL_OPTIONS', '_JAVA_OPTIONS', 'JDK_JAVA_OPTIONS', 'JAVA_OPTS', 'CLASSPATH', 'MAVEN_OPTS', 'GRADLE_OPTS'],
  ...['DOTNET_STARTUP_HOOKS', 'DOTNET_ADDITIONAL_DEPS', 'DOTNET_ROOT', 'CORECLR_PROFILER', 'CORECLR_PROFILER_PATH'],
  ...['CORECLR_ENABLE_PROFILING', 'COR_PROFILER', 'COR_PROFILER_PATH', 'GOFLAGS', 'RUSTC_WRAPPER', 'MAKEFLAGS'],
  // What programs start: editors, pagers, browsers, helpers
  ...['EDITOR', 'VISUAL', 'PAGER', 'MANPAGER', 'BROWSER', 'LESSOPEN', 'LESSCLOSE', 'SUDO_ASKPASS', 'SSH_ASKPASS'],
  ...['KUBECONFIG', 'DOCKER_CONFIG', 'DOCKER_HOST', 'AWS_CONFIG_FILE', 'AWS_SHARED_CREDENTIALS_FILE', 'TERMINFO'],
  ...[
    'TERMCAP',
    'PGSERVICEFILE',
    'PGSYSCONFDIR',
    'PSQLRC',
    'TF_CLI_CONFIG_FILE',
    'HELM_PLUGINS',
    'RSYNC_RSH',
    'CVS_RSH',
  ],
]);
/** The dynamic loaders', git's, and those that name configuration of package managers. */
const FAMILIES = /^(?:LD_|DYLD_|GIT_|BASH_FUNC_|NPM_CONFIG_|YARN_|PIP_|SOPS_)/;

/** Whether a variable may make a program run code. Windows knows no case in names. */
export function mayRunCode(name: string, platform: NodeJS.Platform): boolean {
  const upper = name.toUpperCase();
  if (FAMILIES.test(platform === 'win32' ? upper : name) || /^npm_config_/i.test(name)) return true;
  return NAMES.has(platform === 'win32' ? upper : name);
}
