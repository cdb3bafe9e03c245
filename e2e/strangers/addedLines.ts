import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { promisify } from 'node:util'

/** The maximum number of lines that metering can add or change in an app. */
const maxAddedLines = 10

/**
 * Files whose lines don't count: `billing.ts` is the one new file in each app, and the other files contain no
 * code.
 */
const uncounted = new Set(['billing.ts', 'package.json', 'package-lock.json'])

/** Throws if metering adds or changes too many lines in an app. */
export async function checkAddedLines(apps: string[]): Promise<void> {
  for (const app of apps) {
    const lines = await addedLines(app)
    if (lines.length <= maxAddedLines) continue
    throw new Error(
      `Metering adds or changes ${lines.length} lines in ${basename(app)}. At most ${maxAddedLines} are allowed:\n${lines.join('\n')}`,
    )
  }
}

/**
 * Returns the lines that metering adds or changes in the app, each prefixed with its file's name. Ignores imports,
 * blank lines and changed indentation.
 */
async function addedLines(app: string): Promise<string[]> {
  const lines: string[] = []
  for (const file of await filesIn(join(app, 'metered'))) {
    const before = join(app, 'app', file)
    if (uncounted.has(basename(file))) continue
    const added = await addedTo(existsSync(before) ? before : '/dev/null', join(app, 'metered', file))
    lines.push(...withoutImports(added).map((line) => `${file}: ${line.trim()}`))
  }
  return lines
}

async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
}

async function addedTo(before: string, after: string): Promise<string[]> {
  const diff = ['diff', '--no-index', '--no-color', '--unified=0', '--ignore-all-space', before, after]
  // git exits with 1 if the files differ.
  const { stdout } = await promisify(execFile)('git', diff).catch((error) => {
    if (error.code !== 1) throw error
    return error as { stdout: string }
  })
  return stdout
    .split('\n')
    .filter((line) => line.startsWith('+') && !line.startsWith('+++'))
    .map((line) => line.slice(1))
}

/** Removes blank lines and import statements, which can span several lines. */
function withoutImports(lines: string[]): string[] {
  let inImport = false
  return lines.filter((line) => {
    const starts = /^import\b(?!\()/.test(line)
    const belongs = inImport || starts
    if (belongs) inImport = !/(['"]|\))\s*;?\s*$/.test(line)
    return !belongs && line.trim() !== ''
  })
}
