/**
 * Tests our packed tarballs in apps that our users might write. Installs each app outside the workspace,
 * starts the app and flowglad-local, and uses the app in a browser.
 *
 *     pnpm strangers                      # all apps
 *     pnpm strangers express next         # these apps
 *     pnpm strangers --node 22 express    # with the newest Node 22, after the contract tests
 *     pnpm strangers --packed             # with the tarballs of the last `pnpm packages:check` or `pnpm test`
 *     pnpm strangers --lock               # updates the lockfiles
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { checkAddedLines } from './addedLines.ts'
import { apps } from './apps.ts'
import { environment } from './environment.ts'
import { installApp, updateLockfile } from './installApp.ts'
import { installNode } from './installNode.ts'
import { packedPackages, packPackages } from './packPackages.ts'
import { runApp } from './runApp.ts'
import { runContractTests } from './runContractTests.ts'

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    lock: { type: 'boolean', default: false },
    node: { type: 'string' },
    packed: { type: 'boolean', default: false },
  },
})
const names = positionals.length > 0 ? positionals : Object.keys(apps)
const folder = await mkdtemp(join(tmpdir(), 'strangers-'))
try {
  await main()
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
} finally {
  await rm(folder, { recursive: true, force: true })
}

async function main() {
  const unknown = names.filter((name) => !(name in apps))
  if (unknown.length > 0) {
    throw new Error(`Unknown app: ${unknown.join(', ')}. The apps are ${Object.keys(apps).join(', ')}.`)
  }
  await checkAddedLines(Object.keys(apps).map(sourceOf))

  let env = environment()
  if (flags.node !== undefined) {
    report(`installing Node ${flags.node}`)
    env = await installNode(flags.node, { folder: join(folder, 'node'), env })
    report('running the contract tests')
    await runContractTests(env)
  }

  if (!flags.packed) report('packing the packages')
  const tarballs = await (flags.packed ? packedPackages() : packPackages(folder))
  for (const name of names) {
    const step = (text: string) => report(`${name}: ${text}`)
    const copy = { source: sourceOf(name), folder: join(folder, name), tarballs, env }
    if (flags.lock) {
      step('updating the lockfile')
      await updateLockfile(copy)
      continue
    }
    step('installing')
    await installApp(copy)
    await runApp({ ...copy, app: apps[name] ?? {}, report: step })
  }
  report('done')
}

function sourceOf(name: string) {
  return join(import.meta.dirname, name)
}

function report(text: string) {
  console.log(`[${Math.round(performance.now() / 1_000)} s] ${text}`)
}
