import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Copy } from './Copy.ts'
import { type Fault, problemOf } from './fault.ts'

/**
 * Returns the faults that can't be applied or don't compile, and the reason for each. Vitest doesn't check types.
 * Without this check, a fault that doesn't compile could make tests fail, and would count as caught.
 */
export async function findBroken(copy: Copy, faults: Fault[]): Promise<Map<Fault, string>> {
  const broken = new Map<Fault, string>()
  const applicable: Fault[] = []
  for (const fault of faults) {
    const problem = problemOf(fault, await readFile(copy.path(fault.file), 'utf8'))
    if (problem === null) applicable.push(fault)
    else broken.set(fault, problem)
  }
  await writeFile(
    join(copy.folder, config),
    JSON.stringify({
      extends: './tsconfig.json',
      compilerOptions: { incremental: true, tsBuildInfoFile: './mutants.tsbuildinfo' },
      include: ['src'],
    }),
  )
  for (const group of inGroups(applicable)) {
    if ((await compile(copy, group)) === null) continue
    for (const fault of group) {
      const error = await compile(copy, [fault])
      if (error !== null) broken.set(fault, error)
    }
  }
  return broken
}

const config = 'tsconfig.mutants.json'

/** Divides the faults into groups that are compiled at once. A group has at most one fault per file. */
function inGroups(faults: Fault[]): Fault[][] {
  const groups: Fault[][] = []
  for (const fault of faults) {
    const group = groups.find((it) => it.every(({ file }) => file !== fault.file))
    if (group) group.push(fault)
    else groups.push([fault])
  }
  return groups
}

/** Returns the compiler's first error, or null if the package compiles with these faults. */
async function compile(copy: Copy, faults: Fault[]): Promise<string | null> {
  const takeBack: (() => Promise<void>)[] = []
  try {
    for (const fault of faults) takeBack.push(await copy.apply(fault))
    await promisify(execFile)(join(copy.folder, 'node_modules/.bin/tsc'), ['-p', config], {
      cwd: copy.folder,
    })
    return null
  } catch (error) {
    const { stdout } = error as { stdout?: string }
    return (stdout?.trim() || String(error)).split('\n')[0] ?? ''
  } finally {
    for (const undo of takeBack) await undo()
  }
}
