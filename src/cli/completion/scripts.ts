/** Completion scripts: each asks the program what can stand at the cursor, and adds files where those can. */
import { OWN_WORD } from './script-mark.js';

export type Shell = 'bash' | 'zsh' | 'fish' | 'powershell';

/** What a script is made for: the name that the program is called by, and one made of it that a function can have. */
interface Names {
  readonly name: string;
  readonly function: string;
}

/** The script for a shell. `name` is what the program is called by; one with unusual characters is not used. */
export function completionScript(shell: Shell, name: string): string {
  const safe = /^[\w][\w.+-]*$/.test(name) ? name : 'sops-ts';
  return SCRIPTS[shell]({ name: safe, function: `_${safe.replace(/\W/g, '_')}` });
}

const SCRIPTS: Readonly<Record<Shell, (names: Names) => string>> = {
  /** Readline splits words at `=` and `:`, so they are put together again; bash 3.2 has no `compopt`. */
  bash: ({ name, function: fn }) => `# bash completion for ${name}. In ~/.bashrc: source <(${name} completion bash)
${fn}() {
  local rest=\${COMP_LINE:0:COMP_POINT} words=() plain=() current="" word line files=words prefix="" quoted="" i
  for ((i = 0; i <= COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    if ((i == 0)) || [[ $rest == [[:space:]]* ]]; then
      words+=("")
      rest=\${rest#"\${rest%%[![:space:]]*}"}
    fi
    ((i == COMP_CWORD)) && word=$rest
    words[\${#words[@]} - 1]+=$word
    rest=\${rest#"$word"}
  done
  for word in "\${words[@]}"; do
    quoted=""
    word=\${word//\\\\/}
    [[ $word == [\\'\\"]* ]] && quoted=yes && word=\${word:1} && word=\${word%[\\'\\"]}
    [[ $word == "~/"* ]] && word=$HOME\${word:1}
    plain+=("$word")
  done
  current=\${words[\${#words[@]} - 1]}
  [[ $current == *=* && $COMP_WORDBREAKS == *=* ]] && prefix=\${current%%=*}=
  COMPREPLY=()
  while IFS= read -r line; do
    if [[ $line == files || $line == words ]]; then
      files=$line
    else
      line=\${line%%$'\\t'*}
      line=\${line#"$prefix"}
      [[ -z $quoted ]] && printf -v line %q "$line"
      COMPREPLY+=("$line")
    fi
  done < <("\${words[0]}" "${OWN_WORD}\${plain[\${#plain[@]} - 1]}" "\${plain[@]:1:\${#plain[@]}-2}" 2>/dev/null)
  [[ $files == files ]] || return 0
  ((\${#COMPREPLY[@]} == 0)) && compopt -o bashdefault -o default 2>/dev/null && return 0
  while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -f -- "\${current#"$prefix"}")
  compopt -o filenames 2>/dev/null
  return 0
}
complete -F ${fn} ${name}
`,

  /** Works as a file of fpath, where its text is the function's body, and when it is sourced. */
  zsh: ({ name, function: fn }) => `#compdef ${name}
# zsh completion for ${name}. In ~/.zshrc, behind compinit: source <(${name} completion zsh)
${fn}() {
  local line
  local -a lines described
  lines=("\${(@f)$("\${(Q)words[1]}" "${OWN_WORD}\${(Q)PREFIX}" "\${(@Q)words[2,CURRENT-1]}" 2>/dev/null)}")
  for line in "\${(@)lines[2,-1]}"; do
    [[ -n $line ]] && described+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}")
  done
  (( \${#described} )) && _describe -t words '${name}' described
  if [[ $lines[1] == files ]]; then
    [[ $PREFIX == -*=* ]] && compset -P '*='
    _files
  fi
}
if [[ $funcstack[1] == ${fn} || $funcstack[1] == _${name} ]]; then
  ${fn} "$@"
else
  compdef ${fn} ${name}
fi
`,

  fish: ({
    name,
    function: fn,
  }) => `# fish completion for ${name}. In ~/.config/fish/config.fish: ${name} completion fish | source
function _${fn}
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l lines ($words[1] "${OWN_WORD}$current" $words[2..-1] 2>/dev/null)
    test (count $lines) -gt 1; and printf '%s\\n' $lines[2..-1]
    if test "$lines[1]" = files
        set -l prefix (string match -r -- '^-[^=]*=' $current)
        for line in (__fish_complete_path (string replace -r -- '^-[^=]*=' '' $current))
            printf '%s%s\\n' "$prefix" $line
        end
    end
end
complete -c ${name} -f -a '(_${fn})'
`,

  /** Its quotes are typographic ones, too, all of which it escapes by itself. */
  powershell: ({
    name,
  }) => `# PowerShell completion for ${name}. In $PROFILE: ${name} completion powershell | Out-String | Invoke-Expression
Register-ArgumentCompleter -Native -CommandName '${name}' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $words = @($commandAst.CommandElements | Where-Object { $_.Extent.EndOffset -lt $cursorPosition } | ForEach-Object {
        if ($_ -is [System.Management.Automation.Language.StringConstantExpressionAst]) { $_.Value } else { $_.Extent.Text }
    })
    $arguments = @($words | Select-Object -Skip 1)
    $program = $commandAst.GetCommandName()
    $current = $wordToComplete.Trim("'", '"')
    $lines = @(& $program "${OWN_WORD}$current" @arguments 2>$null)
    foreach ($line in @($lines | Select-Object -Skip 1)) {
        $word, $text = $line -split "\`t", 2
        if (-not $text) { $text = $word }
        $shown = $word
        if ($word -match '[^\\w.=:/+-]') { $word = "'" + [System.Management.Automation.Language.CodeGeneration]::EscapeSingleQuotedStringContent($word) + "'" }
        [System.Management.Automation.CompletionResult]::new($word, $shown, 'ParameterValue', $text)
    }
    if ($lines.Count -gt 1 -and $lines[0] -eq 'files') {
        [System.Management.Automation.CompletionCompleters]::CompleteFilename($wordToComplete)
    }
}
`,
};
