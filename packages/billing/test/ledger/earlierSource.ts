import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'vite'
import { migrations } from '../../src/ledger/stores/postgres/migrations.ts'
import type { postgresLedger } from '../../src/ledger/stores/postgres/postgresLedger.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const folder = 'src/ledger/stores/postgres/'
const git = (...args: string[]) =>
  execFileSync('git', args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })

/** Counts a commit's migrations: the last line of each contains only a backtick and a comma. */
function countMigrations(commit: string): number {
  const files = git('ls-tree', '--name-only', commit, folder).split('\n')
  const sources = files.filter((file) => file.endsWith('igrations.ts'))
  const ends = sources.map((file) => git('show', `${commit}:./${file}`).match(/^ {2}`,$/gm) ?? [])
  return ends.flat().length
}

/** Returns the last commit before the newest migration, or null if the repository's history doesn't contain it. */
export function commitBeforeMigration(): string | null {
  try {
    const commits = git('log', '--format=%H', '--', folder).trim().split('\n')
    return commits.find((commit) => countMigrations(commit) < migrations.length) ?? null
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
