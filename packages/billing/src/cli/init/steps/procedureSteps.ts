import { appendProperty, type Import, withoutExtension } from '../edits.ts'
import type { App } from '../findApp.ts'
import type { Step } from './step.ts'

const noProcedure = 'No exported protectedProcedure was found. Billing needs a procedure for signed-in users.'

/** Adds an exported `meteredProcedure` after the procedure for signed-in users. */
export function meteredProcedureStep(app: App, billingPath: string): Step {
  const title = 'meteredProcedure'
  const declaration = (base: string) =>
    `export const meteredProcedure = billing.trpc.meteredProcedure(${base})`
  if (app.files.some(({ code }) => /\bbilling\.trpc\.meteredProcedure\b/.test(code)))
    return { title, state: 'done' }
  const base = app.protectedProcedure
  if (!base) return { title, state: 'byHand', reason: noProcedure, code: declaration('protectedProcedure') }
  const { file } = base
  const end = file.statementEnd(base.start)
  const insert = `\n${declaration(base.name)}${file.usesSemicolons ? ';' : ''}`
  return {
    title,
    state: 'edit',
    edits: [{ file, start: end, end, insert }],
    imports: [{ file, name: 'billing', from: withoutExtension(billingPath) }],
  }
}

/** Mounts billing's router in the app's router. */
export function routerStep(app: App, billingPath: string): Step {
  const title = "billing's router"
  const { publicProcedure, protectedProcedure } = app
  const property = `billing: billing.trpc.router({ ${entry('protectedProcedure', protectedProcedure?.name)}, ${entry('publicProcedure', publicProcedure?.name)} })`
  const byHand = (reason: string): Step => ({ title, state: 'byHand', reason, code: property })
  if (app.files.some(({ code }) => /\bbilling\.trpc\.router\b/.test(code))) return { title, state: 'done' }
  const [router, ...others] = app.routers
  if (!router) return byHand("The app's router was not found.")
  if (others.length > 0)
    return byHand(`The app serves several routers (${app.routers.map((it) => it.file.path).join(', ')}).`)
  if (!protectedProcedure) return byHand(noProcedure)
  if (!publicProcedure) return byHand('No exported publicProcedure was found.')
  const { file, open } = router
  if (file.property(open, 'billing'))
    return byHand(
      `${file.path} already has a procedure or router named "billing". Mount billing's router under another name, and pass this name to the client.`,
    )
  const imports: Import[] = [protectedProcedure, publicProcedure].map((it) => ({
    file,
    name: it.name,
    from: withoutExtension(it.file.path),
  }))
  return {
    title,
    state: 'edit',
    edits: appendProperty(file, open, property),
    imports: [{ file, name: 'billing', from: withoutExtension(billingPath) }, ...imports],
  }
}

const entry = (name: string, actual = name) => (actual === name ? name : `${name}: ${actual}`)
