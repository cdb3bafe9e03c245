import type { App } from './findApp.ts'
import { expressionEnd } from './findFunction.ts'

export interface Surroundings {
  /** The content of the app's `package.json`. */
  manifest: string
  /** The paths of all the app's files. */
  paths: ReadonlySet<string>
  /** The version of Node, such as `20.19.0`. */
  nodeVersion: string
}

/** Returns the steps that the developer must take after the changes. */
export function nextSteps(
  app: App,
  { billingPath, addsSignIn }: { billingPath: string; addsSignIn: boolean },
  { manifest, paths, nodeVersion }: Surroundings,
): string[] {
  const missing = [
    ...(dependsOn(manifest, ['@metered/billing']) ? [] : ['@metered/billing']),
    ...(hasSqlite(nodeVersion) || dependsOn(manifest, ['libsql']) ? [] : ['libsql']),
  ]
  const environment = paths.has('.env') ? '.env' : "your server's environment"
  const isFetch = app.adapters.every(({ name }) => name === 'fetchRequestHandler')
  const mutation = findMutation(app)
  return [
    ...(missing.length > 0 ? [`Run npm install ${missing.join(' ')}.`] : []),
    ...(dependsOn(manifest, ['flowglad-local']) ? [] : ['Run npm install --save-dev flowglad-local.']),
    ...(addsSignIn
      ? [
          'Replace the new protectedProcedure with one that requires users to sign in. Until then, every caller is the same user, and production rejects all calls.',
        ]
      : []),
    `Check \`customer\` in ${billingPath}. It returns the signed-in user.`,
    ...(otherSqlite(manifest)
      ? [
          "Keep the ledger in its own file, billing.db. If two SQLite libraries open your app's database in one process, you can lose data.",
        ]
      : []),
    `In another terminal, run npx flowglad-local --pricing pricing.yaml. It prints FLOWGLAD_BASE_URL and FLOWGLAD_SECRET_KEY. Put both in ${environment}.`,
    mutation
      ? `Meter a mutation. For example, replace ${mutation.before} with ${mutation.after} in ${mutation.path}, and import meteredProcedure. Don't meter queries, because clients refetch them.`
      : "Meter a mutation, for example `generate: meteredProcedure('generations').mutation(…)`. Don't meter queries, because clients refetch them.",
    ...(isFetch
      ? []
      : [
          'Call `await billing.start()` before your server listens, so that wrong settings are reported at startup.',
        ]),
    'If your app uses @flowglad/react, change the `customer` option of the billing routes to return the signed-in customer.',
    'Add billing.db* to .gitignore.',
  ]
}

/**
 * Returns whether the app's `package.json` lists a SQLite library other than `libsql`, the ledger's driver.
 */
export const otherSqlite = (manifest: string) =>
  dependsOn(manifest, ['better-sqlite3', 'sqlite3', '@libsql/client'])

const dependsOn = (manifest: string, names: string[]) =>
  names.some((name) => new RegExp(`"${name}"\\s*:`).test(manifest))

/** Returns whether this version of Node includes `node:sqlite` without a flag. */
function hasSqlite(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return major > 22 || (major === 22 && minor >= 13)
}

/**
 * Finds the first mutation that uses one of the app's exported procedures. Returns the mutation's code before
 * and after metering.
 */
function findMutation({ files, protectedProcedure, publicProcedure }: App) {
  const names = [protectedProcedure, publicProcedure].flatMap((it) => (it ? [it.name] : [])).join('|')
  for (const file of files) {
    for (const { 0: before, 1: name, index } of file.matches(new RegExp(`\\b(\\w+): (?:${names})\\b`))) {
      if (/\.mutation\s*\(/.test(file.code.slice(index, expressionEnd(file, index))))
        return { path: file.path, before, after: `${name}: meteredProcedure('generations')` }
    }
  }
  return null
}
