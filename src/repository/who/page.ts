/** The table of files against recipients as one page of HTML: nothing is loaded from elsewhere, and no value is in it. */
import { createHash } from 'node:crypto';
import { escapedUnit } from '../../util/text/text.js';
import type { AccessTable, ReadableFile, Reader } from './access-table.js';

const STYLE = `:root{color-scheme:light dark;--line:#8886;--head:#8882;--mark:#0a6}
body{font:16px/1.5 system-ui,sans-serif;margin:1.5rem}
label{display:block;margin:1rem 0}input{font:inherit;padding:.3rem .5rem;min-width:20rem;max-width:100%}
.wide{overflow-x:auto}table{border-collapse:collapse}
th,td{border:1px solid var(--line);padding:.3rem .6rem;text-align:left;vertical-align:bottom}
thead th{background:var(--head)}tbody th{font-weight:normal;font-family:ui-monospace,monospace}
td.yes{color:var(--mark);font-weight:bold;text-align:center}td.no{text-align:center;opacity:.6}
button{font:inherit;background:none;border:0;padding:0;cursor:pointer;color:inherit;text-align:left}
th[aria-sort=ascending] button::after{content:" \\25B2"}th[aria-sort=descending] button::after{content:" \\25BC"}
:focus-visible{outline:3px solid Highlight;outline-offset:2px}
code{overflow-wrap:anywhere}[hidden]{display:none}
@media(prefers-color-scheme:dark){:root{--mark:#4d9}}`;

const SCRIPT = `'use strict';
const table=document.querySelector('#access'),body=table.tBodies[0],rows=[...body.rows];
const filter=document.querySelector('#filter'),told=document.querySelector('#told');
const match=()=>{const words=filter.value.toLowerCase().split(/\\s+/).filter(Boolean);let count=0;
for(const row of rows){const hit=words.every(word=>row.dataset.text.includes(word));row.hidden=!hit;if(hit)count++}
told.textContent=count+' of '+rows.length+' files'};
filter.addEventListener('input',match);
for(const head of table.tHead.rows[0].cells)head.querySelector('button').addEventListener('click',()=>{
const down=head.getAttribute('aria-sort')==='ascending';
for(const other of table.tHead.rows[0].cells)other.setAttribute('aria-sort','none');
head.setAttribute('aria-sort',down?'descending':'ascending');
const key=row=>row.cells[head.cellIndex].dataset.key,sign=down?-1:1;
body.append(...rows.sort((a,b)=>key(a)<key(b)?-sign:key(a)>key(b)?sign:0))});
match();`;

/** The page. Names and paths are escaped; the policy in it lets no script and style run but its own. */
export function accessPage({ readers, files }: AccessTable): string {
  const policy = `default-src 'none'; style-src '${hashOf(STYLE)}'; script-src '${hashOf(SCRIPT)}'; base-uri 'none'; form-action 'none'`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="referrer" content="no-referrer">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Who can read which encrypted files</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>Who can read which encrypted files</h1>
<label>Filter files by path or by who can read them <input id="filter" type="search" autocomplete="off"></label>
<p id="told" role="status">${files.length} files</p>
<div class="wide" role="region" aria-label="Files against recipients" tabindex="0">
<table id="access">
<caption>Encrypted files against their recipients</caption>
<thead><tr>${['File', 'Data key since'].map(head).join('')}${readers.map((reader) => head(nameOf(reader))).join('')}</tr></thead>
<tbody>
${files.map((file) => rowOf(file, readers)).join('\n')}
</tbody>
</table>
</div>
<h2>Recipients</h2>
<dl>
${readers.map(({ recipient, name, type }) => `<dt>${escaped(name ?? '(without a name)')}, ${escaped(type)}</dt><dd><code>${escaped(recipient)}</code></dd>`).join('\n')}
</dl>
</main>
<script>${SCRIPT}</script>
</body>
</html>
`;
}

function head(text: string): string {
  return `<th scope="col" aria-sort="none"><button type="button">${escaped(text)}</button></th>`;
}

function rowOf(file: ReadableFile, readers: readonly Reader[]): string {
  const { path, groups, threshold, dataKey } = file;
  const some = readers.filter((_, at) => groups.some((group) => group.includes(at)));
  const text = [path, ...some.flatMap(({ name, recipient }) => [name ?? '', recipient])].join(' ').toLowerCase();
  const note = groups.length > 1 ? ` (${threshold} of ${groups.length} key groups are needed)` : '';
  const since = dataKey ? `${dataKey.since.slice(0, 10)}${dataKey.source === 'git' ? '' : ' or before'}` : '';
  const cells = readers.map((_, at) => cellOf(file, at));
  return `<tr data-text="${escaped(text)}"><th scope="row" data-key="${escaped(path)}">${escaped(path)}${note}</th><td data-key="${escaped(dataKey?.since ?? '')}">${escaped(since)}</td>${cells.join('')}</tr>`;
}

function cellOf({ groups }: ReadableFile, reader: number): string {
  const numbers = groups.flatMap((group, at) => (group.includes(reader) ? [at + 1] : []));
  if (numbers.length === 0) return '<td class="no" data-key="1">no</td>';
  const word = groups.length > 1 ? `group ${numbers.join(', ')}` : 'yes';
  return `<td class="yes" data-key="0${numbers.join()}">${word}</td>`;
}

/** A name, or the beginning of the recipient: all of it stands below the table. */
function nameOf({ name, recipient }: Reader): string {
  return name ?? (recipient.length > 20 ? `${recipient.slice(0, 20)}…` : recipient);
}

function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}

const ENTITIES = new Map([
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
  ['"', '&quot;'],
  ["'", '&#39;'],
]);

/** What is text stays text; control characters and marks of direction are shown as what they are. */
function escaped(text: string): string {
  return text
    .replace(/[&<>"']/g, (sign) => ENTITIES.get(sign) ?? '')
    .replace(/[\0-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]/gu, escapedUnit);
}
