/** Shows each row of a narrow table as a block, with its main cells on the first line and its time on the second. */
const rowsAsBlocks = (table: string) => `
  ${table} thead { display: none; }
  ${table} tr { display: flex; flex-wrap: wrap; gap: 0 0.6rem; padding: 0.5rem 0; border-bottom: 1px solid var(--line); }
  ${table} tr:last-child { border-bottom: 0; }
  ${table} td { border: 0; padding: 0; max-width: 100%; overflow-wrap: anywhere; }
  ${table} td.number { margin-left: auto; }
  ${table} td.when { order: 1; width: 100%; color: var(--soft); font-size: 0.8rem; }
  ${table} td.wide { width: 100%; overflow-wrap: anywhere; }
  ${table} td.lead { order: -1; flex: 1 1 60%; font-weight: 550; white-space: normal; }
  ${table} td.lead ~ td.number { order: -1; }
  ${table} .selected { background: var(--tint); box-shadow: inset 3px 0 0 var(--accent); padding-inline: 0.75rem; }
  ${table} .selected td { background: transparent; box-shadow: none; padding-left: 0; }
  ${table} .long { max-width: 100%; white-space: normal; }
`

export const style = `
:root {
  color-scheme: light dark;
  --paper: #f6f5f1; --card: #ffffff; --ink: #1c1d1a; --soft: #5d6058; --line: #dedcd3; --edge: #86887d;
  --accent: #14532d; --on-accent: #ffffff; --tint: #e7efe6; --warn: #8a4b08; --warn-tint: #fdf0dc;
  --bad: #a11919; --bad-tint: #fdeaea; --shadow: 0 1px 2px rgb(0 0 0 / 5%), 0 8px 24px rgb(0 0 0 / 5%);
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #151713; --card: #1e211c; --ink: #eceee8; --soft: #a5aa9d; --line: #353a31; --edge: #737a6d;
    --accent: #86d19b; --on-accent: #0d1f13; --tint: #24352a; --warn: #f2bd74; --warn-tint: #3a2c17;
    --bad: #ff9d96; --bad-tint: #3d201f; --shadow: none;
  }
}
* { box-sizing: border-box; }
html { background: var(--paper); }
/* Layouts use container queries, because rem in a media query ignores the font size that a page sets. */
body {
  container-type: inline-size; margin: 0; color: var(--ink);
  font: 1rem/1.5 ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, sans-serif;
  font-variant-numeric: tabular-nums; overflow-wrap: break-word;
}
h1, h2, h3, p, ul, dl, dd, fieldset, table { margin: 0; padding: 0; }
h1 { font-size: 1.6rem; line-height: 1.2; letter-spacing: -0.02em; }
h2 { font-size: 1.05rem; letter-spacing: -0.01em; }
h3 { font-size: 0.95rem; }
a { color: var(--accent); text-underline-offset: 3px; }
/* Visible to screen readers only. */
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.soft { color: var(--soft); }
.small { font-size: 0.875rem; }
.mono { font-family: ui-monospace, "SF Mono", Menlo, Consolas, monospace; font-size: 0.85em; }
.breakable { overflow-wrap: anywhere; }
/* A click selects the whole text. */
.whole { user-select: all; }
/* Without the script, copying doesn't work, so the button is hidden. */
.copy { display: none; }
.scripted .copy { display: inline-block; justify-self: start; }
/* A link's underline must not hide the underscores in an ID. */
.mono a, a.mono { text-underline-offset: 0.4em; text-decoration-thickness: 1px; }
/* Keep the hyphens of a command-line option together. */
.option { white-space: nowrap; }
.stack { display: grid; grid-template-columns: minmax(0, 1fr); gap: 1rem; align-content: start; }
.tight > button { justify-self: start; }
.tight { display: grid; grid-template-columns: minmax(0, 1fr); gap: 0.35rem; }
.row { display: flex; flex-wrap: wrap; gap: 0.5rem 0.75rem; align-items: center; }
.row > * { min-width: 0; overflow-wrap: anywhere; }
.spread { display: flex; flex-wrap: wrap; gap: 0.25rem 1rem; justify-content: space-between; align-items: baseline; }
.number { text-align: right; white-space: nowrap; }
.whole-line { white-space: nowrap; }

.bar {
  display: flex; flex-wrap: wrap; gap: 0.25rem 0.75rem; align-items: center;
  padding: 0.7rem clamp(1rem, 4vw, 2.5rem); border-bottom: 1px solid var(--line);
}
.brand { font-weight: 650; color: var(--ink); text-decoration: none; letter-spacing: -0.01em; }
.badge {
  display: inline-block; padding: 0.1rem 0.55rem; border-radius: 99px; font-size: 0.78rem; white-space: nowrap;
  background: var(--warn-tint); color: var(--warn); font-weight: 550;
}
.bar .badge { white-space: normal; border-radius: 1rem; }
.badge.good { background: var(--tint); color: var(--accent); }
.badge.bad { background: var(--bad-tint); color: var(--bad); }
.badge.plain { background: transparent; color: var(--soft); border: 1px solid var(--line); }
/* Let a model's long name wrap. */
.badge.model { white-space: normal; overflow-wrap: anywhere; }
.badge.model .mono { font-size: 1em; font-weight: 450; white-space: nowrap; }
.card {
  background: var(--card); border: 1px solid var(--line); border-radius: 14px; box-shadow: var(--shadow);
  padding: clamp(1rem, 3vw, 1.6rem); min-width: 0;
}
.note { border-radius: 10px; padding: 0.75rem 0.9rem; background: var(--tint); }
.two > .note { grid-column: 1 / -1; }
.note.bad { background: var(--bad-tint); color: var(--bad); }
.note.warn { background: var(--warn-tint); color: var(--warn); }

main { width: 100%; margin: 0 auto; padding: clamp(1.25rem, 4vw, 3rem) clamp(1rem, 4vw, 2.5rem); }
.narrow main { max-width: 62rem; }
.wide main { max-width: 90rem; }
.two { display: grid; grid-template-columns: minmax(0, 1fr); gap: clamp(1.5rem, 4vw, 3.5rem); align-items: start; }
@container (min-width: 48rem) { .two { grid-template-columns: minmax(0, 5fr) minmax(0, 6fr); } }
.narrow main.single { max-width: 34rem; }

.price { font-size: 2.4rem; font-weight: 680; letter-spacing: -0.035em; line-height: 1.1; }
.price small { font-size: 1rem; font-weight: 450; letter-spacing: 0; color: var(--soft); }
.grants { list-style: none; display: grid; gap: 0.5rem; }
.grants li { display: grid; grid-template-columns: 1.4rem minmax(0, 1fr); }
.grants li::before { content: "✓"; color: var(--accent); font-weight: 700; }
.lines { border-top: 1px solid var(--line); }
.lines > div { display: flex; justify-content: space-between; gap: 1rem; padding: 0.6rem 0; border-bottom: 1px solid var(--line); }
.lines > div > :last-child { white-space: nowrap; }
.lines .total { font-weight: 650; }

label { display: grid; gap: 0.3rem; font-size: 0.875rem; font-weight: 550; min-width: 0; }
input, select {
  font: inherit; font-size: 1rem; font-weight: 450; color: var(--ink); background: var(--paper); width: 100%; min-width: 0;
  border: 1px solid var(--edge); border-radius: 9px; padding: 0.6rem 0.75rem;
}
input[aria-invalid] { border-color: var(--bad); }
.field { display: grid; gap: 0.35rem; }
.formError { color: var(--bad); font-weight: 550; }
.code { display: flex; flex-wrap: wrap; gap: 0.75rem; align-items: start; }
.code > :first-child { flex: 1 1 10rem; }
.code button { margin-top: 1.6rem; padding-block: 0.6rem; }
@container (max-width: 20rem) { .code button { margin-top: 0; } }
.find { display: flex; gap: 0.5rem; }
.find input { padding: 0.3rem 0.6rem; font-size: 0.875rem; }
.find button { padding: 0.3rem 0.7rem; font-size: 0.875rem; }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 8rem), 1fr)); gap: 0.75rem; }
button, .button {
  font: inherit; font-weight: 600; cursor: pointer; text-align: center; text-decoration: none; display: inline-block;
  border: 1px solid var(--line); border-radius: 9px; padding: 0.55rem 0.9rem; background: var(--card); color: var(--ink);
  max-width: 100%;
}
button:hover, .button:hover { border-color: var(--soft); }
button.primary, .button.primary { background: var(--accent); border-color: var(--accent); color: var(--on-accent); padding: 0.75rem 1rem; }
button.primary:hover, .button.primary:hover { filter: brightness(1.08); }
.danger { color: var(--bad); }
details > form { margin-top: 0.75rem; }
button.small { padding: 0.3rem 0.7rem; font-size: 0.875rem; }
.button.small { padding: 0.3rem 0.7rem; font-size: 0.875rem; }
.switch { display: flex; flex-wrap: wrap; gap: 0.4rem; }
button[aria-pressed="true"] { background: var(--tint); border-color: var(--accent); color: var(--accent); }
.full { width: 100%; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.cards { list-style: none; display: grid; gap: 0; border-top: 1px solid var(--line); }
.cards li { display: flex; flex-wrap: wrap; gap: 0.25rem 0.75rem; align-items: center; justify-content: space-between; padding: 0.55rem 0; border-bottom: 1px solid var(--line); }
.cards li:last-child { border-bottom: 0; padding-bottom: 0; }
.cards li > * { min-width: 0; overflow-wrap: anywhere; }
.cards li > :first-child { flex: 1 1 11rem; }

.scroll { container-type: inline-size; overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 0.875rem; }
th { text-align: left; font-weight: 550; color: var(--soft); white-space: nowrap; }
th, td { padding: 0.45rem 0.75rem 0.45rem 0.1rem; border-bottom: 1px solid var(--line); vertical-align: baseline; }
th.number { text-align: right; }
tr:last-child td { border-bottom: 0; }
.empty { color: var(--soft); }
.detail { color: var(--soft); font-weight: 400; }
td:last-child, th:last-child { padding-right: 0.1rem; }
/* The used units of each meter need more space than a name, because a name can wrap. */
th.used { width: 48%; }
.used .spread > :last-child, .bars .spread > :last-child { margin-left: auto; }
.long { max-width: 10.5rem; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.selected td { background: var(--tint); }
.selected .badge.good { background: var(--card); }
.selected td:first-child { box-shadow: inset 3px 0 0 var(--accent); padding-left: 0.75rem; }
.negative { color: var(--bad); font-weight: 600; }
.positive { color: var(--accent); }
.right { margin-left: auto; }
.live::before { content: ""; display: inline-block; width: 0.5rem; height: 0.5rem; margin-right: 0.4rem; border-radius: 99px; background: currentColor; }
.plan { font-size: 1.25rem; font-weight: 650; letter-spacing: -0.015em; }
.time { font-size: 1.25rem; font-weight: 600; letter-spacing: -0.02em; }
pre { margin: 0; white-space: pre-wrap; overflow-wrap: anywhere; padding: 0.75rem 0.9rem; background: var(--paper); border: 1px solid var(--line); border-radius: 9px; }
.facts { display: grid; grid-template-columns: fit-content(40%) minmax(0, 1fr); gap: 0.35rem 1rem; font-size: 0.875rem; }
@container (max-width: 17rem) { .facts { grid-template-columns: minmax(0, 1fr); } .facts dd { margin-bottom: 0.35rem; } }
.facts dt { color: var(--soft); }
.facts dd { overflow-wrap: anywhere; }
.bars { display: grid; gap: 0.9rem; }
progress { appearance: none; width: 100%; height: 8px; border: 0; border-radius: 99px; overflow: hidden; background: var(--line); color: var(--accent); }
progress::-webkit-progress-bar { background: var(--line); }
progress::-webkit-progress-value { background: currentColor; border-radius: 99px; }
progress::-moz-progress-bar { background: currentColor; border-radius: 99px; }
progress.negative { color: var(--bad); }
.columns { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 17rem), 1fr)); }
.halves { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 37rem), 1fr)); }
.uneven { align-items: start; }
/* At medium widths, the third of three cards fills its own row. */
@container (min-width: 37.5rem) and (max-width: 56rem) { .columns > :nth-child(3):last-child { grid-column: 1 / -1; } }
/* Long tables scroll below their headings. */
.long-table .scroll, .feed .scroll { max-height: 22rem; overflow-y: auto; }
.long-table .scroll { max-height: 32rem; }
.long-table th, .feed th { position: sticky; top: 0; background: var(--card); box-shadow: inset 0 -1px 0 var(--line); }
/* Two tables with six columns fit side by side only on a wide screen. */
.feed { grid-template-columns: repeat(auto-fit, minmax(min(100%, 41rem), 1fr)); }
.feed td { overflow: hidden; overflow-wrap: anywhere; }
.feed td.when, .feed .long { white-space: nowrap; }
.feed td.number { white-space: normal; }
.feed th, .feed td { padding-right: 0.5rem; }
.feed th { font-size: 0.8rem; }
/* Long text is truncated. A tooltip shows the full text. */
.feed table { table-layout: fixed; }
.feed th:first-child { width: 8.3rem; }
.feed th.number { width: 6.3rem; }
.feed th.slim { width: 4.2rem; }
.feed th.slim.number { width: 3.5rem; }
.feed th.broad { width: 24%; }
.feed th.event { width: 24%; }
.feed > #requests { grid-column: 1 / -1; }
.feed .long { max-width: none; }
input.mono { font-family: ui-monospace, "SF Mono", Menlo, Consolas, monospace; letter-spacing: 0.02em; font-size: 1rem; }
@container (max-width: 32rem) {${rowsAsBlocks('.flow')}}
/* The tables in .feed have up to six columns, so their rows become blocks at a larger width. */
@container (max-width: 37rem) {${rowsAsBlocks('.feed .flow')}}
@media (forced-colors: active) {
  .badge { border: 1px solid; }
  progress { border: 1px solid CanvasText; }
  progress, progress::-webkit-progress-bar { background: Canvas; }
  progress::-webkit-progress-value { background: Highlight; forced-color-adjust: none; }
  progress::-moz-progress-bar { background: Highlight; forced-color-adjust: none; }
  button[aria-pressed="true"] { background: Highlight; color: HighlightText; forced-color-adjust: none; }
  .selected td:first-child { border-left: 3px solid Highlight; }
  .note { border: 1px solid; }
  button.primary, .button.primary { border-width: 3px; }
}
`
