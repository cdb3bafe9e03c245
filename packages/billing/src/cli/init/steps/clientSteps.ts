import { withProperty } from '../edits.ts'
import type { App, Client } from '../findApp.ts'
import type { Range, SourceFile } from '../sourceFile.ts'
import { addKeys, withoutParameter } from './keyHeadersEdits.ts'
import type { Step } from './step.ts'

const title = "keys in the client's links"
const from = '@metered/billing/client'
const codes = {
  billingLinks: `links: billingLinks({ url: '/trpc' }) // from ${from}`,
  combination: `links: [idempotencyLink(), …, httpBatchLink({ …, headers: keyHeaders })] // from ${from}`,
  headers: `links: [idempotencyLink(), …], headers: (opts) => ({ …, ...keyHeaders(opts) }) // from ${from}`,
}

/** Adds idempotency keys to each client's links. */
export function clientSteps(app: App): Step[] {
  const steps = app.clients.map(stepFor)
  if (steps.length > 0) return steps
  if (app.files.some(({ code }) => /\bbillingLinks\s*(<[^()]*>)?\(/.test(code)))
    return [{ title, state: 'done' }]
  const reason = 'No tRPC client with "links: […]" was found.'
  return [{ title, state: 'byHand', reason, code: codes.billingLinks }]
}

function stepFor(client: Client): Step {
  const { file, call, links } = client
  if (/\bbillingLinks\b|\bidempotencyLink\b/.test(file.codeIn(links))) return { title, state: 'done' }
  const items = file.items(links.start)
  const isSimple = (link: Range) => /^(loggerLink|retryLink)\s*\(/.test(file.codeIn(link))
  const http = items.at(-1)
  const before = items.slice(0, -1)
  if (http?.start !== call.start || call.start === call.end || !before.every(isSimple))
    return byHand(
      file,
      'combines several links. Put idempotencyLink() before all of them, and add headers: keyHeaders to the HTTP link. wsLink needs no headers.',
      codes.combination,
    )
  const bracket = file.skipSpace(call.end)
  const options = file.skipSpace(bracket + 1)
  if (file.code[options] === '{' && canReplace(client, options))
    return replaced(client, { http, before, options: { start: options, end: closed(file, options) } })
  return extended(client, options)
}

const byHand = (file: SourceFile, reason: string, code: string): Step => ({
  title,
  state: 'byHand',
  reason: `${file.path} ${reason}`,
  code,
})

/**
 * Returns whether `billingLinks` can replace the HTTP link. The HTTP link must accept the same options and
 * send calls in the same way.
 */
function canReplace({ file, call }: Client, options: number): boolean {
  const name = file.codeIn(call)
  if (name === 'httpBatchLink') return true
  // httpLink passes one operation to its `headers` function, but billingLinks passes a list.
  const headers = file.property(options, 'headers')
  return name === 'httpLink' && (headers === null || withoutParameter(file, headers))
}

/** Replaces the HTTP link with `billingLinks`, and moves the preceding links into its `links` option. */
function replaced(
  { file, call, links }: Client,
  { http, before, options }: { http: Range; before: Range[]; options: Range },
): Step {
  const indent = file.indentOf(links.start)
  const extra = file.indentOf(options.start).slice(indent.length)
  const own = file.textIn(options).replaceAll(`\n${indent}${extra}`, `\n${indent}`)
  const text = [
    ...(hasInScope(file, 'queryClient', links.start) ? ['queryClient'] : []),
    ...(before.length > 0 ? [`links: [${before.map((link) => file.textIn(link)).join(', ')}]`] : []),
  ].reduce(withProperty, own)
  return {
    title,
    state: 'edit',
    edits: [
      ...file.withoutImport(file.codeIn(call), http).map((range) => ({ file, ...range, insert: '' })),
      { file, ...links, insert: `billingLinks(${text})` },
    ],
    imports: [{ file, name: 'billingLinks', from }],
  }
}

/** Keeps the existing links, and adds the idempotency keys to them. */
function extended({ file, links }: Client, options: number): Step {
  const headers = file.code[options] === '{' ? addKeys(file, options) : null
  if (!headers)
    return byHand(
      file,
      'has its own headers. Put idempotencyLink() before all links, and add ...keyHeaders(opts) to the headers.',
      codes.headers,
    )
  const start = file.items(links.start)[0]?.start ?? links.start + 1
  const isFirstInLine = file.text.slice(file.text.lastIndexOf('\n', start) + 1, start).trim() === ''
  const separator = isFirstInLine ? `\n${file.indentOf(start)}` : ' '
  return {
    title,
    state: 'edit',
    edits: [{ file, start, end: start, insert: `idempotencyLink(),${separator}` }, ...headers],
    imports: ['idempotencyLink', 'keyHeaders'].map((name) => ({ file, name, from })),
  }
}

const closed = (file: SourceFile, open: number) => (file.closing(open) ?? open) + 1

/**
 * Returns whether a `const` of this name is declared before the offset, in a block that contains the offset.
 */
function hasInScope(file: SourceFile, name: string, at: number): boolean {
  return file.matches(new RegExp(`\\bconst\\s+(?:\\[\\s*)?${name}\\b`)).some(({ index }) => {
    let depth = 0
    for (const char of file.code.slice(index, Math.max(index, at))) {
      if (char === '{') depth++
      else if (char === '}' && --depth < 0) return false
    }
    return index < at
  })
}
