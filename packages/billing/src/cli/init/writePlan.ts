import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { InitPlan } from './planInit.ts'

/**
 * Writes the plan's new files. If `write` is true, also makes the plan's changes. Returns the paths of the
 * written files.
 */
export async function writePlan(
  folder: string,
  plan: InitPlan,
  { write }: { write: boolean },
): Promise<string[]> {
  const changes = write ? plan.changes : []
  const created = [
    ...plan.newFiles,
    ...changes.filter(({ before }) => before === null).map(({ path, after }) => ({ path, text: after })),
  ]
  for (const { path, text } of created) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    // The flag `wx` makes the write fail if the file exists.
    await writeFile(join(folder, path), text, { flag: 'wx' })
  }
  const changed = changes.filter(({ before }) => before !== null)
  for (const { path, after } of changed) await writeFile(join(folder, path), after)
  return [...created, ...changed].map(({ path }) => path)
}
