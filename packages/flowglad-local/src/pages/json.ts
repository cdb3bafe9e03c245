import type { LoggedBody } from '../platform/requestLog.ts'
import { count } from './format.ts'
import { type Html, html } from './html.ts'
import { objectIds } from './objectKinds.ts'

/** Returns a heading with a value as JSON below it. IDs in the JSON link to their objects. */
export const jsonBlock = (id: string, heading: string, value: unknown): Html =>
  textBlock(id, heading, JSON.stringify(value, null, 2))

/** Returns a heading with a body below it. Indents the body if it is complete JSON. */
export function bodyBlock(id: string, heading: string, { text, length, isCut }: LoggedBody): Html {
  if (text === '') return html`<h2>${heading}</h2><p class="empty">Empty.</p>`
  return html`${textBlock(id, heading, indented(text))}
${isCut && html`<p class="small soft">The first ${count(text.length)} of ${count(length)} characters.</p>`}`
}

export const copyButton = (text: string, label: string): Html =>
  html`<button type="button" class="small copy" data-copy="${text}" aria-label="Copy ${label}">Copy</button>`

const textBlock = (id: string, heading: string, text: string): Html =>
  html`<div class="spread"><h2>${heading}</h2><button type="button" class="small copy" data-copy data-copy-from="${id}">Copy</button></div>
<pre class="mono" id="${id}" tabindex="0">${linked(text)}</pre>`

const linked = (text: string): Html[] =>
  text
    .split(objectIds)
    .map((part, i) => (i % 2 === 1 ? html`<a href="/objects/${part}">${part}</a>` : html`${part}`))

function indented(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2)
  } catch {
    return text
  }
}
