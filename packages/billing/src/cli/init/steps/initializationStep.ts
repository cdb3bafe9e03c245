import { withoutExtension } from '../edits.ts'
import type { App } from '../findApp.ts'
import type { Step } from './step.ts'

const title = 'typed denials in initTRPC'
const code = 'initTRPC.context<Context>().create(billing.trpc.options({ /* your options */ }))'

/** Wraps the argument of `initTRPC.create` in `billing.trpc.options`. */
export function initializationStep(app: App, billingPath: string): Step {
  const [found, ...others] = app.initializations
  if (!found) return { title, state: 'byHand', reason: 'No initTRPC.create() was found.', code }
  const { file, open } = found
  const args = file.trim({ start: open + 1, end: file.closing(open) ?? open + 1 })
  if (/\bbilling\.trpc\.(options|formatError)\b/.test(file.codeIn(args))) return { title, state: 'done' }
  if (others.length > 0) {
    const paths = app.initializations.map((it) => it.file.path).join(', ')
    return { title, state: 'byHand', reason: `initTRPC.create() is called more than once (${paths}).`, code }
  }
  const end = file.code[args.end - 1] === ',' ? args.end - 1 : args.end
  return {
    title,
    state: 'edit',
    edits: [
      { file, start: args.start, end: args.start, insert: 'billing.trpc.options(' },
      { file, start: end, end, insert: ')' },
    ],
    imports: [{ file, name: 'billing', from: withoutExtension(billingPath) }],
  }
}
