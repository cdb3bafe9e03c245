import { type ContextFunction, findFunction } from './findFunction.ts'
import type { Range, SourceFile } from './sourceFile.ts'

/**
 * The `create` call in `initTRPC.context<Context>().create(…)`. `open` is the offset of its opening
 * parenthesis.
 */
export interface Initialization {
  file: SourceFile
  open: number
}

export const adapters = {
  fetchRequestHandler: { title: 'fetch', module: 'fetch', contextType: 'FetchCreateContextFnOptions' },
  createExpressMiddleware: {
    title: 'Express',
    module: 'express',
    contextType: 'CreateExpressContextOptions',
  },
  fastifyTRPCPlugin: { title: 'Fastify', module: 'fastify', contextType: 'CreateFastifyContextOptions' },
  createHTTPServer: { title: 'standalone', module: 'standalone', contextType: 'CreateHTTPContextOptions' },
  createHTTPHandler: { title: 'Node handler', module: 'standalone', contextType: 'CreateHTTPContextOptions' },
  createNextApiHandler: { title: 'Next.js pages', module: 'next', contextType: 'CreateNextContextOptions' },
  applyWSSHandler: { title: 'WebSocket', module: 'ws', contextType: 'CreateWSSContextFnOptions' },
} as const

/**
 * An adapter that serves the router. `options` is the offset of the opening brace of the adapter's tRPC
 * options.
 */
export interface Adapter {
  name: keyof typeof adapters
  file: SourceFile
  at: number
  options: number
}

/** A procedure that the app exports. */
export interface Procedure {
  name: string
  file: SourceFile
  start: number
}

/** The router that the app serves. `open` is the offset of the opening brace around its procedures. */
export interface AppRouter {
  name: string
  file: SourceFile
  open: number
}

/**
 * A tRPC client's links. `call` is the range of the HTTP link's name, or an empty range if there is no HTTP
 * link.
 */
export interface Client {
  file: SourceFile
  call: Range
  links: Range
}

/** The parts of an app that `init` reads or changes. */
export interface App {
  files: SourceFile[]
  initializations: Initialization[]
  adapters: Adapter[]
  routers: AppRouter[]
  publicProcedure: Procedure | null
  protectedProcedure: Procedure | null
  clients: Client[]
  /** The named function that creates the context, or null if there is none. */
  context: ContextFunction | null
  /** The file that creates and exports `billing`, or null. */
  billing: SourceFile | null
}

/** Finds the parts of an app in its source files. */
export function findApp(files: SourceFile[]): App {
  const initializations = files.flatMap(findInitializations)
  const found = files.flatMap(findAdapters)
  const procedures = files.flatMap(findProcedures)
  return {
    files,
    initializations,
    adapters: found,
    routers: findRouters(files, found),
    publicProcedure: procedures.find(({ isPublic }) => isPublic) ?? null,
    protectedProcedure: procedures.find(({ isPublic }) => !isPublic) ?? null,
    clients: files.flatMap(findClients),
    context: findFunction(files, contextName(initializations[0])),
    billing:
      files.find(({ code }) => /\bexport\s+const\s+billing\b[^=]*=[^;]*?\bcreateBilling\s*\(/.test(code)) ??
      null,
  }
}

function findInitializations(file: SourceFile): Initialization[] {
  return file.matches(/\binitTRPC\b/).flatMap(({ index }) => {
    const open = createCall(file, index + 'initTRPC'.length)
    return open === null ? [] : [{ file, open }]
  })
}

/**
 * Follows the method chain after `initTRPC`. Returns the offset of the parenthesis in `create(`, or null if
 * the chain doesn't call `create`.
 */
function createCall(file: SourceFile, start: number): number | null {
  let at: number | null = start
  let name = ''
  while (at !== null) {
    at = file.skipSpace(at)
    const char = file.code[at]
    if (char === '(' && name === 'create') return at
    const [member] = /^\.\s*\w+/.exec(file.code.slice(at)) ?? []
    if (member) {
      name = member.replace(/\W/g, '')
      at += member.length
    } else if (char === '(') {
      const end = file.closing(at)
      at = end === null ? null : end + 1
    } else if (char === '<') at = file.skipTypeArguments(at)
    else return null
  }
  return null
}

/** Returns possible names for the function that creates the context, most likely first. */
function contextName(initialization: Initialization | undefined): string[] {
  const chain = initialization?.file.code.slice(0, initialization.open).slice(-400) ?? ''
  const named = /\binitTRPC\b[^;]*?\btypeof\s+(\w+)[^;]*$/.exec(chain)?.[1]
  return [...(named ? [named] : []), 'createTRPCContext', 'createContext']
}

function findAdapters(file: SourceFile): Adapter[] {
  return (Object.keys(adapters) as Adapter['name'][]).flatMap((name) =>
    file.matches(new RegExp(`\\b${name}\\b(?=\\s*[(<,])`)).flatMap(({ index }) => {
      const options = optionsAfter(file, index + name.length)
      return options === null ? [] : [{ name, file, at: index, options }]
    }),
  )
}

/**
 * Returns the offset of the opening brace of an adapter's tRPC options. The options follow the adapter's
 * name: `name({…})`, or `register(name, { trpcOptions: {…} })`.
 */
function optionsAfter(file: SourceFile, end: number): number | null {
  let at = file.skipSpace(end)
  if (file.code[at] === '<') at = file.skipSpace(file.skipTypeArguments(at) ?? at)
  if (file.code[at] !== '(' && file.code[at] !== ',') return null
  const open = file.skipSpace(at + 1)
  if (file.code[open] !== '{') return null
  const nested = file.property(open, 'trpcOptions')
  if (nested) {
    const brace = file.code.indexOf('{', nested.start)
    return brace < nested.end && brace > 0 ? brace : null
  }
  return file.property(open, 'router') ? open : null
}

function findProcedures(file: SourceFile): (Procedure & { isPublic: boolean })[] {
  return file
    .matches(/^export\s+const\s+(\w*procedure)\s*=\s*/im)
    .flatMap((match): (Procedure & { isPublic: boolean })[] => {
      const { index: start } = match
      const name = match[1] ?? ''
      const definition = file.code.slice(start, file.statementEnd(start))
      if (/^(protected|auth\w*|private|user|signedIn)procedure$/i.test(name))
        return [{ name, file, start, isPublic: false }]
      const isBase = /=\s*\w+\.procedure\b/.test(definition)
      return isBase || /^publicprocedure$/i.test(name) ? [{ name, file, start, isPublic: true }] : []
    })
}

function findRouters(files: SourceFile[], served: Adapter[]): AppRouter[] {
  const all = files.flatMap((file) =>
    file
      .matches(/\b(?:const|let)\s+(\w+)\s*=\s*(?:\w+\.)*\w*router\s*\(\s*(?=\{)/i)
      .map((match) => ({ name: match[1] ?? '', file, open: match.index + match[0].length })),
  )
  const servedNames = served.flatMap(({ file, options }) => {
    const property = file.property(options, 'router')
    return property ? [file.textIn(property).replace(/^router\s*:?\s*/, '') || 'router'] : []
  })
  return all.filter(({ name }) => (servedNames.length > 0 ? servedNames : ['appRouter']).includes(name))
}

function findClients(file: SourceFile): Client[] {
  return file.matches(/\blinks\s*:\s*(?=\[)/).flatMap(({ index, 0: found }) => {
    const open = index + found.length
    const close = file.closing(open)
    const link = file
      .items(open)
      .find((item) => /^(unstable_)?http(Batch|BatchStream)?Link\s*\(/.test(file.codeIn(item)))
    if (close === null) return []
    const name = link && /^\w+/.exec(file.codeIn(link))?.[0]
    const call =
      link && name ? { start: link.start, end: link.start + name.length } : { start: open, end: open }
    return [{ file, call, links: { start: open, end: close + 1 } }]
  })
}
