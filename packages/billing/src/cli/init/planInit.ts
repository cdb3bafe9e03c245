import { dirname, join } from 'node:path/posix'
import { applyEdits } from './edits.ts'
import { type App, adapters, findApp } from './findApp.ts'
import { billingText, pricingText, userFieldOf } from './newFiles.ts'
import { nextSteps, otherSqlite } from './nextSteps.ts'
import { extensionStyleOf, SourceFile } from './sourceFile.ts'
import { clientSteps } from './steps/clientSteps.ts'
import { contextSteps } from './steps/contextStep.ts'
import { initializationStep } from './steps/initializationStep.ts'
import { meteredProcedureStep, routerStep } from './steps/procedureSteps.ts'
import { routesStep } from './steps/routesStep.ts'
import { signInStep } from './steps/signInStep.ts'
import type { NewFile, Step } from './steps/step.ts'
import { unifiedDiff } from './unifiedDiff.ts'

/** A change to one of the app's files. `before` is null for a new file. */
export interface Change {
  path: string
  before: string | null
  after: string
  diff: string
}

/** The changes that add metering to an app. */
export interface InitPlan {
  /** The parts that were found in the app, and the file that contains each part. */
  found: [part: string, place: string][]
  /** The files that `init` writes even without `--write`. */
  newFiles: NewFile[]
  /** The changes that `init --write` makes. */
  changes: Change[]
  done: string[]
  byHand: { title: string; reason: string; code: string }[]
  /** The remaining steps, which only the developer can take. */
  next: string[]
}

/**
 * Plans the changes that add metering to an app. `sources` contains the app's TypeScript files, its
 * `package.json` and every `tsconfig.json`. `paths` contains the paths of all the app's files. Returns null
 * if the app doesn't use tRPC.
 */
export function planInit(
  sources: ReadonlyMap<string, string>,
  paths: ReadonlySet<string>,
  nodeVersion: string = process.versions.node,
): InitPlan | null {
  const files = [...sources].filter(([path]) => !path.endsWith('.json'))
  const style = files.map(([, text]) => extensionStyleOf(text)).find((it) => it !== null)
  const found = findApp(
    files.map(([path, text]) => new SourceFile(path, text, style ?? defaultStyle(sources))),
  )
  const [initialization] = found.initializations
  if (!initialization) return null
  const signIn = signInStep(found)
  const app = signIn ? withSignIn(found) : found
  const manifest = sources.get('package.json') ?? ''

  const billingPath = app.billing?.path ?? newPath(paths, dirname(initialization.file.path))
  const newFiles = [
    ...(app.billing
      ? []
      : [{ path: billingPath, text: billingText(userFieldOf(app), { otherSqlite: otherSqlite(manifest) }) }]),
    ...(paths.has('pricing.yaml') ? [] : [{ path: 'pricing.yaml', text: pricingText }]),
  ]
  const steps: Step[] = [
    initializationStep(app, billingPath),
    ...(signIn ? [signIn] : []),
    meteredProcedureStep(app, billingPath),
    ...contextSteps(app, billingPath),
    routerStep(app, billingPath),
    routesStep(app, billingPath),
    ...clientSteps(app),
  ]
  return {
    found: describe(found),
    newFiles,
    changes: changesOf(steps),
    done: [
      ...(app.billing ? [billingPath] : []),
      ...(paths.has('pricing.yaml') ? ['pricing.yaml'] : []),
      ...steps.filter(({ state }) => state === 'done').map(({ title }) => title),
    ],
    byHand: steps.filter((step) => step.state === 'byHand'),
    next: nextSteps(app, { billingPath, addsSignIn: signIn !== null }, { manifest, paths, nodeVersion }),
  }
}

/** Returns the app with the `protectedProcedure` that `signInStep` adds. */
const withSignIn = (app: App): App => ({
  ...app,
  protectedProcedure: app.publicProcedure && { ...app.publicProcedure, name: 'protectedProcedure' },
})

/** Returns the extension that the app's module resolution requires in relative imports. */
const defaultStyle = (sources: ReadonlyMap<string, string>) =>
  [...sources].some(
    ([path, text]) =>
      path.endsWith('.json') && /"module(Resolution)?"\s*:\s*"node(16|18|20|next)"/i.test(text),
  )
    ? '.js'
    : ''

/** Returns an unused path for the new billing file. */
function newPath(paths: ReadonlySet<string>, folder: string): string {
  const names = ['billing.ts', 'metered.ts', 'meteredBilling.ts'].map((name) => join(folder, name))
  return names.find((path) => !paths.has(path)) ?? join(folder, `billing-${paths.size}.ts`)
}

function changesOf(steps: Step[]): Change[] {
  const edits = steps.filter((step) => step.state === 'edit')
  const texts = applyEdits(
    edits.flatMap((step) => step.edits),
    edits.flatMap((step) => step.imports),
  )
  const changed = [...texts].map(([{ path, text }, after]) => ({
    path,
    before: text as string | null,
    after,
  }))
  const added = edits.flatMap(({ newFiles = [] }) =>
    newFiles.map(({ path, text }) => ({ path, before: null, after: text })),
  )
  return [...changed, ...added].map((it) => ({ ...it, diff: unifiedDiff(it.path, it.before, it.after) }))
}

function describe(app: App): [string, string][] {
  const { context } = app
  return [
    ...app.initializations.map(({ file }): [string, string] => ['tRPC', file.path]),
    ...(context ? [['context', `${context.file.path} (${context.name})`] as [string, string]] : []),
    ...app.adapters.map(({ name, file }): [string, string] => [
      'adapter',
      `${file.path} (${adapters[name].title})`,
    ]),
    ...app.routers.map(({ name, file }): [string, string] => ['router', `${file.path} (${name})`]),
    ...app.clients.map(({ file }): [string, string] => ['client', file.path]),
  ]
}
