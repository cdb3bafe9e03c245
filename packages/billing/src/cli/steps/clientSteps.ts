import { appendProperty, type Edit } from '../edits.ts'
import type { App, Client } from '../findApp.ts'
import { functionAt } from '../findFunction.ts'
import type { Range, SourceFile } from '../sourceFile.ts'
import type { Step } from './step.ts'

const title = "keys in the client's links"
const code = "links: billingLinks({ url: '/trpc', headers }) // from @metered/billing/client"
const spread = '...keyHeaders(opts)'

/** Adds idempotency keys to the links of each client. */
export function clientSteps(app: App): Step[] {
  const steps = app.clients.map(stepFor)
  if (steps.length > 0) return steps
  if (app.files.some(({ code }) => /\bbillingLinks\s*(<[^()]*>)?\(/.test(code)))
    return [{ title, state: 'done' }]
  return [{ title, state: 'byHand', reason: 'No tRPC client with "links: […]" was found.', code }]
}

function stepFor({ file, call, links }: Client): Step {
  const inLinks = file.codeIn(links)
  const byHand = (reason: string): Step => ({
    title,
    state: 'byHand',
    reason: `${file.path} ${reason}`,
    code,
  })
  if (/\bbillingLinks\b|\bidempotencyLink\b/.test(inLinks)) return { title, state: 'done' }
  if (call.start === call.end || /\b(splitLink|retryLink|wsLink)\b/.test(inLinks))
    return byHand(
      'combines several links. Put idempotencyLink() before all of them, and headers: keyHeaders in the HTTP link.',
    )
  const brace = file.skipSpace(file.skipSpace(call.end) + 1)
  const headers = file.code[brace] === '{' ? addKeys(file, brace) : null
  if (!headers)
    return byHand(
      'has its own headers. Add ...keyHeaders(opts) to them: headers: (opts) => ({ …, ...keyHeaders(opts) }).',
    )
  const isFirstInLine = file.text.slice(file.text.lastIndexOf('\n', call.start) + 1, call.start).trim() === ''
  const separator = isFirstInLine ? `\n${file.indentOf(call.start)}` : ' '
  return {
    title,
    state: 'edit',
    edits: [
      { file, start: call.start, end: call.start, insert: `idempotencyLink(),${separator}` },
      ...headers,
    ],
    imports: ['idempotencyLink', 'keyHeaders'].map((name) => ({
      file,
      name,
      from: '@metered/billing/client',
    })),
  }
}

/** Adds the keys to the headers in the options of an HTTP link. Returns null if it can't read the headers. */
function addKeys(file: SourceFile, options: number): Edit[] | null {
  const property = file.property(options, 'headers')
  if (!property) return appendProperty(file, options, 'headers: keyHeaders')
  const isMethod = /^(?:async\s+)?headers\s*\(/.test(file.codeIn(property))
  const value = isMethod
    ? file.code.indexOf('(', property.start)
    : file.skipSpace(file.code.indexOf(':', property.start) + 1)
  if (value === 0 || value > property.end) return null
  if (file.code[value] === '{') {
    const wrap = (at: number, insert: string): Edit => ({ file, start: at, end: at, insert })
    return [wrap(value, '(opts) => ('), ...appendProperty(file, value, spread), wrap(property.end, ')')]
  }
  const found = functionAt(file, value)
  if (!found || file.codeIn(found.parameters).trim() !== '') return null
  const parameter = { file, ...found.parameters, insert: 'opts' }
  if (found.returned !== null) return [parameter, ...appendProperty(file, found.returned, spread)]
  const created = newHeaders(file, property)
  return created === null
    ? null
    : [parameter, { file, start: created, end: created, insert: 'keyHeaders(opts)' }]
}

/** Returns the offset inside the brackets of the only `new Headers()`, or null. */
function newHeaders(file: SourceFile, { start, end }: Range): number | null {
  const found = file.matches(/\bnew Headers\(\s*(?=\))/).filter(({ index }) => index > start && index < end)
  const [only] = found
  return only && found.length === 1 ? only.index + only[0].length : null
}
