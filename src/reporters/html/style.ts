/** The look of the report. Colour never stands alone: each status is a word as well. */
export const STYLE = `
:root { color-scheme: light dark; --ink: #1b1f24; --dim: #57606a; --page: #fff; --soft: #f3f5f7; --line: #d0d7de;
  --good: #116329; --news: #7d4e00; --bad: #b1161f; --link: #0550ae; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --dim: #9aa4af; --page: #0d1117; --soft: #161b22;
  --line: #30363d; --good: #56d364; --news: #e3b341; --bad: #ff7b72; --link: #79c0ff; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
header, main, footer { max-width: 90rem; margin: 0 auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; margin: 1.5rem 0 .25rem; }
h2 { font-size: 1.125rem; margin: 2rem 0 .5rem; }
p { margin: .25rem 0; }
a { color: var(--link); }
.dim { color: var(--dim); }
code { font: .875em/1.4 ui-monospace, monospace; overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; font-size: .9375rem; }
caption { text-align: left; color: var(--dim); padding: .25rem 0; }
th, td { text-align: left; vertical-align: top; padding: .375rem .75rem .375rem 0; border-top: 1px solid var(--line); }
thead th { border-top: 0; color: var(--dim); font-weight: 600; }
.counts { width: auto; }
.counts td { font-variant-numeric: tabular-nums; }
.counts tr:first-child > * { border-top: 0; }
details { border: 1px solid var(--line); border-radius: .375rem; margin: .5rem 0; background: var(--page); }
details details { margin: .5rem 0 0; }
summary { cursor: pointer; padding: .5rem .75rem; background: var(--soft); border-radius: .375rem; overflow-wrap: anywhere; }
.body { padding: .25rem .75rem .75rem; overflow-x: auto; content-visibility: auto; contain-intrinsic-size: auto 8rem; }
.status { font-weight: 600; white-space: nowrap; }
.passed { color: var(--good); } .news { color: var(--news); } .bad { color: var(--bad); } .none { color: var(--dim); }
.filter { position: sticky; top: 0; z-index: 1; background: var(--page); border-bottom: 1px solid var(--line);
  padding: .5rem 0; display: flex; flex-wrap: wrap; gap: .5rem 1rem; align-items: center; }
.filter[hidden], [hidden] { display: none; }
.filter input[type=search] { font: inherit; padding: .25rem .5rem; min-width: 16rem; flex: 1 1 16rem;
  border: 1px solid var(--dim); border-radius: .25rem; background: var(--page); color: var(--ink); }
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
:target { background: var(--soft); }
ul.commands { list-style: none; margin: 0; padding: 0; }
@media (max-width: 45rem) {
  .subjects thead { position: absolute; clip-path: inset(50%); width: 1px; height: 1px; overflow: hidden; }
  .subjects tr { display: block; border-top: 1px solid var(--line); padding: .5rem 0; }
  .subjects th, .subjects td { display: block; border: 0; padding: 0; }
  .subjects td[data-title]::before { content: attr(data-title) ": "; color: var(--dim); }
}
@media print { .filter { display: none; } details { border: 0; } .body { content-visibility: visible; } }
`;
