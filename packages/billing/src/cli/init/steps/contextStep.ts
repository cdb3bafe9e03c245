import { appendProperty, type Edit, type Import, withoutExtension } from '../edits.ts'
import { type Adapter, type App, adapters } from '../findApp.ts'
import { type ContextFunction, findFunction, functionAt } from '../findFunction.ts'
import type { Step } from './step.ts'

const code = 'createContext: ({ req, info }) => ({ …, ...billing.trpc.request({ req, info }) })'

/** Adds the billing request to each adapter's context. */
export function contextSteps(app: App, billingPath: string): Step[] {
  const steps = new Map<string, Step>()
  for (const adapter of app.adapters) {
    const { key, step } = stepFor(app, adapter, withoutExtension(billingPath))
    if (!steps.has(key)) steps.set(key, step)
  }
  if (steps.size > 0) return [...steps.values()]
  return [
    { title: 'idempotency keys in the context', state: 'byHand', reason: 'No tRPC adapter was found.', code },
  ]
}

function stepFor(app: App, adapter: Adapter, from: string): { key: string; step: Step } {
  const { file, options } = adapter
  const title = `idempotency keys in the context (${adapters[adapter.name].title})`
  const own = `${file.path}:${adapter.at}`
  const byHand = (reason: string): { key: string; step: Step } => ({
    key: own,
    step: { title, state: 'byHand', reason: `${file.path}: ${reason}`, code },
  })
  const edit = (key: string, edits: Edit[], imports: Import[]): { key: string; step: Step } => ({
    key,
    step: { title, state: 'edit', edits, imports },
  })
  const done = (key: string): { key: string; step: Step } => ({ key, step: { title, state: 'done' } })
  const importBilling = { file, name: 'billing', from }

  const property = file.property(options, 'createContext')
  if (!property) {
    const added = 'createContext: ({ req, info }) => billing.trpc.request({ req, info })'
    return edit(own, appendProperty(file, options, added), [importBilling])
  }
  if (file.codeIn(property).includes('billing.trpc.request')) return done(own)

  const isMethod = /^(?:async\s+)?createContext\s*\(/.test(file.codeIn(property))
  const colon = file.code.indexOf(':', property.start)
  const value = file.skipSpace(colon + 1)
  const named = /^createContext$/.test(file.codeIn(property))
    ? 'createContext'
    : /^createContext\s*:\s*(\w+)$/.exec(file.codeIn(property))?.[1]
  if (named) {
    // Search the adapter's file first, because other files may define a function with the same name.
    const definition = findFunction([file, ...app.files], [named])
    const key = definition ? `${definition.file.path}:${definition.start}` : own
    if (definition && bodyOf(definition).includes('billing.trpc.request')) return done(key)
    const changes = definition && editFunction(definition, adapter, from)
    if (changes) return edit(key, changes.edits, changes.imports)
    const insert = `createContext: async (opts) => ({ ...(await ${named}(${parameterOf(definition)})), ...billing.trpc.request(opts) })`
    return edit(own, [{ file, ...property, insert }], [importBilling])
  }
  const start = isMethod ? file.code.indexOf('(', property.start) : value
  const inline = functionAt(file, start)
  const changes = inline && editInline(inline, from)
  return changes
    ? edit(own, changes.edits, changes.imports)
    : byHand('createContext cannot be edited automatically.')
}

const bodyOf = ({ file, start }: ContextFunction) => file.code.slice(start, file.statementEnd(start))
/**
 * Returns the argument for a call to the function: `opts`, or an empty string if the function has no
 * parameters.
 */
const parameterOf = (definition: ContextFunction | null) =>
  definition && definition.file.codeIn(definition.parameters).trim() === '' ? '' : 'opts'

/** Edits a function that is defined outside the adapter's options, where a new parameter needs a type. */
function editFunction(found: ContextFunction, adapter: Adapter, from: string) {
  const { file, parameters, returned } = found
  if (returned === null) return null
  const written = file.codeIn(parameters).trim()
  const { contextType, module } = adapters[adapter.name]
  const imports: Import[] = [{ file, name: 'billing', from }]
  if (written === '') {
    const type = { file, name: contextType, from: `@trpc/server/adapters/${module}`, isType: true }
    const edits = [{ file, ...parameters, insert: `{ req, info }: ${contextType}` }]
    return {
      edits: [...edits, ...appendProperty(file, returned, spread('{ req, info }'))],
      imports: [...imports, type],
    }
  }
  if (!/ContextOptions\b|ContextFnOptions\b/.test(written)) return null
  return editParameters(found, returned, imports)
}

/**
 * Edits a function that is defined in the adapter's options. A new parameter needs no type there, because
 * TypeScript infers it.
 */
function editInline(found: ContextFunction, from: string) {
  const { file, parameters, returned, expression, start } = found
  const imports: Import[] = [{ file, name: 'billing', from }]
  const isEmpty = file.codeIn(parameters).trim() === ''
  if (returned !== null) {
    if (!isEmpty) return editParameters(found, returned, imports)
    // If the body uses `req`, that name may come from an enclosing function, so don't shadow it with a new
    // parameter.
    const insert = usesRequest(file.code.slice(returned, file.closing(returned) ?? returned))
      ? '{ info }'
      : '{ req, info }'
    const edits = [
      { file, ...parameters, insert },
      ...appendProperty(file, returned, spread('{ req, info }')),
    ]
    return { edits, imports }
  }
  if (!expression) return null
  const value = file.textIn(expression)
  const isAsync = /^async\b/.test(file.code.slice(start))
  const edits: Edit[] = isAsync ? [] : [{ file, start, end: start, insert: 'async ' }]
  let argument = '{ req, info }'
  if (isEmpty) {
    edits.push({
      file,
      ...parameters,
      insert: usesRequest(file.codeIn(expression)) ? '{ info }' : '{ req, info }',
    })
  } else {
    const parameter = readParameter(found)
    if (!parameter) return null
    edits.push(...parameter.edits)
    argument = parameter.argument
  }
  const awaited = /^await\b/.test(value) ? `(${value})` : `(await ${value})`
  edits.push({ file, ...expression, insert: `({ ...${awaited}, ${spread(argument)} })` })
  return { edits, imports }
}

function editParameters(found: ContextFunction, returned: number, imports: Import[]) {
  const parameter = readParameter(found)
  if (!parameter) return null
  return {
    edits: [...parameter.edits, ...appendProperty(found.file, returned, spread(parameter.argument))],
    imports,
  }
}

/**
 * Returns the argument for `billing.trpc.request`, and the edits that add missing names to a destructured
 * parameter.
 */
function readParameter({ file, parameters }: ContextFunction): { argument: string; edits: Edit[] } | null {
  const start = file.skipSpace(parameters.start)
  if (file.code[start] !== '{') {
    const name = /^\w+/.exec(file.code.slice(start))?.[0]
    return name ? { argument: name, edits: [] } : null
  }
  const items = file.items(start).map((item) => file.codeIn(item))
  if (items.some((item) => /^\.\.\.|^(req|info)\s*[:=]/.test(item))) return null
  const missing = ['req', 'info'].filter((name) => !items.includes(name))
  const edits = missing.length > 0 ? appendProperty(file, start, missing.join(', ')) : []
  return { argument: '{ req, info }', edits }
}

const spread = (argument: string) => `...billing.trpc.request(${argument})`
const usesRequest = (code: string) => /\breq\b/.test(code)
