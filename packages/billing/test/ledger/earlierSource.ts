import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'vite'
import { migrations } from '../../src/ledger/stores/postgres/migrations.ts'
import type { postgresLedger } from '../../src/ledger/stores/postgres/postgresLedger.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const file = 'src/ledger/stores/postgres/migrations.ts'
const git = (...args: string[]) =>
  execFileSync('git', args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })

/** Counts the migrations in a source file: the last line of each contains only a backtick and a comma. */
const countMigrations = (source: string) => source.match(/^ {2}`,$/gm)?.length ?? 0

/** Returns the last commit before the newest migration, or null if the repository's history doesn't contain it. */
export function commitBeforeMigration(): string | null {
  try {
    const commits = git('log', '--format=%H', '--', file).trim().split('\n')
    const isEarlier = (commit: string) =>
      countMigrations(git('show', `${commit}:./${file}`)) < migrations.length
    return commits.find(isEarlier) ?? null
  } catch {
    return null
  }
}

/** Builds the commit's PostgreSQL ledger. */
export async function buildEarlierLedger(commit: string) {
  // The bundle must be inside the package to find the package's dependencies.
  const folder = join(root, `node_modules/.earlier-release-${process.pid}`)
  mkdirSync(folder)
  const archive = execFileSync('git', ['archive', commit, 'src'], { cwd: root, maxBuffer: 64 * 1_048_576 })
  execFileSync('tar', ['-x', '-C', folder], { input: archive })
  await build({
    root: folder,
    configFile: false,
    logLevel: 'silent',
    build: {
      ssr: 'src/ledger/stores/postgres/index.ts',
      outDir: join(folder, 'built'),
      target: 'node20',
      minify: false,
    },
  })
  const built: { postgresLedger: typeof postgresLedger } = await import(
    /* @vite-ignore */ pathToFileURL(join(folder, 'built/index.js')).href
  )
  return { ...built, [Symbol.dispose]: () => rmSync(folder, { recursive: true }) }
}
