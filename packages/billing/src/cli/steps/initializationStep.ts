import { appendProperty, type Edit, withoutExtension } from '../edits.ts'
import type { App } from '../findApp.ts'
import { functionAt } from '../findFunction.ts'
import type { SourceFile } from '../sourceFile.ts'
import type { Step } from './step.ts'

const title = 'typed denials in initTRPC'
const spread = '...billing.trpc.formatError({ error })'
const formatter = `errorFormatter: ({ shape, error }) => ({ ...shape, data: { ...shape.data, ${spread} } })`
const code = `initTRPC.context<Context>().create({ ${formatter} })`

/** Adds denials to the error formatter of `initTRPC.create`. */
export function initializationStep(app: App, billingPath: string): Step {
  const [found, ...others] = app.initializations
  const byHand = (reason: string): Step => ({ title, state: 'byHand', reason, code })
  if (!found) return byHand('No initTRPC.create() was found.')
  const { file, open } = found
  const args = file.trim({ start: open + 1, end: file.closing(open) ?? open + 1 })
  if (/\bbilling\.trpc\.(options|formatError)\b/.test(file.codeIn(args))) return { title, state: 'done' }
  if (others.length > 0) {
    const paths = app.initializations.map((it) => it.file.path).join(', ')
    return byHand(`initTRPC.create() is called more than once (${paths}).`)
  }
  const edits = editOptions(file, args.start, args.end)
  if (!edits)
    return byHand(`${file.path} has its own errorFormatter. Add ${spread} to the data that it returns.`)
  return {
    title,
    state: 'edit',
    edits,
    imports: [{ file, name: 'billing', from: withoutExtension(billingPath) }],
  }
}

/** Returns the edits of the options, or null if the app's own formatter can't be read. */
function editOptions(file: SourceFile, start: number, end: number): Edit[] | null {
  if (start >= end) return [{ file, start, end: start, insert: `{\n  ${formatter},\n}` }]
  if (file.code[start] !== '{') return null
  const own = file.property(start, 'errorFormatter')
  if (!own) return appendProperty(file, start, formatter)
  const isMethod = /^errorFormatter\s*\(/.test(file.codeIn(own))
  const value = isMethod
    ? file.code.indexOf('(', own.start)
    : file.skipSpace(file.code.indexOf(':', own.start) + 1)
  const found = functionAt(file, value)
  const data = found?.returned ? file.property(found.returned, 'data') : null
  const object = data ? file.skipSpace(file.code.indexOf(':', data.start) + 1) : -1
  const parameter = found ? file.skipSpace(found.parameters.start) : -1
  if (file.code[object] !== '{' || file.code[parameter] !== '{') return null
  const names = file.items(parameter).map((item) => file.codeIn(item))
  return [
    ...(names.includes('error') ? [] : appendProperty(file, parameter, 'error')),
    ...appendProperty(file, object, spread),
  ]
}
