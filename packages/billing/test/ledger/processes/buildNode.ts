import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'

/** Bundles `node.ts`, so that the processes don't have to compile the sources. */
export async function buildNode() {
  const root = fileURLToPath(new URL('../../..', import.meta.url))
  // The output is inside the package so that the bundle can find the package's dependencies.
  const outDir = join(root, `node_modules/.ledger-node-${process.pid}`)
  await build({
    root,
    configFile: false,
    logLevel: 'silent',
    build: { ssr: 'test/ledger/processes/node.ts', outDir, target: 'node20', minify: false },
  })
  return {
    script: join(outDir, 'node.js'),
    [Symbol.asyncDispose]: () => rm(outDir, { recursive: true }),
  }
}
