import { dirname, join, relative } from 'node:path/posix'
import { appendProperty, type Edit, type Import, withoutExtension } from '../edits.ts'
import type { Adapter, App } from '../findApp.ts'
import type { Step } from './step.ts'

const title = "billing's HTTP routes"
const signedOut = '{ customer: () => null }'

/** Mounts the routes for Flowglad's webhook, `@flowglad/react` and health checks. */
export function routesStep(app: App, billingPath: string): Step {
  const from = withoutExtension(billingPath)
  const byHand = (reason: string): Step => ({
    title,
    state: 'byHand',
    reason,
    code: `app.use(billingHandler(billing, ${signedOut})) // from @metered/billing/node, or /fetch; billingRoutes from /fastify`,
  })
  if (
    app.files.some(({ code }) =>
      /\bbillingHandler\s*\(\s*billing\b|\bregister\(\s*billingRoutes\b/.test(code),
    )
  )
    return { title, state: 'done' }
  const adapter = app.adapters.find(({ name }) => name !== 'applyWSSHandler')
  if (!adapter) return byHand('No HTTP adapter was found.')
  switch (adapter.name) {
    case 'fastifyTRPCPlugin':
      return fastify(adapter, from) ?? byHand('No call to register() was found for fastifyTRPCPlugin.')
    case 'createExpressMiddleware':
      return express(adapter, from) ?? byHand('No "const app = express()" was found.')
    case 'createHTTPServer':
      return standalone(adapter, from) ?? byHand('createHTTPServer already has a middleware option.')
    case 'fetchRequestHandler':
      return (
        nextRoute(app, adapter, from) ??
        byHand('No Next.js folder app/api was found, or it already has a [...billing] route.')
      )
    default:
      return byHand(`Routes cannot be added automatically for ${adapter.name}.`)
  }
}

const edit = (edits: Edit[], imports: Import[]): Step => ({ title, state: 'edit', edits, imports })

function fastify({ file, at }: Adapter, from: string): Step | null {
  const before = file.code.slice(0, at)
  const call = /((?:await\s+)?\w+\.register)\s*(?:<[^()]*>)?\(\s*$/.exec(before)
  if (!call) return null
  const end = file.statementEnd(call.index)
  const line = `${call[1]}(billingRoutes, { billing, customer: () => null })${file.usesSemicolons ? ';' : ''}`
  return edit(
    [{ file, start: end, end, insert: `\n${file.indentOf(call.index)}${line}` }],
    [
      { file, name: 'billingRoutes', from: '@metered/billing/fastify' },
      { file, name: 'billing', from },
    ],
  )
}

/** Mounts the routes before all body parsers, because the webhook's signature covers the raw bytes. */
function express({ file }: Adapter, from: string): Step | null {
  const created = file.matches(/\bconst\s+(\w+)\s*(?::[^=\n]*)?=\s*express\s*\(\s*\)/)[0]
  if (!created) return null
  const end = file.statementEnd(created.index)
  const line = `${created[1]}.use(billingHandler(billing, ${signedOut}))${file.usesSemicolons ? ';' : ''}`
  return edit(
    [{ file, start: end, end, insert: `\n${file.indentOf(created.index)}${line}` }],
    handlerImports(file, from, 'node'),
  )
}

function standalone({ file, options }: Adapter, from: string): Step | null {
  if (file.property(options, 'middleware')) return null
  const property = `middleware: billingHandler(billing, ${signedOut})`
  return edit(appendProperty(file, options, property), handlerImports(file, from, 'node'))
}

const handlerImports = (file: Adapter['file'], from: string, adapter: string): Import[] => [
  { file, name: 'billingHandler', from: `@metered/billing/${adapter}` },
  { file, name: 'billing', from },
]

/** Adds a catch-all route. The app's other API routes take precedence over it. */
function nextRoute(app: App, { file }: Adapter, from: string): Step | null {
  const api = /^(.*\bapp\/api)\//.exec(file.path)?.[1]
  if (!api) return null
  const path = join(api, '[...billing]/route.ts')
  if (app.files.some((it) => it.path === path)) return null
  const end = file.usesSemicolons ? ';' : ''
  const { quote } = file
  const module = (name: string) => `${quote}${name}${quote}${end}`
  const text = `import { billingHandler } from ${module('@metered/billing/fetch')}
import { billing } from ${module(`${relative(dirname(path), from)}${file.extensionStyle}`)}

const handler = billingHandler(billing, ${signedOut})${end}

export { handler as GET, handler as POST }${end}
`
  return { title, state: 'edit', edits: [], imports: [], newFiles: [{ path, text }] }
}
