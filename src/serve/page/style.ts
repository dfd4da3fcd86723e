/** The look of all pages. Colour never stands alone: what it tells is a word as well. */
export const STYLE = `
:root { color-scheme: light dark; --ink: #1b1f24; --dim: #57606a; --page: #fff; --soft: #f4f6f8; --line: #d8dee4; --edge: #868f99;
  --good: #116329; --news: #7d4e00; --bad: #b1161f; --link: #0550ae; --on: #0550ae; --off: #fff; --goods: #e6f4ea; --newss: #fdf3dc; --bads: #fdecec; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --dim: #9aa4af; --page: #0d1117; --soft: #161b22; --line: #2a313a; --edge: #6e7883;
  --good: #56d364; --news: #e3b341; --bad: #ff7b72; --link: #79c0ff; --on: #1f6feb; --off: #fff; --goods: #10271a; --newss: #2b2310; --bads: #30161a; } }
* { box-sizing: border-box; }
html { scroll-padding-top: 4rem; }
body { margin: 0; background: var(--page); color: var(--ink); font: 15px/1.5 system-ui, -apple-system, "Segoe UI", sans-serif; overflow-wrap: anywhere; }
header { border-bottom: 1px solid var(--line); background: var(--soft); }
.bar, main { max-width: 78rem; margin: 0 auto; padding: 0 1rem; }
.bar { display: flex; flex-wrap: wrap; align-items: center; gap: .125rem 1.25rem; min-height: 3rem; }
.brand { font-weight: 700; font-size: 1.0625rem; color: var(--ink); text-decoration: none; letter-spacing: -.01em; padding: .375rem 0; }
header ul { display: flex; flex-wrap: wrap; gap: 0 .25rem; list-style: none; margin: 0; padding: 0; }
header nav a { display: block; padding: .625rem .625rem .5rem; color: var(--dim); text-decoration: none; border-bottom: 2px solid transparent; }
header nav a:hover { color: var(--ink); }
header nav a[aria-current] { color: var(--ink); font-weight: 600; border-color: var(--on); }
.who { margin: 0 0 0 auto; display: flex; align-items: center; gap: .75rem; padding: .25rem 0; }
.skip { position: absolute; left: -100vw; } .skip:focus { left: 1rem; top: .25rem; background: var(--page); padding: .25rem .5rem; z-index: 2; }
main { padding-bottom: 4rem; }
h1 { font-size: 1.375rem; line-height: 1.3; margin: 1.25rem 0 .75rem; letter-spacing: -.01em; }
h2 { font-size: 1.0625rem; margin: 1.75rem 0 .5rem; }
h3 { font-size: .9375rem; margin: 1rem 0 .25rem; }
p { margin: .375rem 0; }
a { color: var(--link); }
.dim { color: var(--dim); }
q { font-style: normal; }
code, .mono { font: .875em/1.4 ui-monospace, "SF Mono", Menlo, Consolas, monospace; }
.unseen { position: absolute; clip-path: inset(50%); width: 1px; height: 1px; overflow: hidden; white-space: nowrap; margin: 0; }
table { border-collapse: collapse; width: 100%; font-size: .9375rem; position: relative; }
th, td { text-align: left; vertical-align: top; padding: .375rem .875rem .375rem 0; border-top: 1px solid var(--line); font-weight: 400; }
@media (min-width: 46.01rem) { tbody th, tbody td { min-width: 10ch; } tbody :is(th, td):has(code) { min-width: 10rem; } }
thead th { border-top: 0; color: var(--dim); font-size: .8125rem; padding-bottom: .25rem; white-space: nowrap; }
tbody tr:hover { background: var(--soft); }
.number { text-align: right; font-variant-numeric: tabular-nums; }
time { font-variant-numeric: tabular-nums; }
.mark { display: inline-block; padding: 0 .5rem; border-radius: 1rem; font-size: .8125rem; line-height: 1.375rem; font-weight: 600; white-space: nowrap; background: var(--soft); color: var(--dim); }
.mark.good { background: var(--goods); color: var(--good); } .mark.news { background: var(--newss); color: var(--news); } .mark.bad { background: var(--bads); color: var(--bad); }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(8rem, 1fr)); gap: .5rem; margin: 0 0 1.25rem; padding: 0; list-style: none; }
.tiles li { border: 1px solid var(--line); border-radius: .5rem; padding: .5rem .75rem; }
.tiles strong { display: block; font-size: 1.5rem; line-height: 1.25; font-variant-numeric: tabular-nums; letter-spacing: -.02em; }
.tiles span { color: var(--dim); font-size: .875rem; } .tiles .bad strong { color: var(--bad); } .tiles .news strong { color: var(--news); }
.facts { display: flex; flex-wrap: wrap; gap: .25rem 2rem; margin: .5rem 0 1rem; } .facts dt { color: var(--dim); font-size: .8125rem; } .facts dd { margin: 0; }
.notice { border-left: 3px solid var(--on); background: var(--soft); padding: .5rem .75rem; margin: .75rem 0; border-radius: 0 .25rem .25rem 0; max-width: 60rem; }
.notice.bad { border-color: var(--bad); } .notice.good { border-color: var(--good); }
.links { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; margin: .5rem 0; } .pages { display: flex; gap: 1.25rem; margin: 1rem 0; }
.search { display: flex; flex-wrap: wrap; align-items: center; gap: .5rem; margin: .25rem 0 1rem; }
.card { border: 1px solid var(--line); border-radius: .5rem; padding: .25rem 1rem 1rem; margin: .75rem 0; max-width: 44rem; }
.narrow { max-width: 26rem; }
fieldset { border: 0; padding: 0; margin: 0; min-width: 0; } legend { padding: 0; font-weight: 600; margin-top: .75rem; }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 15rem), 1fr)); gap: 0 1rem; }
.field { margin: .625rem 0 0; } .field label { display: block; font-weight: 600; font-size: .875rem; } .field .hint { color: var(--dim); font-size: .8125rem; display: block; }
.error { color: var(--bad); font-size: .875rem; margin: .125rem 0 0; }
input, select, button { font: inherit; color: inherit; }
input:not([type=radio]), select { width: 100%; min-height: 2.25rem; padding: .25rem .5rem; border: 1px solid var(--edge); border-radius: .375rem; background: var(--page); }
.search input { width: auto; flex: 0 1 20rem; min-width: 8rem; } input[aria-invalid] { border-color: var(--bad); }
button { min-height: 2.25rem; padding: .25rem .875rem; border: 1px solid var(--edge); border-radius: .375rem; background: var(--soft); cursor: pointer; }
button:hover { border-color: var(--ink); }
button.first { background: var(--on); border-color: var(--on); color: var(--off); font-weight: 600; }
button.plain { min-height: 1.75rem; padding: 0 .625rem; font-size: .875rem; background: var(--page); }
.buttons { display: flex; flex-wrap: wrap; align-items: center; gap: .75rem; margin: 1rem 0 0; }
details { margin: .625rem 0 0; } summary { cursor: pointer; color: var(--link); padding: .25rem 0; }
ul.plainly { margin: .25rem 0; padding-left: 1.25rem; }
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; border-radius: .125rem; }
@media (max-width: 46rem) {
  thead { position: absolute; clip-path: inset(50%); width: 1px; height: 1px; overflow: hidden; }
  table, tbody, tr, th, td { display: block; } tr { border-top: 1px solid var(--line); padding: .5rem 0; } tbody tr:hover { background: none; }
  th, td { border: 0; padding: 0; } tbody th { font-weight: 600; } td[data-title]::before { content: attr(data-title) ": "; color: var(--dim); } .number { text-align: left; }
  td:empty { display: none; } .who { margin-left: 0; width: 100%; justify-content: space-between; padding-bottom: .5rem; } input, select { font-size: 16px; }
}
@media (prefers-contrast: more) { :root { --dim: var(--ink); --line: var(--edge); } }
@media print { header, form, .pages { display: none; } }
`;
